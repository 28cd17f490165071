/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decisions are told of while somebody watches, all kinds of them, and within
 * a budget for each reason; and not while nobody does.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>

#include "../unit/assert_addr.h"
#include "core/addr.h"
#include "core/reason.h"
#include "harness.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* More than wait in the ring buffer before decisions are left out. */
#define FLOOD 10000

enum {
	ALLOWED = 1 << 0,
	BLOCKED = 1 << 1,
	FED = 1 << 2,
	LISTED = 1 << 3,
	CLEAN = 1 << 4,
	EVASION = 1 << 5,
	CLOSED = 1 << 6,
	MONITOR = 1 << 7,
	WATCH_GATE = 1 << 8, /* monitor = { bypass } */
	RESET = 1 << 9,
	RESETS_SPENT = 1 << 10,
	PASS_UNKNOWN = 1 << 11,
	LEASE_OVER = 1 << 12,
	WITNESS = 1 << 13,
	NO_HOLDS = 1 << 14,
	HELD_LONG = 1 << 15,
};

static const struct {
	const char *name;
	unsigned int known;
	enum reason reason;
	enum action action, would;
	__u32 list;
} cases[] = {
	{"allowed", ALLOWED, REASON_ALLOWED, ACTION_PASS, ACTION_PASS,
	 LIST_NUMBER_ALLOWED},
	{"witness", CLEAN | CLOSED | WITNESS, REASON_WITNESS, ACTION_PASS,
	 ACTION_PASS, 0},
	{"clean", CLEAN, REASON_CLEAN, ACTION_PASS, ACTION_PASS, 0},
	{"unknown", PASS_UNKNOWN, REASON_UNKNOWN, ACTION_PASS, ACTION_PASS, 0},
	{"late", HELD_LONG, REASON_LATE, ACTION_PASS, ACTION_PASS, 0},
	{"overload", NO_HOLDS, REASON_OVERLOAD, ACTION_PASS, ACTION_PASS, 0},
	{"stale", LEASE_OVER, REASON_STALE, ACTION_PASS, ACTION_PASS, 0},
	{"held", 0, REASON_HELD, ACTION_DROP, ACTION_PASS, 0},
	{"blocked", BLOCKED, REASON_BLOCKED, ACTION_DROP, ACTION_PASS,
	 LIST_NUMBER_BLOCKED},
	{"feed", FED, REASON_FEED, ACTION_DROP, ACTION_PASS, LIST_NUMBER_FED},
	{"listed", LISTED, REASON_LISTED, ACTION_DROP, ACTION_PASS, 0},
	{"evasion", EVASION, REASON_EVASION, ACTION_DROP, ACTION_PASS, 0},
	{"bypass", CLOSED, REASON_BYPASS, ACTION_DROP, ACTION_PASS, 0},
	{"a list at the closed gate", BLOCKED | CLOSED, REASON_BLOCKED,
	 ACTION_DROP, ACTION_PASS, LIST_NUMBER_BLOCKED},
	{"what monitor mode spares", LISTED | MONITOR, REASON_LISTED,
	 ACTION_PASS, ACTION_DROP, 0},
	{"what it does not spare", CLEAN | MONITOR, REASON_CLEAN, ACTION_PASS,
	 ACTION_PASS, 0},
	{"what is only watched", CLEAN | CLOSED | WATCH_GATE, REASON_BYPASS,
	 ACTION_PASS, ACTION_DROP, 0},
	{"a reset", CLOSED | RESET, REASON_BYPASS, ACTION_RESET, ACTION_PASS,
	 0},
	{"a reset too many is a drop", CLOSED | RESET | RESETS_SPENT,
	 REASON_BYPASS, ACTION_DROP, ACTION_PASS, 0},
};

static void set_rules(unsigned int known)
{
	struct rules *rules = harness_rules();

	rules->flags = RULES_SHOW | (known & MONITOR ? RULES_MONITOR : 0);
	rules->watched = known & WATCH_GATE ? REASON_BIT(REASON_BYPASS) : 0;
	rules->ipv4[0].gate = known & CLOSED ? GATE_CLOSED : GATE_OPEN;
	rules->bypass = known & RESET ? ACTION_RESET : ACTION_DROP;
	rules->networks = (known & WITNESS) != 0;
	if (known & PASS_UNKNOWN)
		rules->unknown = UNKNOWN_PASS;
	if (known & RESETS_SPENT)
		rules->replies_per_cpu = 0;
	if (known & NO_HOLDS)
		rules->holds_per_cpu = 0;
}

static void set_lists(unsigned int known)
{
	struct list meanings[LISTS_MAX];

	if (!(known & (ALLOWED | BLOCKED | FED)))
		return;
	harness_meanings(meanings);
	harness_list(LIST_NUMBER_ALLOWED, "198.51.101.0/24");
	if (known & ALLOWED)
		harness_list(LIST_NUMBER_ALLOWED, SOURCE_IPV4);
	if (known & BLOCKED)
		harness_list(LIST_NUMBER_BLOCKED, "198.51.100.0/24");
	if (known & FED)
		harness_list(LIST_NUMBER_FED, "198.51.100.0/24");
	harness_lists(meanings);
}

static void prepare(unsigned int known)
{
	harness_fresh();
	set_rules(known);
	harness_publish();
	set_lists(known);
	if (known & (LISTED | CLEAN))
		harness_verdict(SOURCE_IPV4,
				known & LISTED ? VERDICT_LISTED : VERDICT_CLEAN,
				~0ULL, harness_now() + harness_hour());
	if (known & WITNESS)
		harness_network("198.51.100.0", ~0ULL, 0);
	if (known & HELD_LONG)
		harness_held_since(SOURCE_IPV4,
				   harness_now() - harness_hour() - 1);
	if (known & LEASE_OVER)
		harness_lease(harness_now());
}

static void each_kind_is_told_of(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct packet packet = {
			.from = SOURCE_IPV4,
			.flags = cases[i].known & EVASION ? TCP_SYN | TCP_FIN
							  : TCP_SYN,
		};
		struct frame frame;
		struct result out;

		print_message("%s\n", cases[i].name);
		prepare(cases[i].known);
		frame_build(&packet, &frame);
		harness_run(&frame, &out);
		assert_string_equal(reason_name(out.reason),
				    reason_name(cases[i].reason));
		assert_int_equal(out.shown_count, 1);
		assert_int_equal(out.shown.event.reason, cases[i].reason);
		assert_int_equal(out.shown.action, cases[i].action);
		assert_int_equal(out.shown.would, cases[i].would);
		assert_int_equal(out.shown.list, cases[i].list);
		assert_addr(&out.shown.event.source, SOURCE_IPV4);
		assert_addr(&out.shown.event.destination, DOOR_IPV4);
		assert_int_equal(ntohs(out.shown.port), PORT);
	}
}

static void ipv6_as_well(void **state)
{
	const struct packet packet = {.from = SOURCE_IPV6, .flags = TCP_SYN};
	struct result out;

	(void)state;
	prepare(0);
	harness_expect(&packet, REASON_HELD, ACTION_DROP, &out);
	assert_int_equal(out.shown_count, 1);
	assert_addr(&out.shown.event.source, SOURCE_IPV6);
	assert_addr(&out.shown.event.destination, DOOR_IPV6);
}

static void while_nobody_watches_nothing_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct packet packet = {
			.from = SOURCE_IPV4,
			.flags = cases[i].known & EVASION ? TCP_SYN | TCP_FIN
							  : TCP_SYN,
		};
		struct frame frame;
		struct result out;

		prepare(cases[i].known);
		harness_rules()->flags &= ~RULES_SHOW;
		harness_publish();
		frame_build(&packet, &frame);
		harness_run(&frame, &out);
		assert_int_equal(out.shown_count, 0);
	}
}

static void a_flood_hides_no_other_reason(void **state)
{
	const struct packet packet = {.from = SOURCE_IPV4, .flags = TCP_SYN};
	const struct packet other = {.from = "203.0.113.7", .flags = TCP_SYN};
	struct result out;
	struct frame frame;

	(void)state;
	prepare(LISTED);
	harness_rules()->shown_per_cpu = 3;
	harness_publish();
	harness_repeat(&packet, 100);
	frame_build(&packet, &frame);
	harness_run_live(&frame, &out);
	assert_int_equal(out.shown_count, 3);
	harness_expect(&other, REASON_HELD, ACTION_DROP, &out);
	assert_int_equal(out.shown_count, 1);
	assert_int_equal(out.shown.event.reason, REASON_HELD);
}

static void the_budget_is_per_second(void **state)
{
	const struct packet packet = {.from = SOURCE_IPV4, .flags = TCP_SYN};
	struct cpu_budget spent = {.start = 0};
	struct result out;

	(void)state;
	prepare(LISTED);
	harness_rules()->shown_per_cpu = 3;
	harness_publish();
	spent.start = harness_now();
	spent.shown[REASON_LISTED] = 3;
	harness_spent(&spent);
	harness_expect(&packet, REASON_LISTED, ACTION_DROP, &out);
	assert_int_equal(out.shown_count, 0);
	spent.start = harness_now() - harness_hour() - 1;
	harness_spent(&spent);
	harness_expect(&packet, REASON_LISTED, ACTION_DROP, &out);
	assert_int_equal(out.shown_count, 1);
}

static void nobody_reading_leaves_room_for_holds(void **state)
{
	const struct packet packet = {.from = SOURCE_IPV4, .flags = TCP_SYN};
	const struct packet other = {.from = "203.0.113.7", .flags = TCP_SYN};
	struct result out;
	struct frame frame;

	(void)state;
	prepare(LISTED);
	harness_repeat(&packet, FLOOD);
	frame_build(&other, &frame);
	harness_run_live(&frame, &out);
	assert_int_equal(out.reason, REASON_HELD);
	assert_int_equal(out.event_count, 1);
	assert_int_equal(out.events[0].kind, EVENT_UNKNOWN);
	assert_true(out.shown_count > 100);
	assert_true(out.shown_count * sizeof(struct shown) <= SHOWN_ROOM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_told_of),
		cmocka_unit_test(ipv6_as_well),
		cmocka_unit_test(while_nobody_watches_nothing_is_told),
		cmocka_unit_test(a_flood_hides_no_other_reason),
		cmocka_unit_test(the_budget_is_per_second),
		cmocka_unit_test(nobody_reading_leaves_room_for_holds),
	};

	return cmocka_run_group_tests(tests, NULL, harness_close);
}
