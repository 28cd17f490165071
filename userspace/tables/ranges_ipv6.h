/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of the IPv6 compiler: ranges_ipv6.c takes segments apart,
 * ranges_nodes.c lays out what they become, ranges_hash.c is the way in, and
 * ranges_ipv6_find.c reads it all again.
 *
 * What returns int returns 0, or -ENOMEM, or -ENOSPC when no table could hold
 * it.
 */
#ifndef POSTERN_TABLES_RANGES_IPV6_H
#define POSTERN_TABLES_RANGES_IPV6_H

#include "tables/ranges_internal.h"

/* Words or hosts first..last, and what an entry says of them but for k. */
struct ranges_item {
	uint64_t first;
	uint64_t last;
	uint64_t slot;
	uint16_t code; /* a leaf's with its k */
	uint8_t index; /* where the head has it */
};

struct ranges_items {
	struct ranges_item *items;
	size_t count;
	size_t room;
};

int ranges_items_add(struct ranges_items *items,
		     const struct ranges_item *item);

/*
 * Makes room for `nodes` neighbouring nodes that begin at a multiple of
 * `align`, and within a page unless they are more than a BLOCK.  They are
 * zero.  *node gets the first one.
 */
int ranges_nodes_reserve(struct ranges_ipv6 *out, size_t nodes, size_t align,
			 uint32_t *node);

static inline void *ranges_nodes_at(const struct ranges_ipv6 *ranges,
				    uint32_t node)
{
	return ranges->octets + (size_t)node * RANGES_NODE_SIZE;
}

/* Lays out groups and hosts. */
struct ranges_nodes {
	struct ranges_ipv6 *out;
	struct ranges_items entries; /* of the one in work */
	uint32_t code_count;
	uint8_t indices[1 << 16]; /* by code, less than code_count */
};

/* Begins with the head.  Returns 0 or -ENOMEM. */
int ranges_nodes_begin(struct ranges_nodes *nodes, struct ranges_ipv6 *out);

/* Words: sets what the cell that leads to them has, but for its word. */
int ranges_nodes_words(struct ranges_nodes *nodes,
		       const struct ranges_items *items,
		       struct ranges_cell *cell);

/* Hosts: sets code and slot of what stands for them in the word above. */
int ranges_nodes_hosts(struct ranges_nodes *nodes,
		       const struct ranges_items *items,
		       struct ranges_item *above);

/* What the hash is made of: the cells of groups, and other records. */
struct ranges_hash_input {
	struct ranges_cell *cells;
	size_t cell_count;
	size_t cell_room;
	struct ranges_record *records;
	size_t record_count;
	size_t record_room;
};

/* Adds a cell, or if that is of no group, its only record. */
int ranges_hash_add(struct ranges_hash_input *input,
		    const struct ranges_cell *cell);

/* Sets the head's fields of the hash; no word may be there twice. */
int ranges_hash_build(struct ranges_ipv6 *out,
		      const struct ranges_hash_input *input);

void ranges_hash_free(struct ranges_hash_input *input);

#endif
