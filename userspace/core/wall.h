/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether somebody has set the clock of the wall: seen by its distance from
 * CLOCK_BOOTTIME, which nobody can set and which goes on in suspend.  What
 * ends after a length of time is measured by the latter; the wall's is for
 * files and people, and they are told anew when it was set.
 */
#ifndef POSTERN_CORE_WALL_H
#define POSTERN_CORE_WALL_H

#include <stdbool.h>
#include <stdint.h>

/* What a clock that is only slewed never does between two looks. */
#define WALL_STEP_LEAST_S 10

struct wall {
	bool known;
	int64_t ahead_ns; /* of CLOCK_BOOTTIME, at the last look */
};

/*
 * Looks again, at times in nanoseconds.  Returns by how many whole seconds the
 * clock was set forward (negative: back) since the last look, 0 when it was
 * not.
 */
int64_t wall_look(struct wall *wall, int64_t unix_ns, uint64_t boot_ns);

/* Reads both clocks. */
int64_t wall_look_now(struct wall *wall);

/* CLOCK_BOOTTIME in nanoseconds. */
uint64_t wall_boot_ns(void);

#endif
