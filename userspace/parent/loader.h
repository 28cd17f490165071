/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns the programs and the maps: opens, sizes, loads, pins, and adopts the
 * maps that an earlier daemon of the same ABI left pinned.  Which interfaces
 * the program is attached to is the business of links.h.
 */
#ifndef POSTERN_PARENT_LOADER_H
#define POSTERN_PARENT_LOADER_H

#include "core/config.h"
#include "parent/pins.h"
#include "tables/clock.h"
#include "tables/maps.h"

struct loader;

/*
 * Loads the programs and pins the maps.  Returns 0
 * and *out, or a negative errno after it has logged why.
 */
int loader_open(const struct config *config, const struct pins *pins,
		struct loader **out);

/*
 * Loads the same for this process alone: nothing is adopted or pinned, and
 * nothing is logged.  Returns 0 and *out, or a negative errno.
 */
int loader_open_private(const struct config *config, struct loader **out);

/*
 * Loads the same once more, with range tables of so many pages for a family
 * (0: those of `from` are shared, as all other maps are).  What is in force in
 * the tables is in the larger ones, too; nothing is attached or pinned yet, so
 * none of it is seen.  Returns 0 and *out, or a negative errno.
 */
int loader_enlarge(const struct loader *from,
		   const uint32_t pages[static FAMILY_MAX],
		   struct loader **out);

/* Pins the range tables in place of those that are.  As pins_replace(). */
int loader_pin_tables(const struct loader *loader, const struct pins *pins);

/* The pages of each family's tables. */
void loader_pages(const struct loader *loader, uint32_t out[static FAMILY_MAX]);

/*
 * Loads the same as loader_open() would, and throws it away: whether this
 * build and this kernel go together.  Returns 0, or a negative errno after it
 * has logged why.
 */
int loader_try(const struct config *config);

/* The descriptor of the program to attach. */
int loader_program(const struct loader *loader);

/* The descriptor of the program's twin, which leaves no trace: twin.h. */
int loader_twin(const struct loader *loader);

/* Borrowed descriptors of maps that only the parent reads, or writes. */
int loader_pending(const struct loader *loader);
int loader_replies(const struct loader *loader);

/* Borrowed descriptors. */
void loader_maps(const struct loader *loader, struct maps *out);

const struct jiffies_clock *loader_clock(const struct loader *loader);

/* The monotonic time when the worker's lease runs out, or has run out. */
uint64_t loader_lease_ns(const struct loader *loader);

/* The rules in force.  Returns 0, or a negative errno. */
int loader_rules(const struct loader *loader, struct rules *out);

/*
 * What a SYN from `source` meets at the first protected address of its
 * family, from the program's own twin.  Returns 0, -EADDRNOTAVAIL when no
 * address of that family is protected, or another negative errno.
 */
int loader_explain(const struct loader *loader, const struct addr *source,
		   struct decision *out);

/* Unloads what is not attached or pinned. */
void loader_close(struct loader *loader);

#endif
