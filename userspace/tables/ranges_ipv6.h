/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of the IPv6 compiler: ranges_ipv6.c takes segments apart,
 * ranges_nodes.c lays out what they become, ranges_hash.c is the way in.
 */
#ifndef POSTERN_TABLES_RANGES_IPV6_H
#define POSTERN_TABLES_RANGES_IPV6_H

#include "tables/ranges_internal.h"

/* Words first..last of one level, and the value of their entry without k. */
struct ranges_item {
	uint32_t first;
	uint32_t last;
	uint32_t value;
};

struct ranges_items {
	struct ranges_item *items;
	size_t count;
	size_t room;
};

/* All return 0, or -ENOMEM, or -ENOSPC when no table could hold it. */

int ranges_items_add(struct ranges_items *items, uint32_t first, uint32_t last,
		     uint32_t value);

/*
 * Makes room for `count` neighbouring entries, *at being the number of the
 * first one, a multiple of `align`.  They are zero, and within a page, unless
 * they are more than a group can have.
 */
int ranges_nodes_reserve(struct ranges_ipv6 *out, size_t count, size_t align,
			 size_t *at);

/* A group, as the value of an entry of the level above (without k). */
int ranges_nodes_group(struct ranges_ipv6 *out,
		       const struct ranges_items *items, uint32_t *value);

/* A group as the hash and the top have it. */
int ranges_nodes_entrance(struct ranges_ipv6 *out,
			  const struct ranges_items *items,
			  struct ranges_entry *entry);

int ranges_nodes_leaf(struct ranges_ipv6 *out, uint64_t first, uint32_t k,
		      uint8_t list, uint32_t *value);

/* What the hash is made of. */
struct ranges_slot {
	uint32_t key;
	struct ranges_entry entry;
};

struct ranges_slots {
	struct ranges_slot *slots;
	size_t count;
	size_t room;
};

int ranges_slots_add(struct ranges_slots *slots, uint32_t key,
		     struct ranges_entry entry);

/* Sets the fields of out->head. */
int ranges_hash_build(struct ranges_ipv6 *out,
		      const struct ranges_slots *slots);

#endif
