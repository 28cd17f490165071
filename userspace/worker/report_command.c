/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control command `report`: the history over some days. */

#include <stdlib.h>
#include <time.h>

#include "core/reason.h"
#include "worker/state.h"

#define SINCE_S (INT64_C(7) * 86400)

static const char *const family_names[FAMILY_MAX] = {"ipv4", "ipv6"};

static json_t *time_or_null(uint32_t unix_s)
{
	return unix_s ? json_integer(unix_s) : json_null();
}

static uint64_t sum(const uint64_t numbers[HISTORY_REASONS])
{
	uint64_t all = 0;

	for (size_t i = 0; i < HISTORY_REASONS; i++)
		all += numbers[i];
	return all;
}

static json_t *reasons_json(const struct history_report *report)
{
	json_t *reasons = json_array();

	for (size_t i = 0; i < HISTORY_REASONS; i++)
		json_array_append_new(
			reasons,
			json_pack(
				"{s:s, s:I, s:I, s:I}", "reason",
				reason_name((enum reason)(REASON_BLOCKED + i)),
				"attempts", (json_int_t)report->attempts[i],
				"watched", (json_int_t)report->watched[i],
				"suspects",
				(json_int_t)report->suspect_attempts[i]));
	return reasons;
}

static json_t *policies_json(const struct history_policies *policies)
{
	bool known = policies->witness_known > 0;

	return json_pack("{s:I, s:I, s:o, s:I}", "off",
			 (json_int_t)policies->off, "strict",
			 (json_int_t)policies->strict, "witness",
			 known ? json_integer((json_int_t)policies->witness)
			       : json_null(),
			 "witness_known", (json_int_t)policies->witness_known);
}

static json_t *network_json(const struct history_network *network)
{
	const struct prefix prefix = history_network(&network->network);
	json_t *reasons = json_object();
	char text[PREFIX_TEXT];

	for (size_t i = 0; i < HISTORY_REASONS; i++)
		if (network->attempts[i])
			json_object_set_new(
				reasons,
				reason_name((enum reason)(REASON_BLOCKED + i)),
				json_integer((json_int_t)network->attempts[i]));
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "network",
			 prefix_format(&prefix, text), "attempts",
			 (json_int_t)network->total, "watched",
			 (json_int_t)sum(network->watched), "first",
			 (json_int_t)network->first_s, "last",
			 (json_int_t)network->last_s, "reached",
			 time_or_null(network->reached_s), "mercy",
			 time_or_null(network->mercy_s), "reasons", reasons);
}

static json_t *networks_json(const struct history_network *networks,
			     size_t count)
{
	json_t *all = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(all, network_json(&networks[i]));
	return all;
}

static json_t *zones_json(const struct history_report *report)
{
	json_t *zones = json_array();

	for (size_t i = 0; i < report->zone_count; i++)
		json_array_append_new(
			zones,
			json_pack("{s:s, s:I, s:I}", "zone",
				  report->zone[i].zone, "attempts",
				  (json_int_t)report->zone[i].attempts, "alone",
				  (json_int_t)report->zone[i].alone));
	return zones;
}

static json_t *openings_json(const struct history_report *report)
{
	json_t *openings = json_array();

	for (size_t i = 0; i < report->opening_count; i++) {
		const struct history_opening *opening = &report->opening[i];

		json_array_append_new(
			openings,
			json_pack("{s:s, s:s, s:I, s:o, s:s}", "guard",
				  opening->guard, "family",
				  family_names[opening->family], "since",
				  (json_int_t)opening->since_s, "until",
				  time_or_null(opening->until_s), "why",
				  policy_why_words(opening->why)));
	}
	return openings;
}

/* Days begin at midnight, so the first one does. */
static time_t first_of(time_t since_s, time_t now_s)
{
	time_t first = now_s / HISTORY_DAY_S - (HISTORY_DAYS - 1);
	time_t day = since_s / HISTORY_DAY_S;

	return (day > first ? day : first) * HISTORY_DAY_S;
}

static json_t *report_json(const struct worker *worker,
			   const struct history_report *report, time_t since_s,
			   time_t now_s)
{
	const struct history *history = history_keeper_store(worker->history);

	return json_pack(
		"{s:I, s:I, s:I, s:i, s:s, s:I, s:I, s:I, s:o, s:o, s:I, s:I,"
		" s:o, s:o, s:I, s:o, s:o}",
		"now", (json_int_t)now_s, "since",
		(json_int_t)first_of(since_s, now_s), "known_since",
		(json_int_t)history_since(history, now_s), "kept_days",
		HISTORY_DAYS, "mode",
		gate_mode(worker) == MODE_MONITOR ? "monitor" : "enforce",
		"left_out", (json_int_t)report->left_out, "attempts",
		(json_int_t)sum(report->attempts), "watched",
		(json_int_t)sum(report->watched), "reasons",
		reasons_json(report), "policies",
		policies_json(&report->policies), "networks",
		(json_int_t)report->networks, "suspects",
		(json_int_t)report->suspects, "suspect_networks",
		networks_json(report->suspect, report->suspect_count),
		"busiest_networks",
		networks_json(report->busiest, report->busiest_count),
		"zones_known", (json_int_t)report->zones_known, "zones",
		zones_json(report), "openings", openings_json(report));
}

void report_command(void *context, const json_t *args,
		    struct control_request *request)
{
	const json_t *time_back = json_object_get(args, "since_s");
	json_int_t back_s = time_back ? json_integer_value(time_back) : SINCE_S;
	const struct worker *worker = context;
	struct history_report *report;
	time_t now_s = time(NULL);

	if (back_s <= 0 || back_s > (json_int_t)now_s) {
		control_fail(request, "expected \"since_s\", the seconds that "
				      "the report goes back");
		return;
	}
	if (history_report(history_keeper_store(worker->history),
			   now_s - back_s, now_s, &report)) {
		control_fail(request, "there is no memory for a report");
		return;
	}
	control_reply(request,
		      report_json(worker, report, now_s - back_s, now_s));
	free(report);
}
