/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the range tables look in memory: the contract between bpf/ranges.h,
 * which reads them, and userspace/tables/ranges*.c, which write them.  Like
 * shared.h it is part of the ABI of the maps.
 *
 * A table is an array map of few large elements, its pages: Linux 5.10 allows
 * no element above 4 MiB.  What is searched at a time, at most SEARCH_MAX
 * ranges or entries, always lies within one page.
 *
 * A table also says what the numbers of its lists mean, so an answer and its
 * meaning are never of two versions.
 */
#ifndef POSTERN_RANGES_LAYOUT_H
#define POSTERN_RANGES_LAYOUT_H

#include "shared.h"

#define RANGES_SEARCH_MAX 4096

enum list_kind {
	LIST_NONE, /* of list 0: on no list */
	LIST_ALLOW,
	LIST_BLOCK,
	LIST_FEED,
};

/* What the number of a list stands for. */
struct list {
	__u32 kind;    /* enum list_kind */
	__u32 action;  /* the caller's */
	__u64 expires; /* jiffies; 0: never */
};

/*
 * IPv4 is DXR with a compressed root, which is page 0: a group for each /17.
 * A group consists of eight blocks, each a /20, whose ranges are in order and
 * don't overlap: first and last address within the block, and the list.  What
 * is in none of them belongs to the list `rule`.
 *
 * The ranges of a group follow one another from number `start` of `page` on.
 * Octet n of `ends` says where those of block n end, in units of 2^shift
 * ranges; to fill a unit, a block repeats its last range.
 */
#define RANGES_IPV4_PAGE_SIZE	(2 << 20)
#define RANGES_IPV4_GROUP_BITS	15 /* of the address within a group */
#define RANGES_IPV4_GROUPS	(1 << (32 - RANGES_IPV4_GROUP_BITS))
#define RANGES_IPV4_BLOCK_BITS	12 /* of the address within a block */
#define RANGES_IPV4_BLOCK_MASK	((1 << RANGES_IPV4_BLOCK_BITS) - 1)
#define RANGES_IPV4_BLOCKS	8 /* in a group */
#define RANGES_IPV4_UNITS	255
#define RANGES_IPV4_FIRST_SHIFT 20
#define RANGES_IPV4_FIRST_MASK	((1 << RANGES_IPV4_FIRST_SHIFT) - 1)
#define RANGES_IPV4_LAST_SHIFT	8
#define RANGES_LIST_MASK	0xff

struct ranges_ipv4_group {
	__u64 ends;
	__u32 start;
	__u16 page;
	__u8 rule;
	__u8 shift;
};

struct ranges_ipv4_root {
	struct ranges_ipv4_group groups[RANGES_IPV4_GROUPS];
};

/* No search begins at RANGES_IPV4_STARTS or behind. */
#define RANGES_IPV4_RANGES                                                     \
	((RANGES_IPV4_PAGE_SIZE - LISTS_MAX * sizeof(struct list)) /           \
	 sizeof(__u32))
#define RANGES_IPV4_STARTS (RANGES_IPV4_RANGES - RANGES_SEARCH_MAX)

struct ranges_ipv4_page {
	struct list lists[LISTS_MAX];
	__u32 ranges[RANGES_IPV4_RANGES];
};

/*
 * IPv6 takes an address as four words of 32 bits.  The first one is looked up
 * in a hash, each further one in a group of entries, which are in order and
 * don't overlap.  An entry stands for 2^k words from `first` on, or, with k =
 * REST, for all up to the next entry.  Its value is k, a kind, and a number:
 *
 *   LIST   a list, or 0
 *   GROUP  the node of a group, for the next word
 *   PART   the node of a group, for the same word: what has more than
 *	    SEARCH_MAX entries is cut into parts
 *   LEAF   the node of a leaf: the only range in this /64
 *
 * The pages lie one behind the other; a node is 16 octets: two entries or a
 * leaf.  A group begins with an entry that has the number of its entries in
 * `first`; they follow, up to LINE_ENTRIES of them.  More of them fill lines,
 * cache lines each, the last one by repeating its last entry, and between head
 * and lines is the `first` of the first entry of each line, so that a search
 * misses the cache once there, and once in the line.
 *
 * The hash has the /32s that are divided further, and small undivided ones;
 * where it has none, `top` takes its place.  What both give is an entry for
 * the next word (the hash) or the same (top), or else, with k = COUNTED and
 * the number of entries in `first`, a group that has no such head.
 */
struct ranges_entry {
	__u32 value;
	__u32 first;
};

enum ranges_kind {
	RANGES_LIST,
	RANGES_GROUP,
	RANGES_PART,
	RANGES_LEAF,
};

#define RANGES_K_SHIFT	      26
#define RANGES_K_REST	      32
#define RANGES_K_COUNTED      63
#define RANGES_KIND_SHIFT     24
#define RANGES_KIND_MASK      3
#define RANGES_NUMBER_MASK    0xffffff
#define RANGES_LINE_ENTRIES   8
#define RANGES_IPV6_WORDS     4
#define RANGES_IPV6_STEPS     7 /* entries on the way of a lookup */
#define RANGES_IPV6_PAGE_SIZE (1 << 20)
#define RANGES_PAGE_NODES     (RANGES_IPV6_PAGE_SIZE / 16)
#define RANGES_PAGE_ENTRIES   (RANGES_IPV6_PAGE_SIZE / 8)

/* 2^k addresses from `first` on, which are the last 64 bits; k below 64. */
struct ranges_leaf {
	__u64 first;
	__u32 k;
	__u32 list;
};

/*
 * A line of the hash, filled from the start; the value of an entry that is
 * there is not 0.  Who does not find his word in a full line goes on to the
 * next one, TRIES lines in all, around the end.
 */
#define RANGES_LINE_KEYS  5
#define RANGES_LINE_NODES 4
#define RANGES_LINE_TRIES 8

struct ranges_line {
	struct ranges_entry entries[RANGES_LINE_KEYS];
	__u32 keys[RANGES_LINE_KEYS];
	__u32 reserved;
};

struct ranges_ipv6_head {
	struct list lists[LISTS_MAX];
	struct ranges_entry top;
	__u32 hash;   /* its first node, a multiple of LINE_NODES */
	__u32 lines;  /* of the hash, 1 at least */
	__u32 factor; /* of its function, ranges_line_of() */
	__u32 reserved[11];
};

/* The entry, seen from its head, at which the lines of a group begin. */
static inline __u64 ranges_lines_at(__u64 heads, __u64 lines)
{
	return (heads + (lines + 1) / 2 + RANGES_LINE_ENTRIES - 1) &
	       ~(RANGES_LINE_ENTRIES - 1ULL);
}

/* Groups and leaves begin before this entry of a page. */
#define RANGES_GROUP_MAX                                                       \
	(RANGES_SEARCH_MAX + RANGES_SEARCH_MAX / RANGES_LINE_ENTRIES / 2 +     \
	 2 * RANGES_LINE_ENTRIES)
#define RANGES_PAGE_STARTS (RANGES_PAGE_ENTRIES - RANGES_GROUP_MAX)

struct ranges_ipv6_page {
	union {
		struct ranges_ipv6_head head; /* of page 0 only */
		struct ranges_entry entries[RANGES_PAGE_ENTRIES];
	};
};

static inline __u32 ranges_line_of(const struct ranges_ipv6_head *head,
				   __u32 word)
{
	__u64 hash = word * head->factor;

	return (__u32)(hash * head->lines >> 32);
}

_Static_assert(sizeof(struct ranges_ipv4_root) == RANGES_IPV4_PAGE_SIZE,
	       "the root is a page");
_Static_assert(sizeof(struct ranges_ipv4_page) == RANGES_IPV4_PAGE_SIZE,
	       "ranges fill a page");
_Static_assert(sizeof(struct ranges_ipv6_page) == RANGES_IPV6_PAGE_SIZE,
	       "entries fill a page");
_Static_assert(sizeof(struct ranges_ipv6_head) % 64 == 0,
	       "nodes and lines begin where cache lines do");
_Static_assert(sizeof(struct ranges_line) == 64, "a line is a cache line");
_Static_assert(sizeof(struct ranges_leaf) == 16, "a leaf is a node");

#endif
