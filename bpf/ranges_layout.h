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
 * IPv4 is DXR with a compressed root, which is page 0: a group for each /16.
 * A group consists of sixteen blocks, each a /20, and each with its entries,
 * in order.  An entry is the first address of 2^k within the block, at most up
 * to the next entry.  (Other ranges take two: one that ends with the block,
 * and their last address.)  What no entry has belongs to the list `rule`.
 *
 * What a lookup costs is the wait for memory, so a table is as small as it can
 * be.  The k and the list of an entry are a pair.  The most frequent pairs of
 * all have a code; the others share the code RARE, and three more words, with
 * the same first address, lead up to such an entry, with a digit of the pair
 * each, to base 15, the lowest one last.  Where these are too many, all blocks
 * of a group have words of pairs behind those of the entries, just as many.
 *
 * The blocks of a group follow one another from octet `start` of a page on,
 * not counting what is before its first word.  Nibble n of `sizes` says where
 * block n ends: it takes so many units of 2^unit octets, and has so many of
 * 2^part entries, which are half of its words where there are pairs.  To fill
 * a unit, a block repeats its first word.
 */
#define RANGES_IPV4_PAGE_SIZE  sizeof(struct ranges_ipv4_root)
#define RANGES_IPV4_GROUP_BITS 16 /* of the address within a group */
#define RANGES_IPV4_GROUPS     (1 << (32 - RANGES_IPV4_GROUP_BITS))
#define RANGES_IPV4_BLOCK_BITS 12 /* of the address within a block */
#define RANGES_IPV4_BLOCK_MASK ((1 << RANGES_IPV4_BLOCK_BITS) - 1)
#define RANGES_IPV4_BLOCKS     16 /* in a group */
#define RANGES_IPV4_UNITS      15 /* of a block, at most */
#define RANGES_IPV4_PAGE_SHIFT 21
#define RANGES_IPV4_START_MASK ((1 << RANGES_IPV4_PAGE_SHIFT) - 1)

struct ranges_ipv4_group {
	__u64 sizes;
	__u32 start; /* and above it the page */
	__u8 unit;
	__u8 part;
	__u8 rule;
	__u8 reserved;
};

/* Of an entry: its first address is above its code. */
#define RANGES_IPV4_CODE_BITS 4
#define RANGES_IPV4_CODES     (1 << RANGES_IPV4_CODE_BITS)
#define RANGES_IPV4_CODE_MASK (RANGES_IPV4_CODES - 1)
#define RANGES_IPV4_RARE      (RANGES_IPV4_CODES - 2) /* the last one is none */
#define RANGES_IPV4_LEADS     3	 /* words that lead up to a rare one */
#define RANGES_IPV4_LEAD_BASE 15 /* of their digits: no code is 15 */

/* Of a pair: its k is above its list. */
#define RANGES_IPV4_K_SHIFT 8
#define RANGES_LIST_MASK    0xff

/*
 * The lists are here and nowhere else: all answers need them, and each copy
 * would take its part of the caches.
 */
struct ranges_ipv4_root {
	struct ranges_ipv4_group groups[RANGES_IPV4_GROUPS];
	struct list lists[LISTS_MAX];
	__u16 pairs[RANGES_IPV4_CODES]; /* by their codes */
	__u16 reserved[16];		/* pages begin where cache lines do */
};

/* No block begins at octet RANGES_IPV4_STARTS or behind: room for garbage. */
#define RANGES_IPV4_WORDS  (1 << 19)
#define RANGES_IPV4_STARTS (2 * (RANGES_IPV4_WORDS - 2 * RANGES_SEARCH_MAX - 4))
#define RANGES_IPV4_BEFORE 4 /* words: what leads up to the first one */

struct ranges_ipv4_page {
	union {
		struct {
			__le16 before[RANGES_IPV4_BEFORE];
			__le16 words[RANGES_IPV4_WORDS];
		};
		__u8 octets[RANGES_IPV4_PAGE_SIZE];
	};
};

/*
 * IPv6 takes an address apart: 32 bits, 32 bits, and the 64 bits of the host.
 * The first word is looked up in a perfect hash, which has a record of the /32s
 * that are divided further, and of small ones that are not; where it has none,
 * that of `top` takes its place.  What the tag of a record says, for the next
 * word (of the hash) or the same one (of the top):
 *
 *   ENTRY  it is one entry: its code, and at `node` its first word
 *   GROUP  it leads to a group of so many entries, at `node`
 *   LONE   the only range in this /32 is one within a /64, the word at `node`:
 *          its code, and its first host
 *
 * The record of a group has a cell of the hash for itself, three others share
 * one, filled from the start.
 *
 * The entries of a group are in order and don't overlap.  Each stands for 2^k
 * words from its first one on, or, with k = REST, for all up to the next
 * entry.  Its code is k, a list, and a kind:
 *
 *   LIST   these words belong to the list, or to none if it is 0
 *   LEAF   of this one word, 2^k hosts from that in its slot on do
 *   HOSTS  this word is divided further: its slot has where the hosts are,
 *          and how many entries they are
 *   RARE   its slot has its code, of the kind LIST
 *
 * Lines have an octet for each code: where it stands in the head, where the
 * last two are those of HOSTS and RARE.  There is room for 254 others, seldom
 * too few; those that come later are RARE, and leaves with one become HOSTS.
 *
 * Everything is found by its node, of 16 octets; the pages lie one behind the
 * other, nothing but the hash reaches across their borders.  A group consists
 * of its leaves, if any; its lines, the last one repeating its last entry; and
 * the slots, in the order of the entries that have one.  Its cell leads to the
 * lines, if they are CELL_CHILDREN at most, or else to the leaves, and these to
 * LEAF_CHILDREN lines each.  Number n of `before` is the last word before what
 * child n + 1 has; where there is no such child, it is the highest word there
 * is.  All of these fill cache lines: a search misses the cache once in the
 * cell, once in the line, and once in the slots.
 *
 * Hosts are an array of their first numbers, and behind it one of codes; all
 * are of the kind LIST.
 *
 * More than GROUP_ENTRIES are divided into parts of just so many.  The first
 * BLOCK then has the first words or hosts of the parts, and each of the
 * following ones has a part: hosts, or a group and, at the end of the block, a
 * cell that leads to it.
 */
#define RANGES_IPV6_PAGE_SIZE (1 << 20)
#define RANGES_NODE_SIZE      16
#define RANGES_PAGE_NODES     (RANGES_IPV6_PAGE_SIZE / RANGES_NODE_SIZE)
#define RANGES_BLOCK_SIZE     (32 << 10)
#define RANGES_BLOCK_NODES    (RANGES_BLOCK_SIZE / RANGES_NODE_SIZE)
#define RANGES_GROUP_ENTRIES  2048
#define RANGES_GROUP_LINES    256 /* more than these and their leaves fill */
#define RANGES_PARTS_MAX      2048
#define RANGES_LINE_ENTRIES   12
#define RANGES_LINE_SIZE      64
#define RANGES_LINE_NODES     (RANGES_LINE_SIZE / RANGES_NODE_SIZE)
#define RANGES_CELL_CHILDREN  14
#define RANGES_LEAF_CHILDREN  16

enum ranges_kind {
	RANGES_LIST,
	RANGES_LEAF,
	RANGES_HOSTS,
	RANGES_RARE,
};

#define RANGES_K_SHIFT	    8
#define RANGES_K_MASK	    63
#define RANGES_K_REST	    63
#define RANGES_KIND_SHIFT   14
#define RANGES_LIST_CODE    ((1 << RANGES_KIND_SHIFT) - 1)
#define RANGES_BEYOND_SHIFT 16
#define RANGES_SIGN	    (1ULL << 32)

struct ranges_line {
	__u32 firsts[RANGES_LINE_ENTRIES];
	__u8 codes[RANGES_LINE_ENTRIES]; /* where the head has them */
	__u32 slots; /* a bit for each entry with a slot, then its first one */
};

/*
 * How the head has a code: above it are the bits that the distance from an
 * entry's first word has in none of its words.  What has a slot is one word.
 */
static inline __u64 ranges_element(__u64 code)
{
	__u64 k = code >> RANGES_K_SHIFT & RANGES_K_MASK;

	if (code >> RANGES_KIND_SHIFT != RANGES_LIST)
		k = 0;
	/* A distance has 32 bits and a sign, all that counts for REST. */
	return ((~0ULL << k & 0xffffffff) | RANGES_SIGN)
		       << RANGES_BEYOND_SHIFT |
	       code;
}

#define RANGES_CODES	  256
#define RANGES_CODE_HOSTS (RANGES_CODES - 2)
#define RANGES_CODE_RARE  (RANGES_CODES - 1)

#define RANGES_SLOTS_SHIFT RANGES_LINE_ENTRIES
#define RANGES_SLOTS_MASK  ((1 << RANGES_SLOTS_SHIFT) - 1)

/* The lines that `count` entries fill: count / 12, rounded up. */
static inline __u64 ranges_lines(__u64 count)
{
	return (count + RANGES_LINE_ENTRIES - 1) * 5462 >> 16;
}

/* The leaves that so many lines need. */
static inline __u64 ranges_leaves(__u64 lines)
{
	if (lines <= RANGES_CELL_CHILDREN)
		return 0;
	return (lines + RANGES_LEAF_CHILDREN - 1) / RANGES_LEAF_CHILDREN;
}

struct ranges_leaf {
	__u32 before[RANGES_LEAF_CHILDREN - 1];
	__u32 reserved;
};

enum ranges_reference {
	RANGES_ENTRY,
	RANGES_GROUP,
	RANGES_LONE,
};

#define RANGES_REFERENCE_SHIFT 30
#define RANGES_COUNT_MASK      ((1 << RANGES_REFERENCE_SHIFT) - 1)

static inline int ranges_is_group(__u32 tag)
{
	return tag >> RANGES_REFERENCE_SHIFT == RANGES_GROUP;
}

struct ranges_record {
	__u32 word;    /* of the hash: what is looked up */
	__u32 tag;     /* reference, and code or number of entries; 0: unused */
	__u32 node;    /* or a word */
	__u32 host[2]; /* the higher half first */
};

#define RANGES_CELL_RECORDS 3

struct ranges_cell {
	union {
		struct {
			__u32 word, tag, node; /* of a group */
			__u32 before[RANGES_CELL_CHILDREN - 1];
		};
		struct ranges_record records[RANGES_CELL_RECORDS];
	};
};

/* Where in its block a part has its cell. */
#define RANGES_PART_CELL (RANGES_BLOCK_SIZE - sizeof(struct ranges_cell))

/*
 * The hash has a pilot for each bucket of some words, which was found by trial,
 * so that there is room for all of them in the cells that it leads to.
 */
struct ranges_ipv6_head {
	struct list lists[LISTS_MAX];
	__u64 codes[RANGES_CODES]; /* ranges_element() */
	struct ranges_cell top;
	__u32 pilots; /* their first node */
	__u32 buckets;
	__u32 cells; /* their first node, a multiple of LINE_NODES */
	__u32 cell_count;
	__u32 factor;
	__u32 reserved[11];
};

#define RANGES_PAGE_PILOTS (RANGES_IPV6_PAGE_SIZE / 2)
#define RANGES_PAGE_CELLS  (RANGES_IPV6_PAGE_SIZE / RANGES_LINE_SIZE)

struct ranges_ipv6_page {
	union {
		struct ranges_ipv6_head head; /* of page 0 only */
		__u16 pilots[RANGES_PAGE_PILOTS];
		struct ranges_cell cells[RANGES_PAGE_CELLS];
		__u8 octets[RANGES_IPV6_PAGE_SIZE];
	};
};

/* The bucket of a word that was multiplied with the factor. */
static inline __u32 ranges_bucket(__u32 hash, __u32 buckets)
{
	return (__u32)((__u64)hash * buckets >> 32);
}

/* Its cell.  Two odd factors spread what a pilot changes over all bits. */
static inline __u32 ranges_place(__u32 hash, __u16 pilot, __u32 cells)
{
	hash = (hash ^ pilot * 0x9e3779b1U) * 0x85ebca6bU;
	return (__u32)((__u64)hash * cells >> 32);
}

_Static_assert(sizeof(struct ranges_ipv4_page) == RANGES_IPV4_PAGE_SIZE,
	       "words fill a page");
_Static_assert(sizeof(struct ranges_ipv6_page) == RANGES_IPV6_PAGE_SIZE,
	       "nodes fill a page");
_Static_assert(sizeof(struct ranges_ipv6_head) % RANGES_LINE_SIZE == 0,
	       "lines begin where cache lines do");
_Static_assert(sizeof(struct ranges_line) == RANGES_LINE_SIZE,
	       "a line is a cache line");
_Static_assert(sizeof(struct ranges_cell) == RANGES_LINE_SIZE &&
		       sizeof(struct ranges_leaf) == RANGES_LINE_SIZE,
	       "so are a cell and a leaf");

#endif
