/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a configuration reaches the program. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "load_config.h"
#include "tables/rules.h"

#define HZ 250

static const struct jiffies_clock jiffies = {.hz = HZ};

static void make(const char *text, unsigned int cpus, struct rules *out)
{
	struct config *config = expect_loaded(text);

	memset(out, 0xff, sizeof(*out));
	rules_make(config, &jiffies, cpus, out);
	config_free(config);
}

static struct addr addr_of(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

static void defaults_refuse_nothing_and_ask_nobody(void **state)
{
	struct rules rules;

	(void)state;
	make(LEAST, 1, &rules);
	assert_int_equal(rules.flags, RULES_MONITOR);
	assert_int_equal(rules.unknown, UNKNOWN_PASS);
	assert_int_equal(rules.bypass, ACTION_DROP);
	assert_int_equal(rules.listed, ACTION_DROP);
	assert_int_equal(rules.port_count, 1);
	assert_int_equal(rules.ports[0], htons(25));
	assert_int_equal(rules.ipv4_count, 0);
	assert_int_equal(rules.ipv6_count, 0);
	assert_true(rules.second == HZ);
	assert_true(rules.hold_limit == HZ * 5 / 2);
	assert_true(rules.hold_memory > rules.hold_limit);
}

static void each_key_reaches_its_rule(void **state)
{
	struct rules rules;

	(void)state;
	make("interface = { eth0 } mode = enforce ports = { 25, 587 }\n"
	     "primary mx { address = { \"192.0.2.5\" } }\n"
	     "bypass { action = reset }\n"
	     "dnsbl { sites = { \"bl.example.net\" } hold-limit = 1s\n"
	     "action = reset }\n",
	     1, &rules);
	assert_int_equal(rules.flags, 0);
	assert_int_equal(rules.unknown, UNKNOWN_HOLD);
	assert_int_equal(rules.bypass, ACTION_RESET);
	assert_int_equal(rules.listed, ACTION_RESET);
	assert_int_equal(rules.port_count, 2);
	assert_int_equal(rules.ports[0], htons(25));
	assert_int_equal(rules.ports[1], htons(587));
	assert_true(rules.hold_limit == HZ);
	make(LEAST "dnsbl { sites = { \"bl.example.net\" } unknown = pass\n"
		   "action = reject }\n"
		   "bypass { action = defer }\n",
	     1, &rules);
	assert_int_equal(rules.unknown, UNKNOWN_PASS);
	assert_int_equal(rules.bypass, ACTION_DEFER);
	assert_int_equal(rules.listed, ACTION_DEFER);
}

static void stages_become_sets_of_reasons(void **state)
{
	static const struct {
		const char *text;
		__u32 watched;
	} cases[] = {
		{"", 0},
		{"monitor = { }", 0},
		{"monitor = { bypass }", REASON_BIT(REASON_BYPASS)},
		{"monitor = { lists, evasion }",
		 REASON_BIT(REASON_BLOCKED) | REASON_BIT(REASON_FEED) |
			 REASON_BIT(REASON_EVASION)},
		{"monitor = { verdicts }",
		 REASON_BIT(REASON_LISTED) | REASON_BIT(REASON_HELD)},
	};
	struct rules rules;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[256];

		snprintf(text, sizeof(text), LEAST "%s", cases[i].text);
		make(text, 1, &rules);
		assert_int_equal(rules.watched, cases[i].watched);
	}
}

static void another_mode_may_be_ordered(void **state)
{
	struct rules rules;

	(void)state;
	make(LEAST, 1, &rules);
	rules_set_mode(&rules, MODE_ENFORCE);
	assert_int_equal(rules.flags, 0);
	rules_set_mode(&rules, MODE_MONITOR);
	assert_int_equal(rules.flags, RULES_MONITOR);
}

static void every_budget_is_there_and_shared_among_cpus(void **state)
{
	struct rules one, four;

	(void)state;
	make(LEAST, 1, &one);
	make(LEAST, 4, &four);
	assert_true(four.holds_per_cpu > 0);
	assert_true(four.events_per_cpu > four.holds_per_cpu);
	assert_true(four.replies_per_cpu > 0);
	assert_int_equal(one.holds_per_cpu / 4, four.holds_per_cpu);
	assert_int_equal(one.events_per_cpu / 4, four.events_per_cpu);
	assert_int_equal(one.replies_per_cpu / 4, four.replies_per_cpu);
	assert_int_equal(one.defers_per_cpu / 4, four.defers_per_cpu);
	assert_int_equal(one.arrivals_per_cpu / 4, four.arrivals_per_cpu);
	make(LEAST, 100000, &one);
	assert_true(one.defers_per_cpu > 0);
	assert_true(one.arrivals_per_cpu > 0);
}

static void two_of_the_same_are_equal_octet_by_octet(void **state)
{
	struct rules first, second;
	struct addr addr = addr_of("192.0.2.25");

	(void)state;
	make(LEAST, 2, &first);
	make(LEAST, 2, &second);
	assert_memory_equal(&first, &second, sizeof(first));
	rules_protect(&first, &addr);
	rules_protect(&second, &addr);
	assert_memory_equal(&first, &second, sizeof(first));
}

static void addresses_are_protected_by_family(void **state)
{
	struct addr ipv4 = addr_of("192.0.2.25");
	struct addr ipv6 = addr_of("2001:db8::25");
	struct rules rules;

	(void)state;
	make(LEAST, 1, &rules);
	rules_protect(&rules, &ipv6);
	rules_protect(&rules, &ipv4);
	assert_int_equal(rules.ipv4_count, 1);
	assert_int_equal(rules.ipv6_count, 1);
	assert_memory_equal(&rules.ipv4[0].address, ipv4.octets + 12, 4);
	assert_memory_equal(&rules.ipv6[0].address, &ipv6, sizeof(ipv6));
	assert_int_equal(rules.ipv4[0].gate, GATE_OPEN);
	assert_int_equal(rules.ipv6[0].gate, GATE_OPEN);
}

static void more_addresses_than_there_is_room_for_are_left_out(void **state)
{
	struct addr ipv4 = addr_of("192.0.2.25");
	struct addr ipv6 = addr_of("2001:db8::25");
	struct rules rules, full;

	(void)state;
	make(LEAST, 1, &rules);
	for (int i = 0; i < DOORS_MAX; i++) {
		rules_protect(&rules, &ipv4);
		rules_protect(&rules, &ipv6);
	}
	full = rules;
	rules_protect(&rules, &ipv4);
	rules_protect(&rules, &ipv6);
	assert_int_equal(rules.ipv4_count, DOORS_MAX);
	assert_int_equal(rules.ipv6_count, DOORS_MAX);
	assert_memory_equal(&rules, &full, sizeof(full));
}

static void primaries_here_are_added_as_far_as_there_is_room(void **state)
{
	struct addr addr = addr_of("192.0.2.5");
	struct rules rules, full;

	(void)state;
	make(LEAST, 1, &rules);
	assert_int_equal(rules.here_count, 0);
	rules_add_primary(&rules, &addr, 25);
	assert_int_equal(rules.here_count, 1);
	assert_memory_equal(&rules.here[0].address, &addr, sizeof(addr));
	assert_int_equal(rules.here[0].port, htons(25));
	for (int i = 1; i < PRIMARIES_HERE_MAX; i++)
		rules_add_primary(&rules, &addr, 26);
	full = rules;
	rules_add_primary(&rules, &addr, 27);
	assert_int_equal(rules.here_count, PRIMARIES_HERE_MAX);
	assert_memory_equal(&rules, &full, sizeof(full));
}

/* A witness is one for 4 hours, and told of again within half of that. */
static void a_witness_is_told_of_again_in_time(void **state)
{
	struct rules rules;

	(void)state;
	make(LEAST, 1, &rules);
	assert_true(rules.witness_fresh > HZ * UINT64_C(7200));
	assert_true(rules.witness_fresh < HZ * UINT64_C(14400));
}

static void a_gate_is_that_of_its_family(void **state)
{
	struct addr ipv4 = addr_of("192.0.2.25");
	struct addr ipv6 = addr_of("2001:db8::25");
	struct rules rules;

	(void)state;
	make(LEAST, 1, &rules);
	for (int i = 0; i < 2; i++) {
		rules_protect(&rules, &ipv4);
		rules_protect(&rules, &ipv6);
	}
	rules_set_gate(&rules, FAMILY_IPV6, GATE_CLOSED);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(rules.ipv4[i].gate, GATE_OPEN);
		assert_int_equal(rules.ipv6[i].gate, GATE_CLOSED);
	}
	rules_set_gate(&rules, FAMILY_IPV4, GATE_CLOSED);
	rules_set_gate(&rules, FAMILY_IPV6, GATE_OPEN);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(rules.ipv4[i].gate, GATE_CLOSED);
		assert_int_equal(rules.ipv6[i].gate, GATE_OPEN);
	}
}

static void a_door_has_a_gate_of_its_own(void **state)
{
	struct addr doors[] = {addr_of("192.0.2.25"), addr_of("192.0.2.26"),
			       addr_of("2001:db8::25"),
			       addr_of("2001:db8::c000:219")};
	struct addr other = addr_of("192.0.2.27");
	struct rules rules;

	(void)state;
	make(LEAST, 1, &rules);
	for (size_t i = 0; i < 4; i++)
		rules_protect(&rules, &doors[i]);
	rules_set_door(&rules, &doors[1], GATE_CLOSED);
	rules_set_door(&rules, &other, GATE_CLOSED);
	assert_int_equal(rules.ipv4[0].gate, GATE_OPEN);
	assert_int_equal(rules.ipv4[1].gate, GATE_CLOSED);
	assert_int_equal(rules.ipv6[0].gate, GATE_OPEN);
	/* Its last octets are those of an IPv4 door. */
	rules_set_door(&rules, &doors[3], GATE_CLOSED);
	assert_int_equal(rules.ipv4[0].gate, GATE_OPEN);
	assert_int_equal(rules.ipv6[0].gate, GATE_OPEN);
	assert_int_equal(rules.ipv6[1].gate, GATE_CLOSED);
	rules_set_door(&rules, &doors[1], GATE_OPEN);
	assert_int_equal(rules.ipv4[1].gate, GATE_OPEN);
}

static void what_is_no_door_is_known(void **state)
{
	struct addr ipv4 = addr_of("192.0.2.25"),
		    ipv6 = addr_of("2001:db8::25");
	/* Its last octets are those of the IPv4 door. */
	struct addr other = addr_of("2001:db8::c000:219");
	struct rules rules;

	(void)state;
	make(LEAST, 1, &rules);
	assert_false(rules_has_door(&rules, &ipv4));
	rules_protect(&rules, &ipv4);
	assert_true(rules_has_door(&rules, &ipv4));
	assert_false(rules_has_door(&rules, &ipv6));
	rules_protect(&rules, &ipv6);
	assert_true(rules_has_door(&rules, &ipv6));
	assert_false(rules_has_door(&rules, &other));
}

static void decisions_are_told_of_when_asked_for(void **state)
{
	struct rules rules;

	(void)state;
	make(LEAST, 1, &rules);
	assert_int_equal(rules.flags, RULES_MONITOR);
	assert_int_equal(rules.shown_per_cpu, 200);
	rules_set_show(&rules, true);
	assert_int_equal(rules.flags, RULES_MONITOR | RULES_SHOW);
	rules_set_mode(&rules, MODE_ENFORCE);
	assert_int_equal(rules.flags, RULES_SHOW);
	rules_set_show(&rules, false);
	assert_int_equal(rules.flags, 0);
	make(LEAST, 64, &rules);
	assert_int_equal(rules.shown_per_cpu, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_refuse_nothing_and_ask_nobody),
		cmocka_unit_test(each_key_reaches_its_rule),
		cmocka_unit_test(stages_become_sets_of_reasons),
		cmocka_unit_test(another_mode_may_be_ordered),
		cmocka_unit_test(every_budget_is_there_and_shared_among_cpus),
		cmocka_unit_test(two_of_the_same_are_equal_octet_by_octet),
		cmocka_unit_test(addresses_are_protected_by_family),
		cmocka_unit_test(
			more_addresses_than_there_is_room_for_are_left_out),
		cmocka_unit_test(
			primaries_here_are_added_as_far_as_there_is_room),
		cmocka_unit_test(a_witness_is_told_of_again_in_time),
		cmocka_unit_test(a_gate_is_that_of_its_family),
		cmocka_unit_test(a_door_has_a_gate_of_its_own),
		cmocka_unit_test(what_is_no_door_is_known),
		cmocka_unit_test(decisions_are_told_of_when_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
