/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The writer of the map `verdicts`, which is where verdicts are kept: the
 * worker knows besides only when each of them ends.
 */
#ifndef POSTERN_TABLES_VERDICTS_H
#define POSTERN_TABLES_VERDICTS_H

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

/* Removes what has ended, up to some thousands; call it every second. */
void verdicts_sweep(struct verdict_table *table);

size_t verdicts_count(const struct verdict_table *table);

void verdicts_close(struct verdict_table *table);

#endif
