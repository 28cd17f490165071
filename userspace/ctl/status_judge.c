/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The head of `posternctl status`: how it stands, and what is wrong. */

#include "ctl/status.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "ctl/fields.h"
#include "ctl/orders.h"

#define MARK "! "

/* It is renewed every 2 s to 10 s. */
#define LEASE_LOW_S 5

/* More of one kind are summed up: the sections have them all. */
#define WARNINGS_MAX 3

/* So long ago is the present, for who looks at it. */
#define SHED_LATELY_S 60

#define SENTENCE_MAX 1024

/* "OPEN": the one word that must not be overlooked. */
static const char *gate_word(const json_t *gate)
{
	const char *state = field_text(gate, "state", "unknown");

	return strcmp(state, "open") == 0 ? "OPEN" : state;
}

static void describe_gate(const json_t *status, char text[SENTENCE_MAX])
{
	const json_t *gate = json_object_get(status, "gate");
	const json_t *ipv4 = json_object_get(gate, "ipv4");
	const json_t *ipv6 = json_object_get(gate, "ipv6");
	const char *why = field_text(ipv4, "why", "");

	if (strcmp(gate_word(ipv4), gate_word(ipv6)) != 0)
		snprintf(text, SENTENCE_MAX,
			 "The gate is %s for IPv4 and %s for IPv6.",
			 gate_word(ipv4), gate_word(ipv6));
	else if (*why && field_is(ipv6, "why", why))
		snprintf(text, SENTENCE_MAX, "The gate is %s: %s.",
			 gate_word(ipv4), why);
	else
		snprintf(text, SENTENCE_MAX, "The gate is %s.",
			 gate_word(ipv4));
}

/* "bypass, lists": what is only watched; "" for nothing. */
static void describe_watched(const json_t *status, char text[SENTENCE_MAX])
{
	const json_t *watched = json_object_get(status, "watched");
	const json_t *one;
	size_t used = 0;
	size_t i;

	text[0] = '\0';
	json_array_foreach(watched, i, one)
	{
		const char *name = json_string_value(one);

		if (name && used < SENTENCE_MAX)
			used += (size_t)snprintf(text + used,
						 SENTENCE_MAX - used, "%s%s",
						 used ? ", " : "", name);
	}
}

static bool lease_is_over(const json_t *status)
{
	double lease;

	return field_number(status, "lease_s", &lease) && lease <= 0;
}

/* Open on both sides? */
static bool gate_is_open(const json_t *status)
{
	const json_t *gate = json_object_get(status, "gate");

	return field_is(json_object_get(gate, "ipv4"), "state", "open") &&
	       field_is(json_object_get(gate, "ipv6"), "state", "open");
}

static size_t count_state(const json_t *objects, const char *key,
			  const char *state)
{
	const json_t *object;
	size_t count = 0;
	size_t i;

	json_array_foreach(objects, i, object) count +=
		field_is(object, key, state);
	return count;
}

static bool is_attached(const json_t *status)
{
	const json_t *interfaces = json_object_get(status, "interfaces");

	return count_state(interfaces, "attach", "native") > 0 ||
	       count_state(interfaces, "attach", "generic") > 0;
}

/* One that was not tested yet isn't out. */
static bool is_out(const json_t *zone)
{
	return !field_is(zone, "state", "ok") &&
	       !field_is(zone, "state", "untested") &&
	       !field_is(zone, "state", "unknown");
}

static size_t count_out(const json_t *zones)
{
	const json_t *zone;
	size_t count = 0;
	size_t i;

	json_array_foreach(zones, i, zone) count += is_out(zone);
	return count;
}

static bool is_blind(const json_t *status)
{
	const json_t *zones = json_object_get(status, "zones");

	return json_array_size(zones) > 0 &&
	       count_out(zones) == json_array_size(zones);
}

/* What makes the rest of the judgement worth little comes before it. */
static void print_alarms(const struct print *print, const json_t *status)
{
	if (!is_attached(status))
		print_paragraph(print, TONE_BAD, "",
				"NOT FILTERING: no interface is attached.");
	else if (lease_is_over(status))
		print_paragraph(print, TONE_BAD, "",
				"FAILING OPEN: the daemon's lease has run "
				"out. The kernel takes the gate for open and "
				"holds nobody; lists, and verdicts until they "
				"expire, stay in force.");
	if (is_blind(status))
		print_paragraph(print, TONE_BAD, "",
				"BLIND: no DNSBL answers, so who isn't known "
				"already is let in unchecked. Does the "
				"resolver work?");
}

static void print_judgement(const struct print *print, const json_t *status)
{
	bool holds = is_attached(status) && !lease_is_over(status);
	const char *mode = field_text(status, "mode", "unknown");
	const char *otherwise = holds ? "" : "Otherwise: ";
	char gate[SENTENCE_MAX], watched[SENTENCE_MAX];
	enum tone tone;

	describe_gate(status, gate);
	describe_watched(status, watched);
	tone = holds && !gate_is_open(status) ? TONE_GOOD : TONE_WARN;
	if (strcmp(mode, "monitor") == 0)
		print_paragraph(print, TONE_WARN, "",
				"%sMonitoring: nothing is refused, it is only "
				"counted. %s",
				otherwise, gate);
	else if (strcmp(mode, "enforce") == 0 && *watched)
		print_paragraph(print, TONE_WARN, "",
				"%sEnforcing, but for what is only watched: "
				"%s. %s",
				otherwise, watched, gate);
	else if (strcmp(mode, "enforce") == 0)
		print_paragraph(print, tone, "", "%sEnforcing. %s", otherwise,
				gate);
	else
		print_paragraph(print, TONE_WARN, "", "%sMode: %s. %s",
				otherwise, mode, gate);
}

static void warn_lease(const struct print *print, const json_t *status)
{
	char text[PRINT_QUANTITY];
	double lease;

	if (!field_number(status, "lease_s", &lease))
		print_paragraph(print, TONE_BAD, MARK,
				"The daemon doesn't say how long the kernel "
				"will believe it.");
	else if (lease > 0 && lease < LEASE_LOW_S)
		print_paragraph(print, TONE_WARN, MARK,
				"The daemon renews its lease late: %s are left "
				"of 10 s. Is this machine overloaded?",
				print_duration(lease, text));
}

/* What the kernel lacks to shut in the process that talks to the world. */
static void warn_sandbox(const struct print *print, const json_t *status)
{
	const json_t *worker = json_object_get(status, "worker");

	if (json_is_false(json_object_get(worker, "seccomp")))
		print_paragraph(
			print, TONE_WARN, MARK,
			"The worker runs without a seccomp filter: this "
			"kernel has none (CONFIG_SECCOMP_FILTER).");
	if (json_is_true(json_object_get(worker, "cap_bpf")))
		print_paragraph(print, TONE_PLAIN, MARK,
				"The worker keeps CAP_BPF: before Linux 5.19 "
				"nobody can use a map without.");
}

static void warn_interface(const struct print *print, const json_t *interface)
{
	const char *attach = field_text(interface, "attach", "not");
	const char *name = field_text(interface, "name", "?");

	if (strcmp(attach, "native") == 0)
		return;
	if (strcmp(attach, "generic") == 0)
		print_paragraph(
			print, TONE_WARN, MARK,
			"%s is attached in generic mode, not by its driver: "
			"the kernel makes a socket buffer of each packet "
			"before it can be dropped, so a flood costs several "
			"times the CPU. Whom it lets in is the same.",
			name);
	else
		print_paragraph(print, TONE_BAD, MARK,
				"%s is not attached (%s): what comes there "
				"isn't filtered.",
				name, attach);
}

static void warn_interfaces(const struct print *print, const json_t *status)
{
	const json_t *interfaces = json_object_get(status, "interfaces");
	const json_t *interface;
	size_t i;

	json_array_foreach(interfaces, i, interface)
		warn_interface(print, interface);
}

static void warn_primary(const struct print *print, const json_t *primary)
{
	const char *reply = field_text(primary, "reply", "");
	const char *words = status_probe_words(primary);

	print_paragraph(print, TONE_BAD, MARK, "%s (%s) is down: it %s%s%s%s.",
			field_text(primary, "name", "?"),
			field_text(primary, "address", "?"),
			*words ? words : "failed its probes",
			*reply ? ", \"" : "", reply, *reply ? "\"" : "");
}

static void warn_primaries(const struct print *print, const json_t *status)
{
	const json_t *primaries = json_object_get(status, "primaries");
	size_t down = count_state(primaries, "state", "down");
	const json_t *primary;
	size_t i;

	if (json_array_size(primaries) == 0)
		print_paragraph(print, TONE_WARN, MARK,
				"No primary is known, so nobody can be "
				"bypassing one: the gate stays open.");
	if (down > WARNINGS_MAX) {
		print_paragraph(print, TONE_BAD, MARK,
				"%zu of the primaries' %zu addresses are "
				"down: see below.",
				down, json_array_size(primaries));
		return;
	}
	json_array_foreach(primaries, i,
			   primary) if (field_is(primary, "state", "down"))
		warn_primary(print, primary);
}

static void warn_zone(const struct print *print, const json_t *zone)
{
	const char *reason = field_text(zone, "reason", "");
	const char *remedy = field_text(zone, "remedy", "");

	print_paragraph(
		print, TONE_WARN, MARK, "The DNSBL %s is out (%s)%s%s%s%s.",
		field_text(zone, "zone", "?"), field_text(zone, "state", "?"),
		*reason ? ": it " : "", reason, *remedy ? "; " : "", remedy);
}

static void warn_zones(const struct print *print, const json_t *status)
{
	const json_t *zones = json_object_get(status, "zones");
	const json_t *zone;
	size_t out = count_out(zones);
	size_t i;

	if (out > WARNINGS_MAX) {
		print_paragraph(print, TONE_WARN, MARK,
				"%zu of %zu DNSBLs are out: see below.", out,
				json_array_size(zones));
		return;
	}
	json_array_foreach(zones, i, zone) if (is_out(zone))
		warn_zone(print, zone);
}

static void warn_shed(const struct print *print, const json_t *status)
{
	const json_t *lookups = json_object_get(status, "lookups");
	char text[PRINT_QUANTITY];
	double ago;

	if (!field_number(lookups, "shed_s", &ago) || ago > SHED_LATELY_S)
		return;
	print_paragraph(
		print, TONE_WARN, MARK,
		"Overload: more new sources come than may be looked "
		"up, so some are let in without it (%s so far). Who is "
		"known already does not feel it.",
		print_count(field_count(lookups, "shed") +
				    field_count(lookups, "shed_network"),
			    text));
}

static void warn_feed(const struct print *print, const json_t *feed)
{
	const char *reason = field_text(feed, "reason", "");

	if (field_is(feed, "state", "fresh"))
		return;
	print_paragraph(print, TONE_WARN, MARK, "The feed %s is %s%s%s.",
			field_text(feed, "name", "?"),
			field_text(feed, "state", "in an unknown state"),
			*reason ? ": " : "", reason);
}

static void warn_feeds(const struct print *print, const json_t *status)
{
	const json_t *feeds = json_object_get(status, "feeds");

	for (size_t i = 0; i < json_array_size(feeds); i++)
		warn_feed(print, json_array_get(feeds, i));
}

/* "closed for IPv4: the primary is up" for what an order has overruled. */
static void describe_overruled(const json_t *status, const char *family,
			       const char *name, char text[SENTENCE_MAX])
{
	const json_t *gate =
		json_object_get(json_object_get(status, "gate"), family);
	const json_t *otherwise = json_object_get(gate, "otherwise");
	size_t used = strlen(text);

	if (!json_is_object(otherwise))
		return;
	snprintf(text + used, SENTENCE_MAX - used, "%s%s for %s (%s)",
		 used ? ", " : "", gate_word(otherwise), name,
		 field_text(otherwise, "why", "?"));
}

/* Forced closed where nothing but the order closes it: mail may be lost. */
static bool is_forced(const json_t *status, const char *family)
{
	const json_t *gate =
		json_object_get(json_object_get(status, "gate"), family);

	return field_is(gate, "state", "closed") &&
	       field_is(json_object_get(gate, "otherwise"), "state", "open");
}

static void warn_gate_order(const struct print *print, const json_t *status)
{
	const json_t *orders = json_object_get(status, "orders");
	const json_t *order = json_object_get(orders, "gate");
	bool forced = is_forced(status, "ipv4") || is_forced(status, "ipv6");
	char overruled[SENTENCE_MAX] = "";
	char given[ORDERS_GIVEN];

	if (!json_is_object(order))
		return;
	describe_overruled(status, "ipv4", "IPv4", overruled);
	describe_overruled(status, "ipv6", "IPv6", overruled);
	print_paragraph(print, forced ? TONE_BAD : TONE_WARN, MARK,
			"The gate is held %s by hand (%s).%s%s%s%s",
			field_is(order, "order", "close") ? "CLOSED" : "open",
			orders_given(order, given),
			*overruled ? " Without that it would be " : "",
			overruled, *overruled ? "." : "",
			forced ? " Honest senders may have no way to deliver: "
				 "`posternctl gate auto` ends it."
			       : "");
}

static void warn_mode_order(const struct print *print, const json_t *status)
{
	const json_t *orders = json_object_get(status, "orders");
	const json_t *order = json_object_get(orders, "mode");
	char given[ORDERS_GIVEN];

	if (json_is_object(order))
		print_paragraph(print, TONE_WARN, MARK,
				"The mode is %s by hand (%s). The "
				"configuration says %s.",
				field_text(order, "order", "?"),
				orders_given(order, given),
				field_text(status, "configured_mode", "?"));
}

static void warn_doorman(const struct print *print, const json_t *status)
{
	if (field_is(json_object_get(status, "doorman"), "state", "missing"))
		print_paragraph(print, TONE_BAD, MARK,
				"The doorman has no socket: who is deferred "
				"reaches the mail server.");
}

/* Those that others tell of are witnesses all the same. */
static void warn_witnesses(const struct print *print, const json_t *status)
{
	const json_t *witnesses = json_object_get(status, "witnesses");

	if (field_is(witnesses, "state", "missing"))
		print_paragraph(print, TONE_WARN, MARK,
				"Nobody becomes a witness by connecting to the "
				"primary on this machine: %s.",
				field_text(witnesses, "why", "?"));
}

static void warn_nudge(const struct print *print, const json_t *status)
{
	const json_t *nudge = json_object_get(status, "nudge");

	if (strncmp(field_text(nudge, "state", ""), "switched off", 12) != 0)
		return;
	print_paragraph(print, TONE_WARN, MARK,
			"Nudging is switched off until the next start: of "
			"the clients that were nudged fewer came again than "
			"of the others. Unknown senders wait about a second "
			"instead.");
}

void status_judge(const struct print *print, const json_t *status)
{
	print_alarms(print, status);
	print_judgement(print, status);
	warn_gate_order(print, status);
	warn_mode_order(print, status);
	warn_lease(print, status);
	warn_sandbox(print, status);
	warn_interfaces(print, status);
	warn_primaries(print, status);
	warn_zones(print, status);
	warn_shed(print, status);
	warn_feeds(print, status);
	warn_doorman(print, status);
	warn_witnesses(print, status);
	warn_nudge(print, status);
}
