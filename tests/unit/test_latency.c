/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Percentiles of how long answers take. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sources/latency.h"

static void nothing_took_no_time(void **state)
{
	struct latency latency = {0};

	(void)state;
	assert_int_equal(latency_percentile(&latency, 50), 0);
	assert_int_equal(latency_percentile(&latency, 99), 0);
}

/* Never less than it was, and no more than a quarter above. */
static void each_value_is_known_to_a_quarter(void **state)
{
	(void)state;
	for (uint64_t value = 1; value < 15000000; value += 1 + value / 7) {
		struct latency latency = {0};
		uint64_t told;

		latency_add(&latency, value);
		told = latency_percentile(&latency, 50);
		assert_true(told >= value);
		assert_true(told <= value + value / 4);
		assert_int_equal(latency_percentile(&latency, 100), told);
	}
}

static void what_takes_forever_is_told_as_the_longest(void **state)
{
	struct latency latency = {0};

	(void)state;
	latency_add(&latency, UINT64_MAX);
	assert_true(latency_percentile(&latency, 99) >= 15000000);
}

static void percentiles_tell_the_slow_from_the_many(void **state)
{
	struct latency latency = {0};

	(void)state;
	for (unsigned int i = 0; i < 985; i++)
		latency_add(&latency, 1000);
	for (unsigned int i = 0; i < 15; i++)
		latency_add(&latency, 1000000);
	assert_in_range(latency_percentile(&latency, 50), 1000, 1250);
	assert_in_range(latency_percentile(&latency, 98), 1000, 1250);
	assert_in_range(latency_percentile(&latency, 99), 1000000, 1250000);
}

static void the_past_fades(void **state)
{
	struct latency latency = {0};

	(void)state;
	for (unsigned int i = 0; i < 100000; i++)
		latency_add(&latency, 1000000);
	for (unsigned int i = 0; i < 20000; i++)
		latency_add(&latency, 1000);
	assert_in_range(latency_percentile(&latency, 50), 1000, 1250);
	assert_true(latency.total <= 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_took_no_time),
		cmocka_unit_test(each_value_is_known_to_a_quarter),
		cmocka_unit_test(what_takes_forever_is_told_as_the_longest),
		cmocka_unit_test(percentiles_tell_the_slow_from_the_many),
		cmocka_unit_test(the_past_fades),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
