/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Quota of a zone: who gets how much of it, and what a restart keeps. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sources/quota.h"

#define DAY UINT64_C(86400)
#define NOW (UINT64_C(20000) * DAY + 5000)

static unsigned int take_all(struct quota *quota, uint64_t now_s,
			     enum dnsbl_priority priority)
{
	unsigned int taken = 0;

	while (taken < 100000 && quota_take(quota, now_s, priority))
		taken++;
	return taken;
}

static void senders_that_wait_get_all_of_it(void **state)
{
	struct quota quota;

	(void)state;
	quota_init(&quota, 1000, DAY);
	assert_int_equal(take_all(&quota, NOW, DNSBL_HELD), 1000);
	assert_true(quota_exhausted(&quota, NOW));
}

static void refreshing_stops_at_seven_tenths(void **state)
{
	struct quota quota;

	(void)state;
	quota_init(&quota, 1000, DAY);
	assert_int_equal(take_all(&quota, NOW, DNSBL_REFRESH), 700);
	assert_false(quota_exhausted(&quota, NOW));
	assert_int_equal(take_all(&quota, NOW, DNSBL_PREWARM), 0);
	assert_int_equal(take_all(&quota, NOW, DNSBL_HELD), 300);
}

static void prewarming_gets_a_tenth(void **state)
{
	struct quota quota;

	(void)state;
	quota_init(&quota, 1000, DAY);
	assert_int_equal(take_all(&quota, NOW, DNSBL_PREWARM), 100);
	assert_int_equal(take_all(&quota, NOW, DNSBL_REFRESH), 600);
	assert_int_equal(take_all(&quota, NOW, DNSBL_HELD), 300);
}

static void prewarming_stops_at_seven_tenths_too(void **state)
{
	struct quota quota;

	(void)state;
	quota_init(&quota, 1000, DAY);
	for (unsigned int i = 0; i < 650; i++)
		assert_true(quota_take(&quota, NOW, DNSBL_HELD));
	assert_int_equal(take_all(&quota, NOW, DNSBL_PREWARM), 50);
}

static void without_a_limit_nothing_is_refused(void **state)
{
	struct quota quota;

	(void)state;
	quota_init(&quota, 0, DAY);
	assert_int_equal(take_all(&quota, NOW, DNSBL_PREWARM), 100000);
	assert_int_equal(quota.used, 100000);
	assert_false(quota_exhausted(&quota, NOW));
}

#define HOUR UINT64_C(3600)

/* In thousands, hour by hour, from a day's quota. */
static const unsigned int by_hour[] = {48, 24, 12, 8, 4, 0, 0};

static void a_flood_gets_half_of_what_is_left_each_hour(void **state)
{
	struct quota quota;

	(void)state;
	quota_init(&quota, 96000, DAY);
	for (size_t i = 0; i < sizeof(by_hour) / sizeof(*by_hour); i++) {
		uint64_t now_s = NOW + i * HOUR;

		assert_false(quota_rests(&quota, now_s));
		assert_int_equal(take_all(&quota, now_s, DNSBL_HELD),
				 by_hour[i] * 1000);
		assert_int_equal(quota_rests(&quota, now_s), i < 4);
		assert_int_equal(quota_exhausted(&quota, now_s), i >= 4);
	}
	/* A new day. */
	assert_int_equal(take_all(&quota, NOW + DAY, DNSBL_HELD), 48000);
}

static const struct {
	const char *name;
	unsigned int used; /* in the hour that has 48,000 */
	size_t waiting;
	uint64_t passed_s;
	bool is_short;
} paces[] = {
	{"nothing is used", 0, 0, 0, false},
	{"less than half, at once", 23999, 0, 0, false},
	{"half, at once", 24000, 0, 0, true},
	{"half, as soon as those are done that wait", 23000, 1000, 0, true},
	{"half in less than half an hour", 24000, 0, HOUR / 2 - 1, true},
	{"half in half an hour lasts", 24000, 0, HOUR / 2, false},
	{"most of it in most of the hour", 42000, 0, HOUR / 60 * 59, false},
	{"less than an eighth is left", 42001, 0, HOUR / 60 * 59, true},
	{"all of it", 48000, 0, HOUR / 2, true},
	{"another hour has its own", 48000, 0, HOUR, false},
	{"and another day", 48000, 0, DAY, false},
};

static void the_quota_is_short_when_it_will_not_last_the_hour(void **state)
{
	struct quota quota;

	(void)state;
	for (size_t i = 0; i < sizeof(paces) / sizeof(*paces); i++) {
		uint64_t hour_s = NOW - NOW % HOUR;

		print_message("%s\n", paces[i].name);
		quota_init(&quota, 96000, DAY);
		for (unsigned int n = 0; n < paces[i].used; n++)
			assert_true(quota_take(&quota, hour_s, DNSBL_HELD));
		assert_int_equal(quota_is_short(&quota,
						hour_s + paces[i].passed_s,
						paces[i].waiting),
				 paces[i].is_short);
	}
	quota_init(&quota, 0, DAY);
	take_all(&quota, NOW, DNSBL_HELD);
	assert_false(quota_is_short(&quota, NOW, 0));
}

/* What is left of the day is less than the hour's share. */
static void the_rest_of_a_day_is_short_earlier(void **state)
{
	struct quota quota;

	(void)state;
	quota_init(&quota, 96000, DAY);
	quota_restore(&quota, NOW, NOW - NOW % DAY, 94000, 0);
	for (unsigned int n = 0; n < 1000; n++) {
		assert_false(quota_is_short(&quota, NOW, 0));
		assert_true(quota_take(&quota, NOW, DNSBL_HELD));
	}
	assert_true(quota_is_short(&quota, NOW - NOW % HOUR, 0));
}

static void known_senders_are_refreshed_through_a_flood(void **state)
{
	struct quota quota;

	(void)state;
	quota_init(&quota, 96000, DAY);
	assert_int_equal(take_all(&quota, NOW, DNSBL_HELD), 48000);
	assert_true(quota_take(&quota, NOW, DNSBL_REFRESH));
	assert_false(quota_take(&quota, NOW, DNSBL_HELD));
}

static void who_spreads_them_evenly_gets_nearly_all(void **state)
{
	struct quota quota;
	unsigned int taken = 0;

	(void)state;
	quota_init(&quota, 96000, DAY);
	for (uint64_t now_s = NOW - NOW % DAY; now_s < NOW - NOW % DAY + DAY;
	     now_s += 60)
		for (unsigned int i = 0; i < 96000 / 1440; i++)
			taken += quota_take(&quota, now_s, DNSBL_HELD);
	assert_int_equal(taken, 96000 / 1440 * 1440);
}

static void a_new_period_begins_at_a_multiple_of_it(void **state)
{
	struct quota quota;

	(void)state;
	quota_init(&quota, 10, DAY);
	assert_int_equal(take_all(&quota, NOW, DNSBL_HELD), 10);
	assert_int_equal(take_all(&quota, NOW - 5000 + DAY - 1, DNSBL_HELD), 0);
	assert_false(quota_exhausted(&quota, NOW - 5000 + DAY));
	assert_int_equal(take_all(&quota, NOW - 5000 + DAY, DNSBL_HELD), 10);
}

static void a_clock_that_is_set_back_gives_nothing_back(void **state)
{
	struct quota quota;

	(void)state;
	quota_init(&quota, 10, DAY);
	assert_int_equal(take_all(&quota, NOW, DNSBL_HELD), 10);
	assert_int_equal(take_all(&quota, NOW - 3 * DAY, DNSBL_HELD), 0);
	assert_true(quota_exhausted(&quota, NOW - 3 * DAY));
}

/* In the time that comes again there are slices, and new periods, too. */
static void a_clock_that_is_set_back_takes_nothing(void **state)
{
	const uint64_t limit = 24 * QUOTA_SLICE_LEAST;
	const uint64_t back = NOW - DAY, hour = DAY / 24;
	struct quota quota;
	unsigned int taken;

	(void)state;
	quota_init(&quota, limit, DAY);
	taken = take_all(&quota, NOW, DNSBL_HELD);
	assert_true(taken > 0 && taken < limit);
	assert_int_equal(take_all(&quota, back, DNSBL_HELD), 0);
	assert_true(quota_rests(&quota, back));
	assert_true(take_all(&quota, back + hour, DNSBL_HELD) > 0);
	assert_int_equal(take_all(&quota, NOW - NOW % DAY, DNSBL_HELD), taken);
}

/* And for those who were wrong by a day, and are right again. */
static void a_clock_that_jumps_to_and_fro_gives_and_takes_nothing(void **state)
{
	struct quota quota;

	(void)state;
	quota_init(&quota, 10, DAY);
	assert_int_equal(take_all(&quota, NOW + DAY, DNSBL_HELD), 10);
	assert_int_equal(take_all(&quota, NOW, DNSBL_HELD), 0);
	assert_int_equal(take_all(&quota, NOW + DAY, DNSBL_HELD), 10);
}

static const struct {
	const char *name;
	uint64_t started_s;
	uint64_t used;
	uint64_t prewarmed;
	unsigned int left;
} restored[] = {
	{"of this period", NOW - 5000, 600, 0, 400},
	{"all of it", NOW - 5000, 1000, 0, 0},
	{"more than there is", NOW - 5000, 5000, 0, 0},
	{"of the period before", NOW - 5000 - DAY, 600, 0, 1000},
	{"of the future", NOW - 5000 + DAY, 600, 0, 400},
	{"that makes no sense", NOW - 5000, 600, 601, 1000},
	{"nothing", 0, 0, 0, 1000},
};

static void what_was_used_before_a_restart_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(restored) / sizeof(*restored); i++) {
		struct quota quota;

		print_message("%s\n", restored[i].name);
		quota_init(&quota, 1000, DAY);
		quota_restore(&quota, NOW, restored[i].started_s,
			      restored[i].used, restored[i].prewarmed);
		assert_int_equal(take_all(&quota, NOW, DNSBL_HELD),
				 restored[i].left);
	}
}

static void what_was_used_meanwhile_counts_too(void **state)
{
	struct quota quota;

	(void)state;
	quota_init(&quota, 1000, DAY);
	for (unsigned int i = 0; i < 100; i++)
		quota_take(&quota, NOW, DNSBL_HELD);
	quota_restore(&quota, NOW, NOW - 5000, 600, 0);
	assert_int_equal(take_all(&quota, NOW, DNSBL_HELD), 300);
}

static void a_period_of_nothing_is_no_trap(void **state)
{
	struct quota quota;

	(void)state;
	quota_init(&quota, 10, 0);
	assert_true(quota_take(&quota, NOW, DNSBL_HELD));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(senders_that_wait_get_all_of_it),
		cmocka_unit_test(refreshing_stops_at_seven_tenths),
		cmocka_unit_test(prewarming_gets_a_tenth),
		cmocka_unit_test(prewarming_stops_at_seven_tenths_too),
		cmocka_unit_test(without_a_limit_nothing_is_refused),
		cmocka_unit_test(a_flood_gets_half_of_what_is_left_each_hour),
		cmocka_unit_test(
			the_quota_is_short_when_it_will_not_last_the_hour),
		cmocka_unit_test(the_rest_of_a_day_is_short_earlier),
		cmocka_unit_test(known_senders_are_refreshed_through_a_flood),
		cmocka_unit_test(who_spreads_them_evenly_gets_nearly_all),
		cmocka_unit_test(a_new_period_begins_at_a_multiple_of_it),
		cmocka_unit_test(a_clock_that_is_set_back_gives_nothing_back),
		cmocka_unit_test(a_clock_that_is_set_back_takes_nothing),
		cmocka_unit_test(
			a_clock_that_jumps_to_and_fro_gives_and_takes_nothing),
		cmocka_unit_test(what_was_used_before_a_restart_counts),
		cmocka_unit_test(what_was_used_meanwhile_counts_too),
		cmocka_unit_test(a_period_of_nothing_is_no_trap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
