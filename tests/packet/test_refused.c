/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Refusals are told of, with their reason, within a budget of their own. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <string.h>

#include "harness.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

enum {
	BLOCKED = 1 << 0,
	FED = 1 << 1,
	LISTED = 1 << 2,
	CLEAN = 1 << 3,
	EVASION = 1 << 4,
	CLOSED = 1 << 5,
	SPENT = 1 << 6,
};

static const struct {
	const char *name;
	unsigned int known;
	enum reason reason;
	enum action action;
	unsigned int events;
	enum event_kind kind;
} cases[] = {
	{"the block list", BLOCKED, REASON_BLOCKED, ACTION_DROP, 1,
	 EVENT_REFUSED},
	{"a feed", FED, REASON_FEED, ACTION_DROP, 1, EVENT_REFUSED},
	{"a listing", LISTED, REASON_LISTED, ACTION_DROP, 1, EVENT_REFUSED},
	{"an evasion", EVASION, REASON_EVASION, ACTION_DROP, 1, EVENT_REFUSED},
	{"the block list at a closed gate", BLOCKED | CLOSED, REASON_BLOCKED,
	 ACTION_DROP, 1, EVENT_REFUSED},
	{"a feed at a closed gate", FED | CLOSED, REASON_FEED, ACTION_DROP, 1,
	 EVENT_REFUSED},
	{"a bypass is a knock, and no more", CLOSED, REASON_BYPASS, ACTION_DROP,
	 1, EVENT_BYPASS},
	{"who is clean is not told of", CLEAN, REASON_CLEAN, ACTION_PASS, 0, 0},
	{"a spent budget", LISTED | SPENT, REASON_LISTED, ACTION_DROP, 0, 0},
	{"a spent budget at a closed gate", FED | CLOSED | SPENT, REASON_FEED,
	 ACTION_DROP, 0, 0},
};

static void prepare(unsigned int known)
{
	struct cpu_budget spent = {.refused = 5};
	struct list meanings[LISTS_MAX];

	harness_fresh();
	spent.start = harness_now();
	harness_rules()->refused_per_cpu = 5;
	if (known & CLOSED)
		harness_rules()->ipv4[0].gate = GATE_CLOSED;
	harness_publish();
	harness_meanings(meanings);
	harness_list(LIST_NUMBER_ALLOWED, "198.51.101.0/24");
	if (known & BLOCKED)
		harness_list(LIST_NUMBER_BLOCKED, "198.51.100.0/24");
	if (known & FED)
		harness_list(LIST_NUMBER_FED, "198.51.100.0/24");
	harness_lists(meanings);
	if (known & (LISTED | CLEAN))
		harness_verdict(SOURCE_IPV4,
				known & LISTED ? VERDICT_LISTED : VERDICT_CLEAN,
				~0ULL, harness_now() + harness_hour());
	if (known & SPENT)
		harness_spent(&spent);
}

static void refusals_are_told_of(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct packet packet = {
			.from = SOURCE_IPV4,
			.flags = cases[i].known & EVASION ? TCP_SYN | TCP_FIN
							  : TCP_SYN,
		};
		struct result out;

		print_message("%s\n", cases[i].name);
		prepare(cases[i].known);
		harness_expect(&packet, cases[i].reason, cases[i].action, &out);
		assert_int_equal(out.event_count, cases[i].events);
		if (!cases[i].events)
			continue;
		assert_int_equal(out.events[0].kind, cases[i].kind);
		assert_int_equal(out.events[0].reason, cases[i].reason);
	}
}

static void in_monitor_mode_they_are_told_of_as_well(void **state)
{
	const struct packet packet = {.from = SOURCE_IPV4, .flags = TCP_SYN};
	struct result out;

	(void)state;
	prepare(LISTED);
	harness_rules()->flags = RULES_MONITOR;
	harness_publish();
	harness_expect(&packet, REASON_LISTED, ACTION_PASS, &out);
	assert_int_equal(out.event_count, 1);
	assert_int_equal(out.events[0].kind, EVENT_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusals_are_told_of),
		cmocka_unit_test(in_monitor_mode_they_are_told_of_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, harness_close);
}
