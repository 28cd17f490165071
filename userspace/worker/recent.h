/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who knocked at closed gates within the last second: when a gate opens, they
 * are let in by that same attempt.  The worker owns one; what exceeds its room
 * pushes out the oldest.
 */
#ifndef POSTERN_WORKER_RECENT_H
#define POSTERN_WORKER_RECENT_H

#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"

#define RECENT_MAX     256
#define RECENT_LIFE_NS UINT64_C(1000000000)

struct knock {
	struct addr source;
	size_t guard;
	uint64_t ns; /* when; 0: nobody */
};

/* All zero: nobody. */
struct recent {
	struct knock of[RECENT_MAX];
	size_t next;
};

void recent_note(struct recent *recent, const struct addr *source,
		 size_t guard);

/* Calls `each` for those of a network (tables/networks.h), and forgets them. */
void recent_take_network(struct recent *recent, const struct addr *network,
			 void (*each)(void *context, const struct addr *source),
			 void *context);

/* Calls `each` for those at a gate, and forgets them. */
void recent_take(struct recent *recent, size_t guard, enum family family,
		 void (*each)(void *context, const struct addr *source),
		 void *context);

#endif
