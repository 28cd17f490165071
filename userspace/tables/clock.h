/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one place that converts between the clock of the program (jiffies) and
 * that of userspace (CLOCK_MONOTONIC in nanoseconds).  The kernel derives
 * jiffies from the monotonic clock, so that one offset holds until the next
 * boot; both stand still while the machine is suspended.
 */
#ifndef POSTERN_TABLES_CLOCK_H
#define POSTERN_TABLES_CLOCK_H

#include <stdint.h>

#include "shared.h"

#define NS_PER_MS 1000000ULL
#define NS_PER_S  1000000000ULL

struct jiffies_clock {
	uint64_t hz;
	uint64_t jiffies; /* at */
	uint64_t ns;	  /* this monotonic time */
};

uint64_t clock_monotonic_ns(void);

/*
 * Makes a clock of two samples, taken 50 ms apart or more.  Returns 0, or
 * -ERANGE when they fit no HZ that Linux can be built with; *out is untouched
 * then.
 */
int clock_calibrate(const struct clock_sample *first,
		    const struct clock_sample *second,
		    struct jiffies_clock *out);

/* The jiffies of a monotonic time, rounded up. */
uint64_t clock_jiffies_at(const struct jiffies_clock *clock, uint64_t ns);

uint64_t clock_ns_at(const struct jiffies_clock *clock, uint64_t jiffies);

/* A length of time, rounded up. */
uint64_t clock_jiffies_of(const struct jiffies_clock *clock, uint64_t ns);

#endif
