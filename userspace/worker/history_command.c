/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control command `history`: when the network of an address was refused. */

#include <time.h>

#include "core/reason.h"
#include "worker/state.h"

static json_t *time_or_null(uint32_t unix_s)
{
	return unix_s ? json_integer(unix_s) : json_null();
}

static json_t *day_json(const struct history_day *day)
{
	json_t *reasons = json_object();
	json_int_t attempts = 0, watched = 0;

	for (size_t i = 0; i < HISTORY_REASONS; i++) {
		if (!day->attempts[i])
			continue;
		attempts += day->attempts[i];
		watched += day->watched[i];
		json_object_set_new(
			reasons, reason_name((enum reason)(REASON_BLOCKED + i)),
			json_integer(day->attempts[i]));
	}
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "day",
			 (json_int_t)day->day * HISTORY_DAY_S, "first",
			 (json_int_t)day->first_s, "last",
			 (json_int_t)day->last_s, "attempts", attempts,
			 "watched", watched, "reached",
			 time_or_null(day->reached_s), "mercy",
			 time_or_null(day->mercy_s), "reasons", reasons);
}

static json_t *history_json(const struct history *history,
			    const struct addr *source, time_t now_s)
{
	struct prefix network = history_network(source);
	struct history_day found[HISTORY_DAYS];
	char text[PREFIX_TEXT];
	json_t *days = json_array();
	size_t count = history_find(history, source, now_s, found);

	for (size_t i = 0; i < count; i++)
		json_array_append_new(days, day_json(&found[i]));
	return json_pack("{s:s, s:I, s:i, s:I, s:o}", "network",
			 prefix_format(&network, text), "since",
			 (json_int_t)history_since(history, now_s), "kept_days",
			 HISTORY_DAYS, "left_out",
			 (json_int_t)history_left_out(history, now_s), "days",
			 days);
}

void history_command(void *context, const json_t *args,
		     struct control_request *request)
{
	const char *text = json_string_value(json_object_get(args, "address"));
	const struct worker *worker = context;
	struct addr source;

	if (!text || addr_parse(text, &source)) {
		control_fail(request, "\"%s\" is no IPv4 or IPv6 address",
			     text ? text : "");
		return;
	}
	control_reply(request,
		      history_json(history_keeper_store(worker->history),
				   &source, time(NULL)));
}
