/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A control request and what commands read from its arguments, fed with
 * anything: prefixes, orders, the filter of `watch`.
 */

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control/protocol.h"
#include "core/order.h"
#include "worker/watch_filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int truth)
{
	if (!truth)
		abort();
}

static void try_watch(const json_t *args)
{
	const struct addr somebody = {{0x20, 0x01, 0x0d, 0xb8}};
	char error[WATCH_FILTER_TEXT] = "";
	struct watch_filter filter;

	if (watch_filter_parse(args, &filter, error) != 0) {
		check(*error && memchr(error, '\0', sizeof(error)));
		return;
	}
	check(filter.reasons != 0 && filter.reasons >> REASON_MAX == 0);
	check(!watch_filter_has(&filter, REASON_MAX, &somebody));
	for (enum reason reason = 0; filter.any_source && reason < REASON_MAX;
	     reason++)
		check(watch_filter_has(&filter, reason, &somebody) ==
		      (filter.reasons >> reason & 1));
}

static void try_prefix(const char *text)
{
	char again[PREFIX_TEXT];
	struct prefix prefix, same;

	if (prefix_parse(text, &prefix) != 0)
		return;
	check(prefix_contains(&prefix, &prefix.addr));
	check(prefix_parse(prefix_format(&prefix, again), &same) == 0);
	check(addr_equal(&prefix.addr, &same.addr));
	check(prefix.length == same.length);
}

static void try_order(const char *word, int64_t asked_s)
{
	for (enum order_subject s = 0; s < ORDER_SUBJECTS; s++) {
		unsigned int value;
		int64_t length_s;

		if (order_parse(s, word, &value) != 0 ||
		    order_length(s, value, asked_s, &length_s) != 0)
			continue;
		check(strcmp(order_word(s, value), word) == 0);
		check(length_s >= 0 && length_s <= ORDER_MAX_S);
		if (s == ORDER_GATE && value == ORDER_GATE_CLOSE)
			check(length_s > 0 && length_s <= ORDER_CLOSE_MAX_S);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct control_call call = {.args = NULL};
	char error[CONTROL_ERROR_MAX] = "";
	const char *text;

	if (control_parse_request((const char *)data, size, &call, error) < 0)
		return 0;
	try_watch(call.args);
	text = json_string_value(json_object_get(call.args, "prefix"));
	if (text)
		try_prefix(text);
	text = json_string_value(json_object_get(call.args, "order"));
	if (text)
		try_order(text, json_integer_value(
					json_object_get(call.args, "for_s")));
	json_decref(call.args);
	return 0;
}
