/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Jiffies and nanoseconds: which HZ two samples fit, and conversions, which
 * round deadlines up and never turn time back.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "tables/clock.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* Jiffies begin five minutes before 2^32, so that wrapping shows early. */
#define FIRST_JIFFIES(hz) ((1ULL << 32) - 300 * (hz))

#define HOUR_NS (3600 * NS_PER_S)
#define YEAR_NS (365 * 24 * HOUR_NS)

/* What distributions and architectures of today build kernels with. */
static const uint64_t usual_hz[] = {100, 200, 250, 300, 500, 1000};

/* Both clocks, `ns` after boot; `phase_ns` after it the first tick came. */
static struct clock_sample sample_at(uint64_t ns, uint64_t hz,
				     uint64_t phase_ns)
{
	unsigned __int128 ticks =
		(unsigned __int128)(ns - phase_ns) * hz / NS_PER_S;

	return (struct clock_sample){
		.jiffies = FIRST_JIFFIES(hz) + (uint64_t)ticks,
		.monotonic_ns = ns,
	};
}

static void check_hz(uint64_t hz, uint64_t start_ns, uint64_t window_ns,
		     uint64_t phase_ns)
{
	struct clock_sample first = sample_at(start_ns, hz, phase_ns);
	struct clock_sample second =
		sample_at(start_ns + window_ns, hz, phase_ns);
	struct jiffies_clock clock = {0};

	if (clock_calibrate(&first, &second, &clock))
		fail_msg("HZ=%ju, %ju ns apart: none fits", (uintmax_t)hz,
			 (uintmax_t)window_ns);
	if (clock.hz != hz)
		fail_msg("HZ=%ju, %ju ns apart, taken for %ju", (uintmax_t)hz,
			 (uintmax_t)window_ns, (uintmax_t)clock.hz);
	assert_true(clock.jiffies == second.jiffies);
	assert_true(clock.ns == second.monotonic_ns);
}

static void
every_usual_hz_is_recognised_wherever_samples_meet_ticks(void **state)
{
	static const uint64_t starts_ns[] = {5 * NS_PER_S, 300 * NS_PER_S,
					     301 * NS_PER_S, 10 * YEAR_NS};

	(void)state;
	for (size_t i = 0; i < COUNT(usual_hz); i++)
		for (size_t s = 0; s < COUNT(starts_ns); s++)
			for (uint64_t ms = 50; ms <= 250; ms++)
				for (uint64_t tenth = 0; tenth < 10; tenth++)
					check_hz(usual_hz[i], starts_ns[s],
						 ms * NS_PER_MS + tenth * 99991,
						 tenth * NS_PER_S /
							 usual_hz[i] / 10);
}

static const struct {
	const char *name;
	uint64_t ticks;
	uint64_t ns;
} misfits[] = {
	{"jiffies that stand still", 0, 60 * NS_PER_MS},
	{"no time between the samples", 60, 0},
	{"twice as many ticks as any HZ has", 120, 60 * NS_PER_MS},
	{"time that goes backwards", 15, 0 - 60 * NS_PER_MS},
	{"jiffies that go backwards", 0 - 15ULL, 60 * NS_PER_MS},
};

static void samples_that_fit_no_hz_are_refused(void **state)
{
	struct jiffies_clock before, clock;

	(void)state;
	memset(&before, 0xa5, sizeof(before));
	for (size_t i = 0; i < COUNT(misfits); i++) {
		struct clock_sample first = sample_at(HOUR_NS, 250, 0);
		struct clock_sample second = {
			.jiffies = first.jiffies + misfits[i].ticks,
			.monotonic_ns = first.monotonic_ns + misfits[i].ns,
		};

		clock = before;
		print_message("%s\n", misfits[i].name);
		assert_int_equal(clock_calibrate(&first, &second, &clock),
				 -ERANGE);
		assert_memory_equal(&clock, &before, sizeof(clock));
	}
}

static const struct {
	uint64_t hz;
	uint64_t ns;
	uint64_t jiffies;
} lengths[] = {
	{250, 0, 0},
	{250, 1, 1},
	{250, 4 * NS_PER_MS - 1, 1},
	{250, 4 * NS_PER_MS, 1},
	{250, 4 * NS_PER_MS + 1, 2},
	{250, 2500 * NS_PER_MS, 625},
	{250, HOUR_NS, 900000},
	{250, 100 * YEAR_NS, 100ULL * 365 * 24 * 900000},
	{100, 1, 1},
	{100, 2500 * NS_PER_MS, 250},
	{1000, NS_PER_S, 1000},
	{1000, NS_PER_S + 1, 1001},
	/* A tick of 3333333.3 ns. */
	{300, 3333333, 1},
	{300, 3333334, 2},
	{300, 10 * NS_PER_MS, 3},
	{300, NS_PER_S, 300},
	{300, NS_PER_S - 1, 300},
	{300, NS_PER_S + 1, 301},
};

static void lengths_of_time_are_rounded_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		struct jiffies_clock clock = {.hz = lengths[i].hz};
		uint64_t got = clock_jiffies_of(&clock, lengths[i].ns);

		if (got != lengths[i].jiffies)
			fail_msg("HZ=%ju, %ju ns: %ju", (uintmax_t)clock.hz,
				 (uintmax_t)lengths[i].ns, (uintmax_t)got);
	}
}

static const struct {
	const char *name;
	int64_t ns;	 /* from the moment of calibration */
	int64_t jiffies; /* the same, HZ=250 */
} moments[] = {
	{"the moment itself", 0, 0},
	{"a nanosecond later is the next tick", 1, 1},
	{"the next tick", 4000000, 1},
	{"just after the next tick", 4000001, 2},
	{"a lease ahead", 10000000000, 2500},
	{"a nanosecond earlier is not over yet", -1, 0},
	{"just before a whole tick earlier", -3999999, 0},
	{"a tick earlier", -4000000, -1},
	{"just before that", -4000001, -1},
	{"an hour earlier", -3600000000000, -900000},
};

static void
moments_are_rounded_up_on_both_sides_of_the_calibration(void **state)
{
	struct jiffies_clock clock = {
		.hz = 250, .jiffies = 5000000000, .ns = 2 * HOUR_NS};

	(void)state;
	for (size_t i = 0; i < COUNT(moments); i++) {
		uint64_t ns = clock.ns + (uint64_t)moments[i].ns;

		print_message("%s\n", moments[i].name);
		assert_true(clock_jiffies_at(&clock, ns) ==
			    clock.jiffies + (uint64_t)moments[i].jiffies);
	}
}

/* A deadline is never early, and at most a tick late; time never returns. */
static void deadlines_are_at_most_a_tick_late_and_keep_their_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(usual_hz); i++) {
		struct jiffies_clock clock = {.hz = usual_hz[i],
					      .jiffies = 1ULL << 32,
					      .ns = HOUR_NS};
		uint64_t tick_ns = NS_PER_S / clock.hz + 1, before = 0;

		for (uint64_t ns = clock.ns - 50 * tick_ns;
		     ns < clock.ns + 50 * tick_ns; ns += 99991) {
			uint64_t at = clock_jiffies_at(&clock, ns);
			uint64_t back = clock_ns_at(&clock, at);

			assert_true(at >= before);
			assert_in_range(back + 1, ns, ns + tick_ns + 1);
			before = at;
		}
	}
}

static void jiffies_become_the_time_of_their_tick(void **state)
{
	struct jiffies_clock clock = {
		.hz = 250, .jiffies = 5000000000, .ns = 2 * HOUR_NS};

	(void)state;
	assert_true(clock_ns_at(&clock, clock.jiffies) == clock.ns);
	assert_true(clock_ns_at(&clock, clock.jiffies + 250) ==
		    clock.ns + NS_PER_S);
	assert_true(clock_ns_at(&clock, clock.jiffies - 250) ==
		    clock.ns - NS_PER_S);
}

static void the_monotonic_clock_goes_on(void **state)
{
	uint64_t first = clock_monotonic_ns(), second = clock_monotonic_ns();

	(void)state;
	assert_true(first > 0);
	assert_true(second >= first);
	assert_true(second - first < HOUR_NS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_usual_hz_is_recognised_wherever_samples_meet_ticks),
		cmocka_unit_test(samples_that_fit_no_hz_are_refused),
		cmocka_unit_test(lengths_of_time_are_rounded_up),
		cmocka_unit_test(
			moments_are_rounded_up_on_both_sides_of_the_calibration),
		cmocka_unit_test(
			deadlines_are_at_most_a_tick_late_and_keep_their_order),
		cmocka_unit_test(jiffies_become_the_time_of_their_tick),
		cmocka_unit_test(the_monotonic_clock_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
