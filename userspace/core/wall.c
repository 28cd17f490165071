/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clock of the wall, and what it can't be set against. */

#include "core/wall.h"

#include <time.h>

#define NS_PER_SECOND INT64_C(1000000000)

static int64_t read_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

uint64_t wall_boot_ns(void)
{
	return (uint64_t)read_ns(CLOCK_BOOTTIME);
}

int64_t wall_look(struct wall *wall, int64_t unix_ns, uint64_t boot_ns)
{
	int64_t ahead_ns = unix_ns - (int64_t)boot_ns;
	int64_t half_ns = ahead_ns < wall->ahead_ns ? -NS_PER_SECOND / 2
						    : NS_PER_SECOND / 2;
	int64_t step_s = (ahead_ns - wall->ahead_ns + half_ns) / NS_PER_SECOND;
	bool known = wall->known;

	wall->known = true;
	wall->ahead_ns = ahead_ns;
	if (!known ||
	    (step_s < WALL_STEP_LEAST_S && step_s > -WALL_STEP_LEAST_S))
		return 0;
	return step_s;
}

int64_t wall_look_now(struct wall *wall)
{
	return wall_look(wall, read_ns(CLOCK_REALTIME), wall_boot_ns());
}
