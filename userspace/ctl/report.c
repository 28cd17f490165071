/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was refused in the last days, for whoever has to answer for it. */

#include "ctl/report.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/config_values.h"
#include "core/reason.h"
#include "ctl/fields.h"
#include "ctl/mail.h"
#include "ctl/reasons.h"
#include "ctl/table.h"
#include "ctl/when.h"

#define ANSWER_S    10
#define SINCE_MAX_S (UINT64_C(28) * 86400)

/* Rows of networks and openings: --json has more. */
#define ROWS_MAX 10

#define REASONS_TEXT 160

/* "2026-11-26 23:59": seconds are of no use here. */
static const char *minute(const json_t *object, const char *key,
			  char text[static WHEN_TEXT])
{
	when_text(object, key, text);
	text[16] = '\0';
	return text;
}

/* "46 %"; "-" of nothing. */
static const char *share(uint64_t part, uint64_t whole,
			 char text[static PRINT_QUANTITY])
{
	if (whole == 0)
		snprintf(text, PRINT_QUANTITY, "-");
	else
		snprintf(text, PRINT_QUANTITY, "%.0f %%",
			 100.0 * (double)part / (double)whole);
	return text;
}

static void add_count(struct table *table, uint64_t count)
{
	char text[PRINT_QUANTITY];

	table_add(table, TONE_PLAIN, "%s", print_count(count, text));
}

static void add_heads(struct table *table, const char *const *heads,
		      size_t count)
{
	for (size_t i = 0; i < count; i++)
		table_add(table, TONE_HEAD, "%s", heads[i]);
}

#define HEADS(table, ...)                                                      \
	add_heads(table, (const char *const[]){__VA_ARGS__},                   \
		  sizeof((const char *const[]){__VA_ARGS__}) /                 \
			  sizeof(const char *))

/* ---- the head ---- */

static void show_head(const struct print *print, const json_t *report)
{
	uint64_t attempts = field_count(report, "attempts");
	uint64_t watched = field_count(report, "watched");
	char since[WHEN_TEXT], refused[PRINT_QUANTITY], would[PRINT_QUANTITY];

	minute(report, "since", since);
	since[10] = '\0';
	print_paragraph(print, TONE_PLAIN, "",
			"Since %s (days of UTC), %s attempts were refused, and "
			"%s would have been, had this host not been in monitor "
			"mode. The mode is %s now.",
			since, print_count(attempts - watched, refused),
			print_count(watched, would),
			field_text(report, "mode", "not known"));
}

static void show_limits(const struct print *print, const json_t *report)
{
	uint64_t left_out = field_count(report, "left_out");
	char known[WHEN_TEXT], count[PRINT_QUANTITY];

	if (field_count(report, "known_since") > field_count(report, "since"))
		print_paragraph(print, TONE_PLAIN, "",
				"Known since %s: nothing is known of the time "
				"before.",
				minute(report, "known_since", known));
	if (left_out > 0)
		print_paragraph(print, TONE_WARN, "! ",
				"There was no room for the networks of %s "
				"attempts: they are in the sums alone.",
				print_count(left_out, count));
}

/* ---- by reason and by policy ---- */

static void show_reasons(const struct print *print, const json_t *report)
{
	struct table table = table_of("lrrrl");
	const json_t *reason;
	size_t i;

	print_heading(print, "By reason");
	HEADS(&table, "reason", "refused", "monitor", "suspect", "");
	json_array_foreach(json_object_get(report, "reasons"), i, reason)
	{
		const char *name = field_text(reason, "reason", "?");
		uint64_t attempts = field_count(reason, "attempts");
		uint64_t watched = field_count(reason, "watched");
		enum reason known = reason_by_name(name);

		if (attempts == 0)
			continue;
		table_add(&table, TONE_PLAIN, "%s", name);
		add_count(&table, attempts - watched);
		add_count(&table, watched);
		add_count(&table, field_count(reason, "suspects"));
		table_add(&table, TONE_PLAIN, "%s",
			  known < REASON_MAX ? reason_words(known) : "");
	}
	table_finish(&table, print);
}

static void add_policy(struct table *table, const char *name, uint64_t refused,
		       uint64_t of, const char *words)
{
	char text[PRINT_QUANTITY];

	table_add(table, TONE_PLAIN, "%s", name);
	add_count(table, refused);
	table_add(table, TONE_PLAIN, "%s", share(refused, of, text));
	table_add(table, TONE_PLAIN, "%s", words);
}

static void show_policies(const struct print *print, const json_t *report)
{
	const json_t *policies = json_object_get(report, "policies");
	uint64_t known = field_count(policies, "witness_known");
	uint64_t all = field_count(policies, "strict");
	struct table table = table_of("lrrl");
	char of[64], count[PRINT_QUANTITY];

	if (all == 0)
		return;
	print_heading(print, "At the closed gate, by bypass.policy");
	HEADS(&table, "policy", "refuses", "share", "whom");
	add_policy(&table, "off", field_count(policies, "off"), all,
		   "who is listed");
	add_policy(&table, "strict", all, all, "everybody");
	snprintf(of, sizeof(of), "who was no witness, of %s attempts",
		 print_count(known, count));
	if (known > 0)
		add_policy(&table, "witness", field_count(policies, "witness"),
			   known, of);
	table_finish(&table, print);
	if (known == 0)
		print_paragraph(print, TONE_PLAIN, "  ",
				"What policy witness would refuse is known "
				"only while that is the policy, which does no "
				"harm in monitor mode.");
}

/* ---- networks ---- */

/* "reached the primary 2026-11-26 23:59", "mercy ...". */
static void add_why_suspect(struct table *table, const json_t *network)
{
	bool reached = json_is_integer(json_object_get(network, "reached"));
	char text[WHEN_TEXT];

	table_add(table, TONE_PLAIN, "%s",
		  minute(network, reached ? "reached" : "mercy", text));
	table_add(table, TONE_PLAIN, "%s", reached ? "" : "mercy");
}

static void add_network(struct table *table, const json_t *network)
{
	table_add(table, TONE_PLAIN, "%s", field_text(network, "network", "?"));
	add_count(table, field_count(network, "attempts"));
}

static void say_rest(const struct print *print, uint64_t all, size_t shown)
{
	char count[PRINT_QUANTITY];

	if (all > shown)
		print_paragraph(print, TONE_PLAIN, "  ", "%s more: see --json",
				print_count(all - shown, count));
}

static void show_suspects(const struct print *print, const json_t *report)
{
	const json_t *networks = json_object_get(report, "suspect_networks");
	uint64_t all = field_count(report, "suspects");
	const json_t *policies = json_object_get(report, "policies");
	struct table table = table_of("lrlll");
	char text[REASONS_TEXT];
	const json_t *network;
	size_t i;

	print_heading(print, "Suspected false positives");
	print_paragraph(
		print, all ? TONE_WARN : TONE_PLAIN, "  ",
		all ? "These networks connected to a primary, too, within a "
		      "day, or kept knocking until mercy let them in."
		: field_count(policies, "witness_known")
			? "None: no network that was refused is known to have "
			  "connected to a primary."
			: "None is known; but which networks connect to a "
			  "primary is told only with bypass.policy = witness.");
	if (all == 0)
		return;
	HEADS(&table, "network", "attempts", "reached (UTC)", "",
	      "refused for");
	json_array_foreach(networks, i, network)
	{
		if (i == ROWS_MAX)
			break;
		add_network(&table, network);
		add_why_suspect(&table, network);
		table_add(&table, TONE_PLAIN, "%s",
			  reasons_text(network, text, sizeof(text)));
	}
	table_finish(&table, print);
	say_rest(print, all, i);
}

static void show_busiest(const struct print *print, const json_t *report)
{
	const json_t *networks = json_object_get(report, "busiest_networks");
	struct table table = table_of("lrll");
	char last[WHEN_TEXT], text[REASONS_TEXT];
	const json_t *network;
	size_t i;

	if (json_array_size(networks) == 0)
		return;
	print_heading(print, "Busiest networks");
	HEADS(&table, "network", "attempts", "last (UTC)", "refused for");
	json_array_foreach(networks, i, network)
	{
		if (i == ROWS_MAX)
			break;
		add_network(&table, network);
		table_add(&table, TONE_PLAIN, "%s",
			  minute(network, "last", last));
		table_add(&table, TONE_PLAIN, "%s",
			  reasons_text(network, text, sizeof(text)));
	}
	table_finish(&table, print);
	say_rest(print, field_count(report, "networks"), i);
}

/* ---- zones and openings ---- */

static void show_zones(const struct print *print, const json_t *report)
{
	const json_t *zones = json_object_get(report, "zones");
	uint64_t known = field_count(report, "zones_known");
	struct table table = table_of("lrrr");
	char text[PRINT_QUANTITY];
	const json_t *zone;
	size_t i;

	if (json_array_size(zones) == 0)
		return;
	print_heading(print, "DNSBLs, of what was refused as listed");
	HEADS(&table, "zone", "attempts", "share", "alone");
	json_array_foreach(zones, i, zone)
	{
		uint64_t attempts = field_count(zone, "attempts");

		table_add(&table, TONE_PLAIN, "%s",
			  field_text(zone, "zone", "?"));
		add_count(&table, attempts);
		table_add(&table, TONE_PLAIN, "%s",
			  share(attempts, known, text));
		add_count(&table, field_count(zone, "alone"));
	}
	table_finish(&table, print);
}

static void add_opening(struct table *table, const json_t *opening,
			uint64_t now)
{
	bool over = json_is_integer(json_object_get(opening, "until"));
	uint64_t since = field_count(opening, "since");
	uint64_t until = over ? field_count(opening, "until") : now;
	const char *guard = field_text(opening, "guard", "");
	char text[WHEN_TEXT], length[PRINT_QUANTITY];

	table_add(table, TONE_PLAIN, "%s", minute(opening, "since", text));
	table_add(table, TONE_PLAIN, "%s%s", over ? "" : "still, ",
		  print_duration(until > since ? (double)(until - since) : 0,
				 length));
	table_add(table, TONE_PLAIN, "%s",
		  field_is(opening, "family", "ipv6") ? "IPv6" : "IPv4");
	table_add(table, TONE_PLAIN, "%s%s%s%s", *guard ? "guard " : "", guard,
		  *guard ? ": " : "", field_text(opening, "why", "?"));
}

/* The last ones. */
static void show_openings(const struct print *print, const json_t *report)
{
	const json_t *openings = json_object_get(report, "openings");
	size_t count = json_array_size(openings);
	size_t first = count > ROWS_MAX ? count - ROWS_MAX : 0;
	struct table table = table_of("llll");

	print_heading(print, "The gate was open for a reason");
	if (count == 0) {
		print_paragraph(print, TONE_PLAIN, "  ", "Never.");
		return;
	}
	HEADS(&table, "from (UTC)", "for", "family", "why");
	for (size_t i = first; i < count; i++)
		add_opening(&table, json_array_get(openings, i),
			    field_count(report, "now"));
	table_finish(&table, print);
	say_rest(print, count, count - first);
}

void report_show(const struct print *print, const json_t *report)
{
	show_head(print, report);
	show_limits(print, report);
	if (field_count(report, "attempts") > 0)
		show_reasons(print, report);
	show_policies(print, report);
	show_suspects(print, report);
	show_busiest(print, report);
	show_zones(print, report);
	show_openings(print, report);
}

/* ---- the command ---- */

static enum ctl_exit ask(const struct ctl *ctl, uint64_t since_ms)
{
	json_t *args = json_object();

	if (since_ms)
		json_object_set_new(
			args, "since_s",
			json_integer((json_int_t)(since_ms / 1000)));
	return ctl_ask(ctl, "report", args, ANSWER_S, report_show);
}

static enum ctl_exit send_text(const struct ctl *ctl, const char *recipient,
			       const char *what, const char *text)
{
	char host[HOST_NAME_MAX + 1] = "", subject[HOST_NAME_MAX + 64];
	int status;

	gethostname(host, sizeof(host) - 1);
	snprintf(subject, sizeof(subject), "Postern on %s: %s", host, what);
	status = mail_send(MAIL_PROGRAM, recipient, subject, text);
	if (status < 0)
		ctl_error(ctl, "can't send mail by %s: %s", MAIL_PROGRAM,
			  strerror(-status));
	else if (status > 0)
		ctl_error(ctl,
			  "%s ended with status %d: the mail to %s may be "
			  "lost",
			  MAIL_PROGRAM, status, recipient);
	return status ? CTL_FAILED : CTL_DONE;
}

/*
 * A report that fails is told of by mail, too: nobody misses one that does not
 * come.
 */
static enum ctl_exit send_report(const struct ctl *ctl, const char *recipient,
				 uint64_t since_ms)
{
	char *report = NULL, *error = NULL;
	size_t report_size, error_size;
	struct ctl to_memory = *ctl;
	enum ctl_exit done, sent;

	to_memory.out = open_memstream(&report, &report_size);
	to_memory.err = open_memstream(&error, &error_size);
	if (!to_memory.out || !to_memory.err) {
		ctl_error(ctl, "there is no memory for a mail");
		if (to_memory.out)
			fclose(to_memory.out);
		free(report);
		return CTL_FAILED;
	}
	done = ask(&to_memory, since_ms);
	fclose(to_memory.out);
	fclose(to_memory.err);
	if (done != CTL_DONE)
		fputs(error, ctl->err);
	sent = send_text(ctl, recipient,
			 done == CTL_DONE ? "what was refused"
					  : "there is no report",
			 done == CTL_DONE ? report : error);
	free(report);
	free(error);
	return done == CTL_DONE ? sent : done;
}

enum ctl_exit report_run(const struct ctl *ctl, char **operands)
{
	const char *since = ctl_option(ctl, "since");
	const char *recipient = ctl_option(ctl, "mail");
	uint64_t since_ms = 0;

	(void)operands;
	if (since && (config_parse_duration(since, &since_ms) != 0 ||
		      since_ms < 1000 || since_ms / 1000 > SINCE_MAX_S)) {
		ctl_error(ctl,
			  "\"%s\" is no time of a second or more, and 28d at "
			  "most, such as 12h or 7d",
			  since);
		return CTL_MISUSED;
	}
	if (recipient && !mail_is_recipient(recipient)) {
		ctl_error(ctl, "\"%s\" is no mail address", recipient);
		return CTL_MISUSED;
	}
	return recipient ? send_report(ctl, recipient, since_ms)
			 : ask(ctl, since_ms);
}
