/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The writer of the map `verdicts`, which is where verdicts are kept: the
 * worker knows besides only when each of them ends.
 */
#ifndef POSTERN_TABLES_VERDICTS_H
#define POSTERN_TABLES_VERDICTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared.h"
#include "tables/clock.h"

struct verdict_table;

/*
 * Borrows the descriptor of a map that holds `max` entries, and reads back
 * what an earlier worker left in it.  Returns 0 and *out, or a negative errno.
 */
int verdicts_open(int map, uint32_t max, const struct jiffies_clock *clock,
		  struct verdict_table **out);

/*
 * Adds or replaces.  When the map is full, the entry that ends first goes.
 * Returns 0 or a negative errno.
 */
int verdicts_put(struct verdict_table *table, const struct addr *source,
		 const struct source_verdict *verdict);

/* Returns 0 and *out, or -ENOENT; one that has ended is returned like others */
int verdicts_get(const struct verdict_table *table, const struct addr *source,
		 struct source_verdict *out);

/*
 * Ends the verdict of a source now, whatever its deadline.  The place of its
 * entry is given back in its time.
 */
void verdicts_forget(struct verdict_table *table, const struct addr *source);

/* A walk over all entries, some thousands at a time.  {0} is its start. */
struct verdict_walk {
	bool under_way;
	uint32_t cursor;
};

typedef void verdict_visit(void *context, const struct addr *source,
			   const struct source_verdict *verdict);

/*
 * Visits the next ones, which may be forgotten or replaced meanwhile; those
 * that are added or removed during the walk may be missed, or visited twice.
 * Returns 1 while there are more, 0 at the end, or a negative errno.
 */
int verdicts_walk(struct verdict_table *table, struct verdict_walk *walk,
		  verdict_visit *visit, void *context);

/* Whether it is in force now. */
bool verdicts_is_valid(const struct verdict_table *table,
		       const struct source_verdict *verdict);

/* Removes what has ended, up to some thousands; call it every second. */
void verdicts_sweep(struct verdict_table *table);

size_t verdicts_count(const struct verdict_table *table);

void verdicts_close(struct verdict_table *table);

#endif
