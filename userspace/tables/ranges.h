/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The range tables: all lists of a family compiled into one, and the swap of
 * what is in force.
 *
 *   ranges_input_*	collects prefixes and ranges of up to 255 lists
 *   ranges_compile	resolves overlaps, the lower number wins; pure, and may
 *			run in another thread, as long as the input is its own
 *   ranges_publish	writes the map that is not in force, then swaps
 *
 * Lists are numbered from 1 in the order of precedence; 0 means "on none".
 * Everything here is without privileges (from Linux 5.19 on; CAP_BPF before).
 */
#ifndef POSTERN_TABLES_RANGES_H
#define POSTERN_TABLES_RANGES_H

#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"
#include "ranges_layout.h"

struct ranges_input;

/* Returns 0 and *out, or -ENOMEM. */
int ranges_input_create(struct ranges_input **out);

/*
 * Adds a prefix to a list (1..255), in any order, overlapping or twice.  Host
 * bits are ignored.  Returns 0, -EINVAL for what is no list or no prefix, or
 * -ENOMEM; the input is as before then.
 */
int ranges_input_prefix(struct ranges_input *input, unsigned int list,
			const struct prefix *prefix);

/* Adds IPv4 addresses first..last, host byte order; as above. */
int ranges_input_ipv4(struct ranges_input *input, unsigned int list,
		      uint32_t first, uint32_t last);

void ranges_input_free(struct ranges_input *input);

/* A compiled table of one family. */
struct ranges;

/*
 * Sorts and packs the input, which stays usable and keeps its meaning.
 * Returns 0 and *out, -ENOMEM, or -ENOSPC for what no table can hold (256 MiB).
 */
int ranges_compile(struct ranges_input *input, enum family family,
		   struct ranges **out);

/* The pages that it takes; ranges_room_entries() says it in entries. */
uint32_t ranges_pages(const struct ranges *ranges);

/* The list that an address of the family is on, as the program sees it. */
unsigned int ranges_find(const struct ranges *ranges, const struct addr *addr);

void ranges_free(struct ranges *ranges);

/* The maps of one family: an outer one, and two inner ones. */
struct ranges_map;

/*
 * Borrows the descriptors (read and write) until ranges_map_close().  Asks
 * the outer map which inner one is in force, so it is right after adoption.
 * Returns 0 and *out, or a negative errno: -EINVAL when these are not maps of
 * this layout, or the outer one shows none of the two.
 */
int ranges_map_open(enum family family, int outer, const int inner[static 2],
		    struct ranges_map **out);

/* The pages of each inner map. */
uint32_t ranges_map_pages(const struct ranges_map *map);

/*
 * Puts a table and the meaning of its lists (lists[0] is not used) in force
 * at one instant.  Blocks until no program reads the old one any more: 10 to
 * 50 ms.  One thread at a time.
 *
 * Returns 0; -ENOSPC when the table has more pages than the map, nothing
 * written then; or the negative errno of the swap, with the old table in
 * force.
 */
int ranges_publish(struct ranges_map *map, const struct ranges *ranges,
		   const struct list lists[static LISTS_MAX]);

void ranges_map_close(struct ranges_map *map);

#endif
