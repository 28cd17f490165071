/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists known in advance: which one counts, what it does, until when. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static const struct {
	const char *source;
	enum reason reason;
	unsigned int list; /* 0: on none */
} sources[] = {
	{"198.51.99.255", REASON_HELD, 0},
	{"198.51.100.0", REASON_BLOCKED, LIST_NUMBER_BLOCKED},
	{"198.51.100.127", REASON_BLOCKED, LIST_NUMBER_BLOCKED},
	{"198.51.100.128", REASON_ALLOWED, LIST_NUMBER_ALLOWED},
	{"198.51.100.129", REASON_ALLOWED, LIST_NUMBER_ALLOWED},
	{"198.51.100.130", REASON_BLOCKED, LIST_NUMBER_BLOCKED},
	{"198.51.100.255", REASON_BLOCKED, LIST_NUMBER_BLOCKED},
	{"198.51.101.0", REASON_FEED, LIST_NUMBER_FED},
	{"198.51.101.255", REASON_FEED, LIST_NUMBER_FED},
	{"198.51.102.0", REASON_FEED, LIST_NUMBER_FED_TOO},
	{"198.51.103.255", REASON_FEED, LIST_NUMBER_FED_TOO},
	{"198.51.104.0", REASON_HELD, 0},
	{"0.0.0.1", REASON_HELD, 0},
	{"223.255.255.255", REASON_BLOCKED, LIST_NUMBER_BLOCKED},

	{"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", REASON_HELD, 0},
	{"2001:db8::1", REASON_FEED, LIST_NUMBER_FED},
	{"2001:db8:77:0:ffff:ffff:ffff:ffff", REASON_FEED, LIST_NUMBER_FED},
	{"2001:db8:77:1::", REASON_BLOCKED, LIST_NUMBER_BLOCKED},
	{"2001:db8:77:1::24", REASON_BLOCKED, LIST_NUMBER_BLOCKED},
	{"2001:db8:77:1::25", REASON_ALLOWED, LIST_NUMBER_ALLOWED},
	{"2001:db8:77:1::26", REASON_BLOCKED, LIST_NUMBER_BLOCKED},
	{"2001:db8:77:1:ffff:ffff:ffff:ffff", REASON_BLOCKED,
	 LIST_NUMBER_BLOCKED},
	{"2001:db8:77:2::", REASON_FEED, LIST_NUMBER_FED},
	{"2001:db9::", REASON_HELD, 0},
	/* On no list of IPv4, whatever the last octets are. */
	{"2001:db9::198.51.100.7", REASON_HELD, 0},
	{"::198.51.100.7", REASON_HELD, 0},
	{"::ffff:0:198.51.100.7", REASON_HELD, 0},
};

static void make_lists(void)
{
	harness_list(LIST_NUMBER_BLOCKED, "198.51.100.0/24");
	harness_list(LIST_NUMBER_ALLOWED, "198.51.100.128/31");
	harness_list(LIST_NUMBER_FED, "198.51.100.0/23");
	harness_list(LIST_NUMBER_FED_TOO, "198.51.100.0/22");
	harness_list(LIST_NUMBER_BLOCKED, "223.255.255.255/32");
	harness_list(LIST_NUMBER_FED, "2001:db8::/32");
	harness_list(LIST_NUMBER_BLOCKED, "2001:db8:77:1::/64");
	harness_list(LIST_NUMBER_ALLOWED, "2001:db8:77:1::25/128");
}

static bool refuses(enum reason reason)
{
	return reason != REASON_ALLOWED;
}

static void the_list_that_counts_is_told_and_counted(void **state)
{
	struct list meanings[LISTS_MAX];

	(void)state;
	harness_fresh();
	make_lists();
	harness_meanings(meanings);
	harness_lists(meanings);
	for (size_t i = 0; i < COUNT(sources); i++) {
		const struct packet packet = {.from = sources[i].source};
		struct addr source = packet_source(&packet);
		bool ipv4 = addr_family(&source) == FAMILY_IPV4;
		struct list_counters before[LIST_NUMBERS], after;
		struct result out;

		print_message("%s\n", sources[i].source);
		for (unsigned int n = 1; n < LIST_NUMBERS; n++)
			before[n] = harness_list_counters(n);
		harness_expect(&packet, sources[i].reason,
			       refuses(sources[i].reason) ? ACTION_DROP
							  : ACTION_PASS,
			       &out);
		assert_int_equal(out.twin.list, sources[i].list);
		for (unsigned int n = 1; n < LIST_NUMBERS; n++) {
			bool is = n == sources[i].list;

			after = harness_list_counters(n);
			assert_int_equal(after.ipv4 - before[n].ipv4,
					 is && ipv4);
			assert_int_equal(after.ipv6 - before[n].ipv6,
					 is && !ipv4);
		}
	}
}

static const struct {
	const char *name;
	unsigned int list;
	const char *source;
} expiring[] = {
	{"an allow list", LIST_NUMBER_ALLOWED, SOURCE_IPV4},
	{"a block list", LIST_NUMBER_BLOCKED, SOURCE_IPV4},
	{"a feed", LIST_NUMBER_FED, SOURCE_IPV4},
	{"an allow list of IPv6", LIST_NUMBER_ALLOWED, SOURCE_IPV6},
	{"a block list of IPv6", LIST_NUMBER_BLOCKED, SOURCE_IPV6},
	{"a feed of IPv6", LIST_NUMBER_FED, SOURCE_IPV6},
};

static enum reason reason_of(unsigned int list)
{
	switch (list) {
	case LIST_NUMBER_ALLOWED:
		return REASON_ALLOWED;
	case LIST_NUMBER_BLOCKED:
		return REASON_BLOCKED;
	default:
		return REASON_FEED;
	}
}

static void an_expired_list_is_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(expiring); i++) {
		const struct packet packet = {.from = expiring[i].source};
		enum reason reason = reason_of(expiring[i].list);
		struct list_counters before, after;
		struct list meanings[LISTS_MAX];
		struct result out;

		print_message("%s\n", expiring[i].name);
		harness_fresh();
		harness_list(expiring[i].list, expiring[i].source);
		harness_meanings(meanings);
		meanings[expiring[i].list].expires =
			harness_now() + harness_hour();
		harness_lists(meanings);
		harness_expect(&packet, reason,
			       refuses(reason) ? ACTION_DROP : ACTION_PASS,
			       &out);
		assert_int_equal(out.twin.list, expiring[i].list);

		meanings[expiring[i].list].expires = harness_now();
		harness_lists(meanings);
		harness_verdict(expiring[i].source, VERDICT_CLEAN, ~0ULL,
				harness_now() + harness_hour());
		before = harness_list_counters(expiring[i].list);
		harness_expect(&packet, REASON_CLEAN, ACTION_PASS, &out);
		after = harness_list_counters(expiring[i].list);
		assert_true(before.ipv4 == after.ipv4);
		assert_true(before.ipv6 == after.ipv6);
		assert_int_equal(out.twin.list, 0);
	}
}

static const struct {
	const char *name;
	unsigned int list;
	enum action wanted;
	enum action action;
} actions[] = {
	{"a feed that drops", LIST_NUMBER_FED, ACTION_DROP, ACTION_DROP},
	{"a feed that resets", LIST_NUMBER_FED, ACTION_RESET, ACTION_RESET},
	{"a block list that resets", LIST_NUMBER_BLOCKED, ACTION_RESET,
	 ACTION_RESET},
	{"an allow list never refuses", LIST_NUMBER_ALLOWED, ACTION_DROP,
	 ACTION_PASS},
};

static void each_list_has_its_action(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(actions); i++) {
		struct list meanings[LISTS_MAX];

		print_message("%s\n", actions[i].name);
		harness_fresh();
		harness_list(actions[i].list, SOURCE_IPV4);
		harness_list(actions[i].list, SOURCE_IPV6);
		harness_meanings(meanings);
		meanings[actions[i].list].action = actions[i].wanted;
		harness_lists(meanings);
		harness_expect(&(struct packet){.from = SOURCE_IPV4},
			       reason_of(actions[i].list), actions[i].action,
			       NULL);
		harness_expect(&(struct packet){.from = SOURCE_IPV6},
			       reason_of(actions[i].list), actions[i].action,
			       NULL);
	}
}

static void a_feed_that_only_counts_leaves_the_rest_to_others(void **state)
{
	struct list_counters before, after;
	struct list meanings[LISTS_MAX];
	struct result out;

	(void)state;
	harness_fresh();
	harness_list(LIST_NUMBER_FED, SOURCE_IPV4);
	harness_meanings(meanings);
	meanings[LIST_NUMBER_FED].action = ACTION_PASS;
	harness_lists(meanings);
	before = harness_list_counters(LIST_NUMBER_FED);
	harness_expect(&(struct packet){.from = SOURCE_IPV4}, REASON_HELD,
		       ACTION_DROP, &out);
	after = harness_list_counters(LIST_NUMBER_FED);
	assert_int_equal(after.ipv4 - before.ipv4, 1);
	assert_int_equal(out.twin.list, LIST_NUMBER_FED);
}

static const struct {
	const char *name;
	unsigned int list; /* 0: none */
	enum action wanted;
	bool expired;
	enum reason reason;
	enum action action;
} behind_gate[] = {
	{"no list", 0, ACTION_PASS, false, REASON_BYPASS, ACTION_DROP},
	{"an allow list, whatever it wants", LIST_NUMBER_ALLOWED, ACTION_DROP,
	 false, REASON_ALLOWED, ACTION_PASS},
	{"a block list that drops", LIST_NUMBER_BLOCKED, ACTION_DROP, false,
	 REASON_BLOCKED, ACTION_DROP},
	{"a block list that resets", LIST_NUMBER_BLOCKED, ACTION_RESET, false,
	 REASON_BLOCKED, ACTION_RESET},
	{"a feed that drops", LIST_NUMBER_FED, ACTION_DROP, false, REASON_FEED,
	 ACTION_DROP},
	{"a feed that resets", LIST_NUMBER_FED, ACTION_RESET, false,
	 REASON_FEED, ACTION_RESET},
	{"a feed that only counts", LIST_NUMBER_FED, ACTION_PASS, false,
	 REASON_BYPASS, ACTION_DROP},
	{"an expired allow list", LIST_NUMBER_ALLOWED, ACTION_PASS, true,
	 REASON_BYPASS, ACTION_DROP},
	{"an expired feed", LIST_NUMBER_FED, ACTION_DROP, true, REASON_BYPASS,
	 ACTION_DROP},
};

static void expect_behind_gate(size_t i, const char *source,
			       const struct list meanings[static LISTS_MAX])
{
	unsigned int list = behind_gate[i].list;
	struct list_counters before[LIST_NUMBERS], after;
	bool counts = list && !behind_gate[i].expired;
	bool ipv4 = strcmp(source, SOURCE_IPV4) == 0;
	struct result out;

	harness_fresh();
	if (list)
		harness_list(list, source);
	harness_lists(meanings);
	harness_rules()->ipv4[0].gate = GATE_CLOSED;
	harness_rules()->ipv6[0].gate = GATE_CLOSED;
	harness_publish();
	for (unsigned int n = 0; n < LIST_NUMBERS; n++)
		before[n] = harness_list_counters(n);
	harness_expect(&(struct packet){.from = source}, behind_gate[i].reason,
		       behind_gate[i].action, &out);
	assert_int_equal(out.twin.list, counts ? list : 0);
	assert_int_equal(out.event_count,
			 behind_gate[i].reason == REASON_BYPASS);
	for (unsigned int n = 0; n < LIST_NUMBERS; n++) {
		after = harness_list_counters(n);
		assert_int_equal(after.ipv4 - before[n].ipv4,
				 counts && n == list && ipv4);
		assert_int_equal(after.ipv6 - before[n].ipv6,
				 counts && n == list && !ipv4);
	}
}

static void at_a_closed_gate_lists_decide_first(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(behind_gate); i++) {
		unsigned int list = behind_gate[i].list;
		struct list meanings[LISTS_MAX];

		print_message("%s\n", behind_gate[i].name);
		harness_fresh();
		harness_meanings(meanings);
		meanings[list].action = behind_gate[i].wanted;
		if (behind_gate[i].expired)
			meanings[list].expires = harness_now();
		expect_behind_gate(i, SOURCE_IPV4, meanings);
		expect_behind_gate(i, SOURCE_IPV6, meanings);
	}
}

static void a_swap_replaces_all_of_a_list(void **state)
{
	struct list meanings[LISTS_MAX];

	(void)state;
	harness_fresh();
	harness_meanings(meanings);
	for (int i = 0; i < 4; i++) {
		harness_fresh();
		harness_list(LIST_NUMBER_BLOCKED,
			     i % 2 ? "198.51.100.7" : "198.51.100.8");
		harness_lists(meanings);
		harness_expect(&(struct packet){.from = "198.51.100.7"},
			       i % 2 ? REASON_BLOCKED : REASON_HELD,
			       ACTION_DROP, NULL);
		harness_expect(&(struct packet){.from = "198.51.100.8"},
			       i % 2 ? REASON_HELD : REASON_BLOCKED,
			       ACTION_DROP, NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_list_that_counts_is_told_and_counted),
		cmocka_unit_test(an_expired_list_is_none),
		cmocka_unit_test(each_list_has_its_action),
		cmocka_unit_test(
			a_feed_that_only_counts_leaves_the_rest_to_others),
		cmocka_unit_test(at_a_closed_gate_lists_decide_first),
		cmocka_unit_test(a_swap_replaces_all_of_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, harness_close);
}
