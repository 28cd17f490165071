/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who knocked at closed gates within the last second: when a gate opens, they
 * are let in by that same attempt.  The worker owns one; what exceeds its room
 * pushes out the oldest.
 *
 * Kept is the door that one knocked at: which guard is behind it is asked when
 * a gate changes, for a reload may have numbered guards anew meanwhile.
 */
#ifndef POSTERN_WORKER_RECENT_H
#define POSTERN_WORKER_RECENT_H

#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"
#include "core/config.h"

#define RECENT_MAX     256
#define RECENT_LIFE_NS UINT64_C(1000000000)

struct knock {
	struct addr source;
	struct addr door; /* the protected address */
	uint64_t ns;	  /* when; 0: nobody */
};

/* All zero: nobody. */
struct recent {
	struct knock of[RECENT_MAX];
	size_t next;
};

void recent_note(struct recent *recent, const struct addr *source,
		 const struct addr *door);

/* Calls `each` for those of a network (tables/networks.h), and forgets them. */
void recent_take_network(struct recent *recent, const struct addr *network,
			 void (*each)(void *context, const struct addr *source),
			 void *context);

/*
 * Calls `each` for those at a gate, by a guard's number in `config`, and
 * forgets them.
 */
void recent_take(struct recent *recent, const struct config *config,
		 size_t guard, enum family family,
		 void (*each)(void *context, const struct addr *source),
		 void *context);

#endif
