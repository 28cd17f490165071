/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps of the clock, told from its usual pace. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/wall.h"

#define S   INT64_C(1000000000)
#define DAY INT64_C(86400)
#define NOW (INT64_C(1800000000) * S)

static void a_step_is_told_once(void **state)
{
	static const int64_t steps[] = {
		0, 1, -1, 9, -9, 10, -10, 3600, -3600, DAY, -DAY, 365 * DAY,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		struct wall wall = {0};
		int64_t step = steps[i];
		int64_t told = step > -10 && step < 10 ? 0 : step;

		assert_int_equal(wall_look(&wall, NOW, 5 * S), 0);
		assert_int_equal(wall_look(&wall, NOW + S, 6 * S), 0);
		assert_int_equal(wall_look(&wall, NOW + (2 + step) * S, 7 * S),
				 told);
		assert_int_equal(wall_look(&wall, NOW + (3 + step) * S, 8 * S),
				 0);
	}
}

/* A process that was stopped, or a machine that slept, has set no clock. */
static void a_long_pause_is_no_step(void **state)
{
	struct wall wall = {0};

	(void)state;
	wall_look(&wall, NOW, 5 * S);
	assert_int_equal(wall_look(&wall, NOW + DAY * S, (5 + DAY) * S), 0);
}

/* 500 ppm, for days: what adjtime(2) may do. */
static void a_slewed_clock_is_no_step(void **state)
{
	struct wall wall = {0};
	int64_t boot = 5 * S, now = NOW;

	(void)state;
	wall_look(&wall, now, (uint64_t)boot);
	for (int64_t i = 0; i < 3 * DAY; i++) {
		boot += S;
		now += S + S / 2000;
		assert_int_equal(wall_look(&wall, now, (uint64_t)boot), 0);
	}
}

static void there_and_back_is_two_steps(void **state)
{
	struct wall wall = {0};

	(void)state;
	wall_look(&wall, NOW, 5 * S);
	assert_int_equal(wall_look(&wall, NOW + DAY * S, 5 * S), DAY);
	assert_int_equal(wall_look(&wall, NOW, 5 * S), -DAY);
}

/* The two clocks are not read in the same moment. */
static void a_step_is_rounded(void **state)
{
	struct wall wall = {0};

	(void)state;
	wall_look(&wall, NOW, 5 * S);
	assert_int_equal(wall_look(&wall, NOW + DAY * S - 1, 5 * S), DAY);
	assert_int_equal(wall_look(&wall, NOW + 1, 5 * S), -DAY);
}

static void the_clocks_are_read(void **state)
{
	struct wall wall = {0};

	(void)state;
	assert_int_equal(wall_look_now(&wall), 0);
	assert_true(wall.known);
	assert_int_equal(wall_look_now(&wall), 0);
	assert_true(wall_boot_ns() > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_is_told_once),
		cmocka_unit_test(a_long_pause_is_no_step),
		cmocka_unit_test(a_slewed_clock_is_no_step),
		cmocka_unit_test(there_and_back_is_two_steps),
		cmocka_unit_test(a_step_is_rounded),
		cmocka_unit_test(the_clocks_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
