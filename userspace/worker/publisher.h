/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts lists in force.  Which entries a number has is set by its owner, at
 * any time; compiling all of them and swapping the tables takes up to some
 * hundred milliseconds, so it happens beside the event loop.
 */
#ifndef POSTERN_WORKER_PUBLISHER_H
#define POSTERN_WORKER_PUBLISHER_H

#include <uv.h>

#include "tables/lists.h"

struct publisher;

/*
 * Asks for tables of so many pages, 0 for a family that has enough; the maps
 * that the publisher borrows are replaced with publisher_use() before it
 * returns 0.  Else it returns -ENOSPC.
 */
typedef int publisher_grow(void *context,
			   const uint32_t pages[static FAMILY_MAX]);

/* `error` is 0, or why what was set is not in force. */
typedef void publisher_done(void *context, int error);

/* Borrows the maps until publisher_close().  Returns 0 and *out, or -ENOMEM */
int publisher_create(uv_loop_t *loop,
		     struct ranges_map *const maps[static FAMILY_MAX],
		     publisher_grow *grow, void *context,
		     struct publisher **out);

/* Borrows others from now on, which show the same; within `grow` only. */
void publisher_use(struct publisher *publisher,
		   struct ranges_map *const maps[static FAMILY_MAX]);

/* Changes a list; takes the reference to `set`, which may be NULL. */
void publisher_set(struct publisher *publisher, unsigned int number,
		   struct ranges_set *set, const struct list *meaning);

/* What a number has now, whether it is in force yet or not. */
const struct ranges_set *publisher_get(const struct publisher *publisher,
				       unsigned int number);

/*
 * Puts in force what has been set.  `done`, unless it is NULL, is called from
 * the loop, once; not at all after publisher_close().
 */
void publisher_publish(struct publisher *publisher, publisher_done *done,
		       void *context);

/*
 * The same before it returns: the lists of `config`, and what has been set.
 * Returns 0; or a negative errno with the lists of the configuration before
 * in force, and set.
 */
int publisher_apply(struct publisher *publisher, const struct config *config);

/* Frees itself once what is under way has ended. */
void publisher_close(struct publisher *publisher);

#endif
