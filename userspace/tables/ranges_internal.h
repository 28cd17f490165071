/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the range compiler share; tables/ranges.h is for
 * everybody else.
 *
 *   ranges_sort	sorts some entries
 *   ranges_run		packs what is sorted, and merges that
 *   ranges_input	the lists as they are given, packed list by list
 *   ranges_sweep	walks along the addresses, across all lists: segments
 *   ranges_ipv4, _ipv6	segments into the form of bpf/ranges_layout.h
 *   ranges_map		what is compiled into the kernel's maps
 */
#ifndef POSTERN_TABLES_RANGES_INTERNAL_H
#define POSTERN_TABLES_RANGES_INTERNAL_H

#include <stdbool.h>

#include "tables/ranges.h"

/* An address as a number; IPv4 below 2^32. */
typedef unsigned __int128 ranges_number;

/* first..last, IPv4 */
struct ranges_pair {
	uint32_t first;
	uint32_t last;
};

struct ranges_prefix {
	uint64_t high;
	uint64_t low;
	uint64_t length;
};

static inline ranges_number ranges_prefix_first(const struct ranges_prefix *in)
{
	return (ranges_number)in->high << 64 | in->low;
}

/* Sorted, disjoint and packed: tables/ranges_run.h. */
struct ranges_run {
	uint8_t *octets;
	size_t size;
	size_t room;
	size_t count; /* of entries */
	/* Of the last entry: what the next one is told by. */
	ranges_number last;
	unsigned int hosts;
	/* Where some of them begin, so that a search need not walk far. */
	struct ranges_mark *marks;
	size_t mark_count;
	size_t mark_room;
};

/* What was added last, in any order; then it is merged into the runs. */
struct ranges_input_list {
	struct ranges_pair *pairs;
	size_t pair_count;
	size_t pair_room;
	struct ranges_prefix *prefixes;
	size_t prefix_count;
	size_t prefix_room;
	struct ranges_run runs[FAMILY_MAX];
	bool lent; /* by a set: not ours to change or free */
};

struct ranges_input {
	struct ranges_input_list lists[LISTS_MAX];
};

/*
 * Room for one more element than `count`, by doubling.  Large blocks are moved
 * by remapping, and pages that were never written take no memory, so arrays
 * cost no more than what is in them.  Returns 0 or -ENOMEM.
 */
int ranges_grow(void **array, size_t count, size_t *room, size_t size);

/* Adds first..last to a list, as prefixes; as ranges_input_ipv4(). */
int ranges_input_ipv6(struct ranges_input *input, unsigned int list,
		      ranges_number first, ranges_number last);

/* By `first`, in place. */
void ranges_sort_pairs(struct ranges_pair *pairs, size_t count);
/* By address, in place. */
void ranges_sort_prefixes(struct ranges_prefix *prefixes, size_t count);

/*
 * Merges what was added to a list, or to all of them, into the run of the
 * family.  Returns 0 or -ENOMEM.
 */
int ranges_input_settle_list(struct ranges_input_list *list,
			     enum family family);
int ranges_input_settle(struct ranges_input *input, enum family family);

/*
 * Calls `emit` for all that is on a list, of an input that is settled: in
 * order, disjoint, each as long as it can be.  Stops at and returns the first
 * result that is not 0.
 */
int ranges_sweep(const struct ranges_input *input, enum family family,
		 int (*emit)(void *context, ranges_number first,
			     ranges_number last, uint8_t list),
		 void *context);

/* Of a family, of about 1 MiB each. */
#define RANGES_PAGES_MAX 256

struct ranges_ipv4 {
	struct ranges_ipv4_group *groups;
	uint16_t pairs[RANGES_IPV4_CODES];
	uint16_t *words; /* of all pages, one behind the other */
	size_t count;
	size_t room;
};

struct ranges_ipv6 {
	uint8_t *octets; /* of all pages, the first one with its head */
	size_t nodes;
	size_t room;
};

struct ranges {
	enum family family;
	union {
		struct ranges_ipv4 ipv4;
		struct ranges_ipv6 ipv6;
	};
};

/* 2^k addresses within a block, of a list: so many pairs there are. */
#define RANGES_IPV4_PAIRS ((RANGES_IPV4_BLOCK_BITS + 1) << RANGES_IPV4_K_SHIFT)

static inline uint16_t ranges_ipv4_pair(unsigned int k, uint8_t list)
{
	return (uint16_t)(k << RANGES_IPV4_K_SHIFT | list);
}

static inline uint32_t ranges_ipv4_block(uint32_t address)
{
	return address >> RANGES_IPV4_BLOCK_BITS;
}

/*
 * Gives the most frequent pairs of the lists the codes that there are, all
 * others RANGES_IPV4_RARE; `pairs` gets those by their codes.
 */
void ranges_ipv4_choose_codes(const struct ranges_input *input,
			      uint8_t codes[static RANGES_IPV4_PAIRS],
			      uint16_t pairs[static RANGES_IPV4_CODES]);

int ranges_ipv4_compile(const struct ranges_input *input,
			struct ranges_ipv4 *out);
uint32_t ranges_ipv4_pages(const struct ranges_ipv4 *ranges);
unsigned int ranges_ipv4_find(const struct ranges_ipv4 *ranges,
			      uint32_t address);
void ranges_ipv4_write(const struct ranges_ipv4 *ranges,
		       const struct list lists[static LISTS_MAX], void *pages);
void ranges_ipv4_free(struct ranges_ipv4 *ranges);

int ranges_ipv6_compile(const struct ranges_input *input,
			struct ranges_ipv6 *out);
uint32_t ranges_ipv6_pages(const struct ranges_ipv6 *ranges);
unsigned int ranges_ipv6_find(const struct ranges_ipv6 *ranges,
			      const struct addr *addr);
void ranges_ipv6_write(const struct ranges_ipv6 *ranges,
		       const struct list lists[static LISTS_MAX], void *pages);
void ranges_ipv6_free(struct ranges_ipv6 *ranges);

#endif
