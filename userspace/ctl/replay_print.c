/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines, a table, JSON.  That is written as it comes: no tree is built of a
 * million frames, and none of the texts needs escapes.
 */

#include "ctl/replay_print.h"

#include <inttypes.h>

#include <jansson.h>

#include "core/reason.h"
#include "ctl/replay_capture.h"
#include "ctl/status.h"

void replay_print_frame(FILE *out, const struct replay_record *record)
{
	const struct replay_ends *ends = &record->ends;
	char source[ADDR_TEXT], destination[ADDR_TEXT];

	fprintf(out, "frame %" PRIu64 " %s > %s %s %s\n", record->number,
		replay_format(ends->family, &ends->source, source),
		replay_format(ends->family, &ends->destination, destination),
		action_name(record->action), reason_name(record->reason));
}

/* Room for all ports there can be, and for the addresses that are named. */
#define PORTS_TEXT     64
#define ADDRESSES_TEXT 256

/* More addresses than these are only counted. */
#define NAMED_MAX 4

static const char *format_ports(const struct replay_scope *scope,
				char text[static PORTS_TEXT])
{
	size_t used = (size_t)snprintf(text, PORTS_TEXT, "port%s",
				       scope->port_count == 1 ? "" : "s");

	for (size_t i = 0; i < scope->port_count; i++)
		used += (size_t)snprintf(text + used, PORTS_TEXT - used,
					 "%s %u", i ? "," : "",
					 scope->ports[i]);
	return text;
}

static const char *format_addresses(const struct replay_scope *scope,
				    char text[static ADDRESSES_TEXT])
{
	char address[ADDR_TEXT];
	size_t used = 0;

	if (scope->protect_count == 0)
		snprintf(text, ADDRESSES_TEXT, "any address");
	else if (scope->protect_count > NAMED_MAX)
		snprintf(text, ADDRESSES_TEXT, "%zu protected addresses",
			 scope->protect_count);
	else
		for (size_t i = 0; i < scope->protect_count; i++)
			used += (size_t)snprintf(
				text + used, ADDRESSES_TEXT - used, "%s%s",
				i ? ", " : "",
				addr_format(&scope->protect[i], address));
	return text;
}

static void print_scope(const struct print *print,
			const struct replay_scope *scope,
			const struct replay_totals *totals)
{
	char frames[PRINT_QUANTITY], judged[PRINT_QUANTITY];
	char addresses[ADDRESSES_TEXT], ports[PORTS_TEXT];

	print_paragraph(
		print, TONE_PLAIN, "", "%s: %s frame%s. SYNs to %s of %s: %s.",
		scope->capture, print_count(totals->frames, frames),
		totals->frames == 1 ? "" : "s", format_ports(scope, ports),
		format_addresses(scope, addresses),
		print_count(totals->judged, judged));
	if (scope->config)
		print_paragraph(print, TONE_PLAIN, "",
				"Judged by %s as if it were enforced, each "
				"frame alone: the gate %s, no source known to "
				"DNSBLs.",
				scope->config,
				scope->gate == GATE_CLOSED ? "closed" : "open");
	else
		print_paragraph(print, TONE_PLAIN, "",
				"Judged without a configuration, each frame "
				"alone: no lists, no DNSBLs, the gate %s.",
				scope->gate == GATE_CLOSED ? "closed" : "open");
	if (totals->cut)
		print_paragraph(print, TONE_WARN, "! ",
				"Of %s frame%s less than %d octets were "
				"captured: SYNs among them may be missed.",
				print_count(totals->cut, frames),
				totals->cut == 1 ? "" : "s", REPLAY_ENOUGH);
	if (totals->judged == 0 && scope->protect_count)
		print_paragraph(print, TONE_PLAIN, "",
				"\"--protect any\" judges SYNs to every "
				"address.");
}

/* Worded like the counters of a daemon that only looks on. */
static void print_counters(const struct print *print,
			   const struct replay_totals *totals)
{
	json_t *counters = json_object();
	json_t *status = json_pack("{s:s, s:o}", "mode", "monitor", "counters",
				   counters);

	for (enum reason reason = 0; reason < REASON_MAX; reason++) {
		const uint64_t *count = totals->counts[reason];

		json_object_set_new(counters, reason_name(reason),
				    json_pack("{s:I, s:I}", "ipv4",
					      (json_int_t)count[FAMILY_IPV4],
					      "ipv6",
					      (json_int_t)count[FAMILY_IPV6]));
	}
	status_counters(print, status);
	json_decref(status);
}

void replay_print_totals(const struct print *print,
			 const struct replay_scope *scope,
			 const struct replay_totals *totals)
{
	print_scope(print, scope, totals);
	if (totals->judged)
		print_counters(print, totals);
}

static void print_record(FILE *out, const struct replay_record *record)
{
	const struct replay_ends *ends = &record->ends;
	char source[ADDR_TEXT], destination[ADDR_TEXT];

	fprintf(out,
		"    {\"frame\": %" PRIu64 ", \"source\": \"%s\", "
		"\"destination\": \"%s\", \"action\": \"%s\", "
		"\"reason\": \"%s\"}",
		record->number,
		replay_format(ends->family, &ends->source, source),
		replay_format(ends->family, &ends->destination, destination),
		action_name(record->action), reason_name(record->reason));
}

void replay_print_json(FILE *out, const struct replay_totals *totals,
		       const struct replay_record *records, size_t count)
{
	fprintf(out,
		"{\n  \"frames\": %" PRIu64 ",\n  \"smtp_syns\": %" PRIu64
		",\n  \"reasons\": {",
		totals->frames, totals->judged);
	for (enum reason reason = 0; reason < REASON_MAX; reason++)
		fprintf(out, "%s\n    \"%s\": %" PRIu64, reason ? "," : "",
			reason_name(reason),
			totals->counts[reason][FAMILY_IPV4] +
				totals->counts[reason][FAMILY_IPV6]);
	fputs("\n  },\n  \"per_frame\": [", out);
	for (size_t i = 0; i < count; i++) {
		fputs(i ? ",\n" : "\n", out);
		print_record(out, &records[i]);
	}
	fputs(count ? "\n  ]\n}\n" : "]\n}\n", out);
}
