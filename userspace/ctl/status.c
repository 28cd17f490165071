/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sections of `posternctl status`. */

#include "ctl/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "ctl/fields.h"
#include "ctl/table.h"
#include "sources/dialogue.h"

enum tone status_tone(const char *state)
{
	static const struct {
		const char *state;
		enum tone tone;
	} tones[] = {
		{"up", TONE_GOOD},	 {"ok", TONE_GOOD},
		{"fresh", TONE_GOOD},	 {"native", TONE_GOOD},
		{"unknown", TONE_WARN},	 {"generic", TONE_WARN},
		{"untested", TONE_WARN},
	};

	for (size_t i = 0; i < sizeof(tones) / sizeof(tones[0]); i++)
		if (strcmp(tones[i].state, state) == 0)
			return tones[i].tone;
	return TONE_BAD;
}

const char *status_probe_words(const json_t *primary)
{
	const char *name = field_text(primary, "reason", "");

	for (enum probe_reason reason = 0; reason < PROBE_REASONS; reason++)
		if (strcmp(probe_reason_name(reason), name) == 0)
			return probe_reason_words(reason);
	return name;
}

static void add_state(struct table *table, const json_t *object,
		      const char *key)
{
	const char *state = field_text(object, key, "unknown");

	table_add(table, status_tone(state), "%s", state);
}

/* "12,345 queries" */
static void add_count(struct table *table, const json_t *object,
		      const char *key, const char *noun)
{
	char text[PRINT_QUANTITY];

	table_add(table, TONE_PLAIN, "%s %s",
		  print_count(field_count(object, key), text), noun);
}

static void show_gate_of(struct table *table, const json_t *gate,
			 const char *family, time_t now)
{
	const char *state = field_text(gate, "state", "unknown");
	char date[PRINT_QUANTITY] = "";
	char age[PRINT_QUANTITY];
	struct tm tm;
	double since;
	time_t start;

	table_add(table, TONE_PLAIN, "%s", family);
	table_add(table, strcmp(state, "open") == 0 ? TONE_WARN : TONE_PLAIN,
		  "%s", state);
	/* Bounded so that any number converts to a date. */
	if (field_number(gate, "since", &since) && since >= 0 && since < 1e11) {
		start = (time_t)since;
		strftime(date, sizeof(date), "%F %H:%M",
			 localtime_r(&start, &tm));
		table_add(table, TONE_PLAIN, "since %s (%s)", date,
			  print_duration(difftime(now, start), age));
	} else {
		table_add(table, TONE_PLAIN, "%s", "");
	}
	table_add(table, TONE_PLAIN, "%s", field_text(gate, "why", ""));
}

/* What each bypass.policy refuses of the attempts to get past the gate. */
static void show_attempts(const struct print *print, const json_t *attempts)
{
	uint64_t all = field_count(attempts, "strict");
	char count[PRINT_QUANTITY], of_witness[32] = "is not known";
	double witness;

	if (!all)
		return;
	if (field_number(attempts, "witness", &witness))
		snprintf(of_witness, sizeof(of_witness), "%.1f %%",
			 100 * witness / (double)all);
	print_paragraph(print, TONE_PLAIN, "  ",
			"attempts to bypass the primary: %s, of which policy "
			"off refuses %.1f %%, strict all, witness %s%s",
			print_count(all, count),
			100 * (double)field_count(attempts, "off") /
				(double)all,
			of_witness,
			json_is_null(json_object_get(attempts, "witness"))
				? " (set policy = witness to see)"
				: "");
}

static void show_knockers(const struct print *print, const json_t *status)
{
	const json_t *all = json_object_get(status, "knockers");
	const json_t *ipv4 = json_object_get(all, "ipv4");
	const json_t *ipv6 = json_object_get(all, "ipv6");
	char of_ipv4[PRINT_QUANTITY], of_ipv6[PRINT_QUANTITY];
	char mercy[PRINT_QUANTITY];
	uint64_t knocking = field_count(ipv4, "now") + field_count(ipv6, "now");

	if (knocking)
		print_paragraph(print, TONE_PLAIN, "  ",
				"clean networks that knock in these 10 "
				"minutes: %s over IPv4, %s over IPv6",
				print_count(field_count(ipv4, "now"), of_ipv4),
				print_count(field_count(ipv6, "now"), of_ipv6));
	if (field_count(all, "mercy"))
		print_paragraph(print, TONE_PLAIN, "  ",
				"networks that kept knocking and were let in: "
				"%s",
				print_count(field_count(all, "mercy"), mercy));
	show_attempts(print, json_object_get(all, "attempts"));
}

/* Of the primary on this machine; what is wrong is said above. */
static void show_witnesses(const struct print *print, const json_t *status)
{
	const json_t *witnesses = json_object_get(status, "witnesses");
	uint64_t over = field_count(witnesses, "over_share");
	char seen[PRINT_QUANTITY], left_out[PRINT_QUANTITY];

	if (!field_is(witnesses, "state", "on"))
		return;
	print_paragraph(print, TONE_PLAIN, "  ",
			"witnesses from this machine, who connected to the "
			"primary here: %s%s%s%s",
			print_count(field_count(witnesses, "seen"), seen),
			over ? "; " : "",
			over ? print_count(over, left_out) : "",
			over ? " left out, for too many of their /16 (/32 for "
			       "IPv6) may pass already"
			     : "");
}

static void show_gate(const struct print *print, const json_t *status,
		      time_t now)
{
	const json_t *gate = json_object_get(status, "gate");
	struct table table = table_of("llll");

	print_heading(print, "Gate");
	show_gate_of(&table, json_object_get(gate, "ipv4"), "IPv4", now);
	show_gate_of(&table, json_object_get(gate, "ipv6"), "IPv6", now);
	table_finish(&table, print);
	show_knockers(print, status);
	show_witnesses(print, status);
}

static void show_primaries(const struct print *print, const json_t *status)
{
	const json_t *primaries = json_object_get(status, "primaries");
	struct table table = table_of("lllll");
	char age[PRINT_QUANTITY];
	const json_t *primary;
	double last;
	size_t i;

	if (json_array_size(primaries) == 0)
		return;
	print_heading(print, "Primaries");
	json_array_foreach(primaries, i, primary)
	{
		table_add(&table, TONE_PLAIN, "%s",
			  field_text(primary, "name", "?"));
		table_add(&table, TONE_PLAIN, "%s",
			  field_text(primary, "address", "?"));
		add_state(&table, primary, "state");
		if (field_number(primary, "last_probe_s", &last)) {
			table_add(&table, TONE_PLAIN, "probed %s ago",
				  print_duration(last, age));
			table_add(&table, TONE_PLAIN, "%s",
				  status_probe_words(primary));
		} else {
			table_add(&table, TONE_PLAIN, "not probed yet");
			table_add(&table, TONE_PLAIN, "%s", "");
		}
	}
	table_finish(&table, print);
}

static void show_interfaces(const struct print *print, const json_t *status)
{
	const json_t *interfaces = json_object_get(status, "interfaces");
	struct table table = table_of("lll");
	const json_t *interface;
	uint64_t id;
	size_t i;

	if (json_array_size(interfaces) == 0)
		return;
	print_heading(print, "Interfaces");
	json_array_foreach(interfaces, i, interface)
	{
		table_add(&table, TONE_PLAIN, "%s",
			  field_text(interface, "name", "?"));
		add_state(&table, interface, "attach");
		id = field_count(interface, "program_id");
		if (id > 0)
			table_add(&table, TONE_PLAIN, "program %" PRIu64, id);
		else
			table_add(&table, TONE_BAD, "no program");
	}
	table_finish(&table, print);
}

static void show_lookups(const struct print *print, const json_t *lookups)
{
	char verdicts[PRINT_QUANTITY];
	char active[PRINT_QUANTITY];
	char waiting[PRINT_QUANTITY];
	char shed[PRINT_QUANTITY];
	char number[PRINT_QUANTITY], put_off[PRINT_QUANTITY + 16] = "";

	if (!lookups)
		return;
	if (field_count(lookups, "put_off") > 0)
		snprintf(put_off, sizeof(put_off), ", %s put off",
			 print_count(field_count(lookups, "put_off"), number));
	print_paragraph(
		print, TONE_PLAIN, "  ",
		"%s verdicts in the kernel; lookups: %s under way, %s "
		"waiting, %s shed%s",
		print_count(field_count(lookups, "verdicts"), verdicts),
		print_count(field_count(lookups, "active"), active),
		print_count(field_count(lookups, "waiting"), waiting),
		print_count(field_count(lookups, "shed") +
				    field_count(lookups, "shed_network"),
			    shed),
		put_off);
}

/* What there is to say of a zone that is well. */
static void add_service(struct table *table, const json_t *zone)
{
	char latency[64] = "", waiting[64] = "", quota[96] = "";
	char used[PRINT_QUANTITY], limit[PRINT_QUANTITY];
	double p50, p99;

	if (field_number(zone, "p50_s", &p50) &&
	    field_number(zone, "p99_s", &p99))
		snprintf(latency, sizeof(latency),
			 "answers in %.1f ms (p99 %.1f ms)", p50 * 1e3,
			 p99 * 1e3);
	if (field_count(zone, "waiting") > 0)
		snprintf(waiting, sizeof(waiting), "%s%s wait",
			 *latency ? ", " : "",
			 print_count(field_count(zone, "waiting"), used));
	if (field_count(zone, "quota_limit") > 0)
		snprintf(quota, sizeof(quota), "%squota: %s of %s",
			 *latency || *waiting ? ", " : "",
			 print_count(field_count(zone, "quota_used"), used),
			 print_count(field_count(zone, "quota_limit"), limit));
	table_add(table, TONE_PLAIN, "%s%s%s", latency, waiting, quota);
}

static void show_zones(const struct print *print, const json_t *status)
{
	const json_t *zones = json_object_get(status, "zones");
	struct table table = table_of("llrrl");
	const json_t *zone;
	size_t i;

	if (json_array_size(zones) == 0)
		return;
	print_heading(print, "DNSBLs");
	json_array_foreach(zones, i, zone)
	{
		table_add(&table, TONE_PLAIN, "%s",
			  field_text(zone, "zone", "?"));
		add_state(&table, zone, "state");
		add_count(&table, zone, "queries", "queries");
		add_count(&table, zone, "listed", "listed");
		if (*field_text(zone, "reason", ""))
			table_add(&table, TONE_PLAIN, "%s",
				  field_text(zone, "reason", ""));
		else
			add_service(&table, zone);
	}
	table_finish(&table, print);
	show_lookups(print, json_object_get(status, "lookups"));
}

/* Those of the configuration, with what they decided. */
static void show_lists(const struct print *print, const json_t *status)
{
	const json_t *lists = json_object_get(status, "lists");
	struct table table = table_of("lrr");
	char text[PRINT_QUANTITY];
	const json_t *list;
	size_t i;

	if (json_array_size(lists) == 0)
		return;
	print_heading(print, "Lists");
	json_array_foreach(lists, i, list)
	{
		table_add(&table, TONE_PLAIN, "%s",
			  field_text(list, "name", "?"));
		add_count(&table, list, "entries", "entries");
		table_add(&table, TONE_PLAIN, "%s SYNs",
			  print_count(field_count(list, "ipv4") +
					      field_count(list, "ipv6"),
				      text));
	}
	table_finish(&table, print);
}

/* What is out of the ordinary about the file, or "". */
static void add_feed_notes(struct table *table, const json_t *feed)
{
	uint64_t rejected = field_count(feed, "rejected");
	uint64_t left_out = field_count(feed, "left_out");
	bool polled = field_is(feed, "watch", "polling");
	char counts[2][PRINT_QUANTITY];

	print_count(rejected, counts[0]);
	print_count(left_out, counts[1]);
	table_add(table, TONE_PLAIN, "%s%s%s%s%s%s%s",
		  rejected ? counts[0] : "", rejected ? " rejected" : "",
		  rejected && left_out ? ", " : "", left_out ? counts[1] : "",
		  left_out ? " left out" : "",
		  polled && (rejected || left_out) ? ", " : "",
		  polled ? "polled" : "");
}

static void show_feeds(const struct print *print, const json_t *status)
{
	const json_t *feeds = json_object_get(status, "feeds");
	struct table table = table_of("llrrll");
	char text[PRINT_QUANTITY];
	const json_t *feed;
	double age;
	size_t i;

	if (json_array_size(feeds) == 0)
		return;
	print_heading(print, "Feeds");
	json_array_foreach(feeds, i, feed)
	{
		table_add(&table, TONE_PLAIN, "%s",
			  field_text(feed, "name", "?"));
		add_state(&table, feed, "state");
		add_count(&table, feed, "entries", "entries");
		table_add(&table, TONE_PLAIN, "%s SYNs",
			  print_count(field_count(feed, "ipv4") +
					      field_count(feed, "ipv6"),
				      text));
		if (field_number(feed, "age_s", &age))
			table_add(&table, TONE_PLAIN, "%s old",
				  print_duration(age, text));
		else
			table_add(&table, TONE_PLAIN, "%s", "");
		add_feed_notes(&table, feed);
	}
	table_finish(&table, print);
}

static void show_recovery(const struct print *print, const json_t *recovery)
{
	const char *next = field_text(recovery, "next", NULL);
	char owed[PRINT_QUANTITY], wait[PRINT_QUANTITY];
	double in;

	if (!json_is_object(recovery))
		return;
	if (!field_number(recovery, "in_s", &in))
		print_paragraph(print, TONE_PLAIN, "  ",
				"its flush waits for the primary");
	else if (next)
		print_paragraph(
			print, TONE_PLAIN, "  ",
			"flushing: %s domains to go, %s next, in %s",
			print_count(field_count(recovery, "owed"), owed), next,
			print_duration(in, wait));
	else
		print_paragraph(print, TONE_PLAIN, "  ", "on-up runs in %s",
				print_duration(in, wait));
}

static void show_recipients(const struct print *print, const json_t *recipients)
{
	const char *problem = field_text(recipients, "problem", NULL);
	char accepted[PRINT_QUANTITY], refused[PRINT_QUANTITY];
	char deferred[PRINT_QUANTITY];

	if (!json_is_object(recipients))
		return;
	print_paragraph(
		print, problem ? TONE_WARN : TONE_PLAIN, "  ",
		"recipients asked for: %s accepted, %s refused, %s "
		"deferred%s%s",
		print_count(field_count(recipients, "accepted"), accepted),
		print_count(field_count(recipients, "refused"), refused),
		print_count(field_count(recipients, "deferred"), deferred),
		problem ? "; now: " : "", problem ? problem : "");
}

static void show_queue(const struct print *print, const json_t *status)
{
	const json_t *recovery = json_object_get(status, "recovery");
	const json_t *queue = json_object_get(status, "queue");
	const json_t *recipients = json_object_get(status, "recipients");
	char length[PRINT_QUANTITY], oldest[PRINT_QUANTITY];
	char age[PRINT_QUANTITY];
	double of_oldest, of_count = 0;

	if (!json_is_object(queue) && !json_is_object(recovery) &&
	    !json_is_object(recipients))
		return;
	print_heading(print, "Queue");
	field_number(queue, "age_s", &of_count);
	print_duration(of_count, age);
	if (field_number(queue, "oldest_s", &of_oldest))
		print_paragraph(
			print, TONE_PLAIN, "  ",
			"%s messages, the oldest %s old (counted %s "
			"ago)",
			print_count(field_count(queue, "length"), length),
			print_duration(of_oldest, oldest), age);
	else if (json_is_object(queue))
		print_paragraph(
			print, TONE_PLAIN, "  ", "%s messages (counted %s ago)",
			print_count(field_count(queue, "length"), length), age);
	show_recovery(print, recovery);
	show_recipients(print, recipients);
}

static void show_doorman_tls(const struct print *print, const json_t *doorman)
{
	char tls[PRINT_QUANTITY], failed[PRINT_QUANTITY];

	if (json_is_true(json_object_get(doorman, "starttls")))
		print_paragraph(
			print, TONE_PLAIN, "  ",
			"STARTTLS is offered: %s spoke TLS, %s failed to",
			print_count(field_count(doorman, "tls"), tls),
			print_count(field_count(doorman, "tls_failed"),
				    failed));
	else
		print_paragraph(print, TONE_PLAIN, "  ",
				"no STARTTLS, for want of a certificate");
}

static void show_doorman(const struct print *print, const json_t *status)
{
	const json_t *doorman = json_object_get(status, "doorman");
	char now[PRINT_QUANTITY], taken[PRINT_QUANTITY], told[PRINT_QUANTITY];
	char full[PRINT_QUANTITY], weary[PRINT_QUANTITY];

	if (!doorman || field_is(doorman, "state", "off"))
		return;
	print_heading(print, "Doorman");
	print_paragraph(
		print, TONE_PLAIN, "  ",
		"%s connections now, %s so far: %s told, %s refused for want "
		"of room; %s times a network was dropped as it came too often",
		print_count(field_count(doorman, "sessions"), now),
		print_count(field_count(doorman, "taken"), taken),
		print_count(field_count(doorman, "told"), told),
		print_count(field_count(doorman, "turned_away") +
				    field_count(doorman, "cut_short"),
			    full),
		print_count(field_count(doorman, "weary"), weary));
	show_doorman_tls(print, doorman);
}

static void show_daemon(const struct print *print, const json_t *status)
{
	char text[PRINT_QUANTITY];
	double lease;

	print_heading(print, "Daemon");
	if (field_number(status, "lease_s", &lease) && lease > 0)
		print_paragraph(print, TONE_PLAIN, "  ",
				"version %s; the kernel believes it for "
				"another %s",
				field_text(status, "version", "unknown"),
				print_duration(lease, text));
	else
		print_paragraph(print, TONE_PLAIN, "  ", "version %s",
				field_text(status, "version", "unknown"));
}

void status_show(const struct print *print, const json_t *status, time_t now)
{
	status_judge(print, status);
	show_gate(print, status, now);
	status_guards(print, status);
	show_primaries(print, status);
	show_interfaces(print, status);
	show_zones(print, status);
	show_lists(print, status);
	show_feeds(print, status);
	show_queue(print, status);
	show_doorman(print, status);
	show_daemon(print, status);
	status_counters(print, status);
}
