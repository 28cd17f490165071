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
 * The first word is looked up in a hash.  It has the /32s that are divided
 * further, and small ones that are not; where it has none, `top` takes its
 * place.  What both give is a reference:
 *
 *   ENTRY  one entry, for the next word (the hash), the same word (top)
 *   GROUP  a group of entries, for that word; the tag has their number
 *   LONE   the only range in this /32 is one within a /64
 *
 * The entries of a group are in order and don't overlap.  Each stands for 2^k
 * words from its first one on, or, with k = REST, for all up to the next
 * entry.  Its code is k, a list, and a kind:
 *
 *   LIST   these words belong to the list, or to none if it is 0
 *   LEAF   of this one word, 2^k hosts from that in its slot on do
 *   HOSTS  this word is divided further: its slot has where the hosts are,
 *          and how many entries they are
 *
 * Everything is found by its node, of 16 octets; the pages lie one behind the
 * other, nothing but the hash reaches across their borders.  A group consists
 * of the first words of each line, filled up to whole cache lines, unless
 * there is one line only; the lines, the last one repeating its last entry;
 * and the slots, in the order of the entries that have one.  So a search
 * misses the cache once there, once in the line, and once in the slots.
 *
 * Hosts are an array of their first numbers, and behind it one of codes; all
 * are of the kind LIST.
 *
 * More than GROUP_ENTRIES are divided into parts of just so many.  The first
 * BLOCK then has the first words or hosts of the parts, and each of the
 * following ones has a part, a group or hosts itself.
 */
#define RANGES_IPV6_PAGE_SIZE (1 << 20)
#define RANGES_NODE_SIZE      16
#define RANGES_PAGE_NODES     (RANGES_IPV6_PAGE_SIZE / RANGES_NODE_SIZE)
#define RANGES_BLOCK_SIZE     (32 << 10)
#define RANGES_BLOCK_NODES    (RANGES_BLOCK_SIZE / RANGES_NODE_SIZE)
#define RANGES_GROUP_ENTRIES  2048
#define RANGES_PARTS_MAX      2048
#define RANGES_LINE_ENTRIES   10
#define RANGES_LINE_SIZE      64
#define RANGES_LINE_NODES     (RANGES_LINE_SIZE / RANGES_NODE_SIZE)
#define RANGES_LINE_WORDS     (RANGES_LINE_SIZE / 4)

enum ranges_kind {
	RANGES_LIST,
	RANGES_LEAF,
	RANGES_HOSTS,
};

#define RANGES_K_SHIFT	  8
#define RANGES_K_MASK	  63
#define RANGES_K_REST	  63
#define RANGES_KIND_SHIFT 14

struct ranges_line {
	__u32 firsts[RANGES_LINE_ENTRIES];
	__u16 codes[RANGES_LINE_ENTRIES];
	__u32 slots; /* a bit for each entry with a slot, then its first one */
};

#define RANGES_SLOTS_SHIFT RANGES_LINE_ENTRIES
#define RANGES_SLOTS_MASK  ((1 << RANGES_SLOTS_SHIFT) - 1)

/* The lines that `count` entries fill: count / 10, rounded up. */
static inline __u64 ranges_lines(__u64 count)
{
	return (count + RANGES_LINE_ENTRIES - 1) * 6554 >> 16;
}

/* The line, counted from the start of the group, at which its lines begin. */
static inline __u64 ranges_lines_at(__u64 lines)
{
	if (lines == 1)
		return 0;
	return (lines + RANGES_LINE_WORDS - 1) / RANGES_LINE_WORDS;
}

enum ranges_reference {
	RANGES_ENTRY,
	RANGES_GROUP,
	RANGES_LONE,
};

#define RANGES_REFERENCE_SHIFT 30
#define RANGES_COUNT_MASK      ((1 << RANGES_REFERENCE_SHIFT) - 1)

struct ranges_ref {
	__u32 tag;  /* reference, and code or number of entries; 0: none */
	__u32 word; /* the first one of the entry, or a node */
};

struct ranges_lone {
	__u64 first; /* host */
	__u32 word;
	__u32 code;
};

/*
 * A line of the hash, filled from the start.  Who does not find his word in a
 * full line goes on to the next one, TRIES lines in all, around the end.
 */
#define RANGES_LINE_KEYS 5
#define RANGES_TRIES	 8

struct ranges_keys {
	struct ranges_ref refs[RANGES_LINE_KEYS];
	__u32 words[RANGES_LINE_KEYS];
	__u32 reserved;
};

struct ranges_ipv6_head {
	struct list lists[LISTS_MAX];
	struct ranges_ref top;
	__u32 hash;   /* its first node, a multiple of LINE_NODES */
	__u32 lines;  /* of the hash, 1 at least */
	__u32 factor; /* of its function, ranges_hash() */
	__u32 reserved[11];
};

struct ranges_ipv6_page {
	union {
		struct ranges_ipv6_head head; /* of page 0 only */
		__u8 octets[RANGES_IPV6_PAGE_SIZE];
	};
};

/* The line of the hash for a word. */
static inline __u32 ranges_hash(const struct ranges_ipv6_head *head, __u32 word)
{
	__u32 hash = word * head->factor;

	return (__u32)((__u64)hash * head->lines >> 32);
}

_Static_assert(sizeof(struct ranges_ipv4_page) == RANGES_IPV4_PAGE_SIZE,
	       "words fill a page");
_Static_assert(sizeof(struct ranges_ipv6_page) == RANGES_IPV6_PAGE_SIZE,
	       "nodes fill a page");
_Static_assert(sizeof(struct ranges_ipv6_head) % RANGES_LINE_SIZE == 0,
	       "lines begin where cache lines do");
_Static_assert(sizeof(struct ranges_line) == RANGES_LINE_SIZE,
	       "a line is a cache line");
_Static_assert(sizeof(struct ranges_keys) == RANGES_LINE_SIZE,
	       "so is a line of the hash");
_Static_assert(sizeof(struct ranges_lone) == RANGES_NODE_SIZE,
	       "a lone range is a node");

#endif
