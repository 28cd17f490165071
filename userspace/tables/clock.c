/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jiffies and monotonic nanoseconds. */

#include "tables/clock.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>

/*
 * What kernels are built with today.  Rarer ones of old architectures (128,
 * 1024) are too near to these to be told apart in a moment.
 */
static const uint64_t known_hz[] = {100, 200, 250, 300, 500, 1000};

/* A length of time in units of 1/`rate` s, without an overflow for years. */
static uint64_t scale(uint64_t value, uint64_t rate, uint64_t of)
{
	return (uint64_t)((unsigned __int128)value * rate / of);
}

uint64_t clock_monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

int clock_calibrate(const struct clock_sample *first,
		    const struct clock_sample *second,
		    struct jiffies_clock *out)
{
	uint64_t ns = second->monotonic_ns - first->monotonic_ns;
	uint64_t ticks = second->jiffies - first->jiffies;
	uint64_t best = 0, best_error = UINT64_MAX;

	for (size_t i = 0; i < sizeof(known_hz) / sizeof(*known_hz); i++) {
		uint64_t expected = scale(ns, known_hz[i], NS_PER_S);
		uint64_t error =
			expected > ticks ? expected - ticks : ticks - expected;

		if (error < best_error) {
			best_error = error;
			best = known_hz[i];
		}
	}
	if (best_error > 2)
		return -ERANGE;
	out->hz = best;
	out->jiffies = second->jiffies;
	out->ns = second->monotonic_ns;
	return 0;
}

uint64_t clock_jiffies_of(const struct jiffies_clock *clock, uint64_t ns)
{
	uint64_t whole = scale(ns, clock->hz, NS_PER_S);

	return whole + (scale(whole, NS_PER_S, clock->hz) < ns);
}

uint64_t clock_jiffies_at(const struct jiffies_clock *clock, uint64_t ns)
{
	if (ns >= clock->ns)
		return clock->jiffies + clock_jiffies_of(clock, ns - clock->ns);
	return clock->jiffies - scale(clock->ns - ns, clock->hz, NS_PER_S);
}

uint64_t clock_ns_at(const struct jiffies_clock *clock, uint64_t jiffies)
{
	if (jiffies >= clock->jiffies)
		return clock->ns +
		       scale(jiffies - clock->jiffies, NS_PER_S, clock->hz);
	return clock->ns - scale(clock->jiffies - jiffies, NS_PER_S, clock->hz);
}
