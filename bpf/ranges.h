/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The range tables: which list is an address on?  One lookup for all lists.
 *
 * Each family has two tables, of which the outer map shows one.  Userspace
 * writes the other one through a mapping and then changes the outer map, which
 * returns when no program reads the old one any more.
 *
 * Nothing is known to be right that userspace wrote: whatever a table holds,
 * a lookup ends, within its bounds.  The arithmetic instead of branches is on
 * purpose: outcomes of comparisons with random addresses can't be predicted.
 */
#ifndef POSTERN_RANGES_H
#define POSTERN_RANGES_H

#include <asm/byteorder.h>
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "ranges_layout.h"

/* The loader sets max_entries to the pages wanted: tables/ranges.h. */
struct ranges_ipv4_table {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, RANGES_IPV4_PAGE_SIZE);
};

struct ranges_ipv6_table {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, RANGES_IPV6_PAGE_SIZE);
};

struct ranges_ipv4_table ranges_ipv4_a SEC(".maps");
struct ranges_ipv4_table ranges_ipv4_b SEC(".maps");
struct ranges_ipv6_table ranges_ipv6_a SEC(".maps");
struct ranges_ipv6_table ranges_ipv6_b SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__array(values, struct ranges_ipv4_table);
} ranges_ipv4 SEC(".maps") = {
	.values = {&ranges_ipv4_a},
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__array(values, struct ranges_ipv6_table);
} ranges_ipv6 SEC(".maps") = {
	.values = {&ranges_ipv6_a},
};

/*
 * A number of which the compiler must not know what it could conclude: nor
 * use it before a check above, which the verifier would not understand.
 */
static __always_inline __u64 ranges_opaque(__u64 number)
{
	asm volatile("" : "+r"(number));
	return number;
}

/* The same of a pointer, which then is not computed again and again. */
static __always_inline const void *ranges_fixed(const void *pointer)
{
	asm volatile("" : "+r"(pointer));
	return pointer;
}

/* 1 where a <= b, else 0; both below 2^63.  Never a branch. */
static __always_inline __u64 ranges_le(__u64 a, __u64 b)
{
	return ranges_opaque(ranges_opaque(a - b - 1) >> 63);
}

/* All ones where a <= b, else 0; both below 2^63.  Never a branch. */
static __always_inline __u64 ranges_if_le(__u64 a, __u64 b)
{
	__s64 difference = (__s64)ranges_opaque(a - b - 1);

	return ranges_opaque((__u64)(difference >> 63));
}

/* All ones where a <= b, else 0, for all there is.  Never a branch. */
static __always_inline __u64 ranges_if_any_le(__u64 a, __u64 b)
{
	__u64 borrow = (~b & a) | ((~b | a) & (b - a));

	return ranges_opaque((ranges_opaque(borrow) >> 63) - 1);
}

/* All ones where the number is 0, else 0.  Never a branch. */
static __always_inline __u64 ranges_if_zero(__u64 number)
{
	return ranges_opaque((ranges_opaque(number | -number) >> 63) - 1);
}

/* Where a search still has to look: `count` words from at[base] on. */
struct ranges_span {
	__u64 base;
	__u64 count;
};

/*
 * The number, or 0 where the mask is.  As an instruction of its own: of a mask
 * that is and-ed with what it knows, the verifier of Linux 6.18 tries both.
 */
static __always_inline __u64 ranges_keep(__u64 number, __u64 mask)
{
	asm volatile("%0 &= %1" : "+r"(number) : "r"(mask));
	return number;
}

/*
 * Halves a span of words, so that its first one is the last one not above
 * `key`, in the end, or the first one of all.
 */
static __always_inline void ranges_halve(struct ranges_span *span,
					 const __u32 *at, __u64 key)
{
	__u64 half = span->count >> 1;

	span->base +=
		ranges_keep(half, ranges_if_le(at[span->base + half], key));
	span->count = ranges_opaque(span->count + 1) >> 1;
}

/* The same of entries, each of one word. */
static __always_inline void ranges_halve_entries(struct ranges_span *span,
						 const __le16 *at, __u64 key)
{
	__u64 half = span->count >> 1;
	__u64 entry = __le16_to_cpu(at[span->base + half]);

	span->base += ranges_keep(half, ranges_if_le(entry, key));
	span->count = ranges_opaque(span->count + 1) >> 1;
}

/* Shifts by a number modulo 64, as instructions do it, not the language. */
static __always_inline __u64 ranges_up(__u64 number, __u64 by)
{
	asm volatile("%0 <<= %1" : "+r"(number) : "r"(by));
	return number;
}

static __always_inline __u64 ranges_down(__u64 number, __u64 by)
{
	asm volatile("%0 >>= %1" : "+r"(number) : "r"(by));
	return number;
}

/* Where the last of `four` entries in order is that is not above the key. */
static __always_inline __u64 ranges_last_le(__u64 four, __u64 key)
{
	__u64 last = 0;

	for (int shift = 16; shift < 64; shift += 16)
		last += ranges_opaque((four >> shift & 0xffff) - key - 1) >> 63;
	return ranges_opaque(last);
}

/* The sum of the nibbles of a number but for its highest one. */
static __always_inline __u64 ranges_sum_nibbles(__u64 number)
{
	number = (number & 0x0f0f0f0f0f0f0f0f) +
		 (number >> 4 & 0x000f0f0f0f0f0f0f);
	return number * 0x0101010101010101 >> 56;
}

/*
 * The pair of a rare entry, at `at` but for BEFORE, in a block of `size` units
 * of entries.
 */
static __always_inline __u64 ranges_rare_pair(
	const struct ranges_ipv4_group *group, __u64 size, const __le16 *at)
{
	__u64 base = RANGES_IPV4_LEAD_BASE, four;

	if (group->unit != group->part + 1) {
		size = ranges_up(size, group->part);
		if (size > RANGES_SEARCH_MAX)
			return 0;
		return __le16_to_cpu(at[RANGES_IPV4_BEFORE + size]);
	}
	at += RANGES_IPV4_BEFORE - RANGES_IPV4_LEADS;
	four = __le64_to_cpu(*(const __le64 *)(const void *)at);
	return ((four & 0xf) * base + (four >> 16 & 0xf)) * base +
	       (four >> 32 & 0xf);
}

/*
 * The list that an address is on, and in *id its number; NULL when there is no
 * table.  On no list is list 0, of the kind LIST_NONE: what follows can then
 * do without a branch on it, which with random sources costs as much as the
 * lookup.
 */
static __always_inline const struct list *ranges_lookup_ipv4(__be32 address,
							     __u32 *id)
{
	__u64 host = ranges_opaque(bpf_ntohl(address));
	const struct ranges_ipv4_group *group;
	const struct ranges_ipv4_root *root;
	const struct ranges_ipv4_page *page;
	const struct list *lists;
	const __u16 *pairs;
	__u64 sizes, start, hit, key, four, pair, gap;
	struct ranges_span span = {0};
	__u32 index = 0;
	const __le16 *at;
	void *table;

	*id = 0;
	table = bpf_map_lookup_elem(&ranges_ipv4, &index);
	if (!table)
		return 0;
	root = bpf_map_lookup_elem(table, &index);
	if (!root)
		return 0;
	group = ranges_fixed(&root->groups[host >> RANGES_IPV4_GROUP_BITS &
					   (RANGES_IPV4_GROUPS - 1)]);
	lists = ranges_fixed(root->lists);
	pairs = ranges_fixed(root->pairs);
	/* The nibble of the block at the top, and those of the others below. */
	sizes = group->sizes << (~host >> (RANGES_IPV4_BLOCK_BITS - 2) & 60);
	start = ranges_sum_nibbles(sizes);
	start = ranges_up(start, group->unit);
	start += group->start & RANGES_IPV4_START_MASK;
	span.count = ranges_up(sizes >> 60, group->part);
	/* What has no entries looks at the first of the root: it is cached. */
	hit = ranges_if_le(1, span.count);
	start &= hit;
	index = group->start >> RANGES_IPV4_PAGE_SHIFT & hit;
	page = bpf_map_lookup_elem(table, &index);
	if (!page || start >= RANGES_IPV4_STARTS ||
	    span.count > RANGES_SEARCH_MAX)
		return 0;
	at = (const void *)&page->octets[ranges_opaque(start)];
	host &= RANGES_IPV4_BLOCK_MASK;
	/* Above all that begin there, and below all others. */
	key = host << RANGES_IPV4_CODE_BITS | (RANGES_IPV4_CODE_MASK - 1);
	while (span.count > 4)
		ranges_halve_entries(&span, at + RANGES_IPV4_BEFORE, key);
	/* In two steps: for 64 bits, one would shift nothing. */
	four = ranges_opaque(~0ULL << span.count * 8 << span.count * 8);
	at = ranges_fixed(at + span.base);
	/*
	 * From here on, waiting for memory; what could be done before is.  Four
	 * at once, at no multiple of 8: the few kernels that can't do that
	 * efficiently refuse the program.
	 */
	four |= __le64_to_cpu(
		*(const __le64 *)(const void *)(at + RANGES_IPV4_BEFORE));
	span.base = ranges_last_le(four, key);
	four >>= span.base * 16;
	pair = pairs[four & RANGES_IPV4_CODE_MASK];
	if ((four & RANGES_IPV4_CODE_MASK) == RANGES_IPV4_RARE)
		pair = ranges_rare_pair(group, sizes >> 60,
					at + (span.base & 3));
	gap = (__u32)host -
	      (__u32)(four >> RANGES_IPV4_CODE_BITS & RANGES_IPV4_BLOCK_MASK);
	gap = ranges_down(gap, pair >> RANGES_IPV4_K_SHIFT);
	hit &= ranges_if_le(gap, 0);
	pair = group->rule ^ ((group->rule ^ pair) & hit);
	/* Masked last: before 5.11 the verifier loses sight of what ^ gives. */
	*id = (__u32)ranges_opaque(pair) & RANGES_LIST_MASK;
	return &lists[*id];
}

/* What begins at a node: BLOCK_SIZE octets. */
static __always_inline const void *ranges_node(void *table, __u32 node)
{
	__u32 index = node / RANGES_PAGE_NODES;
	const struct ranges_ipv6_page *page;
	__u64 at = node % RANGES_PAGE_NODES * RANGES_NODE_SIZE;

	page = bpf_map_lookup_elem(table, &index);
	if (!page || at > RANGES_IPV6_PAGE_SIZE - RANGES_BLOCK_SIZE)
		return 0;
	return &page->octets[ranges_opaque(at)];
}

/* The page that has element `at` of an array, `in_page` of them to each. */
static __always_inline const struct ranges_ipv6_page *
ranges_page(void *table, __u32 at, __u32 in_page)
{
	__u32 index = at / in_page;

	return bpf_map_lookup_elem(table, &index);
}

/* The only cell that may have a word. */
static __always_inline const struct ranges_cell *
ranges_find_cell(void *table, const struct ranges_ipv6_head *head, __u32 word)
{
	const struct ranges_ipv6_page *page;
	__u32 hash = word * head->factor, at;
	__u16 pilot;

	at = head->pilots * (RANGES_NODE_SIZE / sizeof(pilot)) +
	     ranges_bucket(hash, head->buckets);
	page = ranges_page(table, at, RANGES_PAGE_PILOTS);
	if (!page)
		return 0;
	pilot = page->pilots[at % RANGES_PAGE_PILOTS];
	at = head->cells / RANGES_LINE_NODES +
	     ranges_place(hash, pilot, head->cell_count);
	page = ranges_page(table, at, RANGES_PAGE_CELLS);
	if (!page)
		return 0;
	return ranges_fixed(&page->cells[at % RANGES_PAGE_CELLS]);
}

/*
 * How many of some numbers in order are below another; all below 2^63.  All
 * are compared at once: one after the other, each would wait for the one
 * before.  So would a single sum.
 */
static __always_inline __u64 ranges_count_below(const __u32 *at, int count,
						__u64 number)
{
	__u64 sums[4] = {0};

#pragma clang loop unroll(full)
	for (int i = 0; i < count; i++)
		sums[i % 4] += ranges_opaque(at[i] - number) >> 63;
	return ranges_opaque(sums[0] + sums[1]) +
	       ranges_opaque(sums[2] + sums[3]);
}

/* The one bits among the lowest twelve. */
static __always_inline __u64 ranges_count_bits(__u64 bits)
{
	bits -= bits >> 1 & 0x555;
	bits = (bits & 0x333) + (bits >> 2 & 0x333);
	return (bits + (bits >> 4) + (bits >> 8)) & 0xf;
}

/* As ranges_halve(), for hosts. */
static __always_inline void ranges_halve_hosts(struct ranges_span *span,
					       const __u64 *at, __u64 key)
{
	__u64 half = span->count >> 1;

	span->base +=
		ranges_keep(half, ranges_if_any_le(at[span->base + half], key));
	span->count = ranges_opaque(span->count + 1) >> 1;
}

/* The code where the host is in its range, else 0. */
static __always_inline __u32 ranges_match(__u64 host, __u64 first, __u32 code)
{
	__u64 k = code >> RANGES_K_SHIFT & RANGES_K_MASK;
	/* All 64 bits of the difference are shifted out for REST. */
	__u64 beyond = (host - first) >> k >> (k + 1) / 64;

	return code & ranges_if_zero(beyond) & ranges_if_any_le(first, host);
}

/* The part of a divided group, or of divided hosts, that may have the key. */
static __always_inline const void *
ranges_part(void *table, __u32 node, __u64 *count, __u64 word, int hosts)
{
	const void *at = ranges_node(table, node);
	struct ranges_span parts = {0};

	if (!at)
		return 0;
	/* Opaque: the compiler would check *count, and 5.10 not follow. */
	parts.count = ranges_opaque((*count + RANGES_GROUP_ENTRIES - 1) /
				    RANGES_GROUP_ENTRIES);
	if (parts.count > RANGES_PARTS_MAX)
		return 0;
	for (int i = 0; i < 11; i++) {
		if (hosts)
			ranges_halve_hosts(&parts, at, word);
		else
			ranges_halve(&parts, at, word);
	}
	*count -= parts.base * RANGES_GROUP_ENTRIES;
	if (*count > RANGES_GROUP_ENTRIES)
		*count = RANGES_GROUP_ENTRIES;
	node += (parts.base + 1) * RANGES_BLOCK_NODES;
	return ranges_node(table, node);
}

/* The code of a host among hosts. */
static __always_inline __u32 ranges_find_host(void *table, __u64 slot,
					      __u64 host)
{
	__u64 count = ranges_opaque(slot >> 32);
	struct ranges_span span = {0};
	const __u64 *firsts;
	const __u16 *codes;

	if (count > RANGES_GROUP_ENTRIES)
		firsts = ranges_part(table, slot, &count, host, 1);
	else
		firsts = ranges_node(table, slot);
	if (!firsts)
		return 0;
	/* Opaque right here: so what is checked is what is used. */
	span.count = ranges_opaque(count);
	if (span.count > RANGES_GROUP_ENTRIES)
		return 0;
	codes = (const void *)&firsts[span.count];
	while (span.count > 1)
		ranges_halve_hosts(&span, firsts, host);
	return ranges_match(host, firsts[span.base], codes[span.base]);
}

/* The slot of an entry that has one: its line's, of those behind all lines. */
static __always_inline __u64 ranges_slot(const struct ranges_line *line,
					 __u64 nth, const void *slots)
{
	__u64 slot = line->slots & ((2ULL << nth) - 1) & RANGES_SLOTS_MASK;

	slot = ranges_count_bits(slot) - 1;
	slot += line->slots >> RANGES_SLOTS_SHIFT;
	slot %= RANGES_GROUP_ENTRIES;
	return ((const __u64 *)slots)[slot];
}

/* The code of an address whose word is looked up in the group of a cell. */
static __always_inline __u32
ranges_find_word(void *table, const struct ranges_ipv6_head *head,
		 const struct ranges_cell *cell, __u64 word, __u64 host)
{
	__u64 count = cell->tag & RANGES_COUNT_MASK;
	__u64 lines, leaves, nth, element, beyond, slot;
	const struct ranges_line *line, *end;
	const struct ranges_leaf *leaf;
	const void *group;
	__u32 code;

	if (count > RANGES_GROUP_ENTRIES) {
		group = ranges_part(table, cell->node, &count, word, 0);
		if (!group)
			return 0;
		cell = group + RANGES_PART_CELL;
		count = cell->tag & RANGES_COUNT_MASK;
	} else {
		group = ranges_node(table, cell->node);
		if (!group)
			return 0;
	}
	count = ranges_opaque(count);
	if (count > RANGES_GROUP_ENTRIES)
		return 0;
	lines = ranges_lines(count);
	leaves = ranges_leaves(lines);
	nth = ranges_count_below(cell->before, RANGES_CELL_CHILDREN - 1, word);
	if (leaves) {
		leaf = group;
		leaf += nth;
		nth = nth * RANGES_LEAF_CHILDREN + leaves +
		      ranges_count_below(leaf->before, RANGES_LEAF_CHILDREN - 1,
					 word);
	}
	/* Opaque right here: so what is checked is what is used. */
	nth = ranges_opaque(nth);
	if (nth >= RANGES_GROUP_LINES)
		return 0;
	line = group;
	end = line + leaves + lines;
	line += nth;
	nth = ranges_count_below(line->firsts + 1, RANGES_LINE_ENTRIES - 1,
				 word + 1);
	element = head->codes[line->codes[nth]];
	if ((element & 0xffff) >> RANGES_KIND_SHIFT == RANGES_RARE)
		element = ranges_element(ranges_slot(line, nth, end) &
					 RANGES_LIST_CODE);
	beyond = (word - line->firsts[nth]) << RANGES_BEYOND_SHIFT & element;
	code = element & ranges_if_le(beyond, 0) & 0xffff;
	if (code >> RANGES_KIND_SHIFT == RANGES_LIST)
		return code;
	slot = ranges_slot(line, nth, end);
	if (code >> RANGES_KIND_SHIFT == RANGES_LEAF)
		return ranges_match(host, slot, code);
	return ranges_find_host(table, slot, host);
}

/* The record of a word among those that share a cell, or NULL. */
static __always_inline const struct ranges_record *
ranges_find_record(const struct ranges_cell *cell, __u32 word)
{
	for (int i = 0; i < RANGES_CELL_RECORDS; i++)
		if (cell->records[i].word == word && cell->records[i].tag)
			return &cell->records[i];
	return 0;
}

/* The code of an address by a record that is not of a group. */
static __always_inline __u32
ranges_by_record(const struct ranges_record *record, __u64 word, __u64 host)
{
	__u64 first = (__u64)record->host[0] << 32 | record->host[1];

	if (record->tag >> RANGES_REFERENCE_SHIFT == RANGES_ENTRY)
		return ranges_match(word, record->node, record->tag);
	return ranges_match(host, first, record->tag) &
	       ranges_if_zero(word ^ record->node);
}

/* The code of an address, of which the list remains. */
static __always_inline __u32 ranges_walk(void *table,
					 const struct ranges_ipv6_head *head,
					 __u64 network, __u64 host)
{
	__u64 word = network >> 32, next = network & 0xffffffff;
	const struct ranges_record *record;
	const struct ranges_cell *cell;

	cell = ranges_find_cell(table, head, word);
	if (!cell)
		return 0;
	if (!ranges_is_group(cell->tag)) {
		record = ranges_find_record(cell, word);
		if (record)
			return ranges_by_record(record, next, host);
	} else if (cell->word == word) {
		return ranges_find_word(table, head, cell, next, host);
	}
	cell = &head->top;
	if (ranges_is_group(cell->tag))
		return ranges_find_word(table, head, cell, word, host);
	return ranges_by_record(&cell->records[0], word, host);
}

/* The same for IPv6. */
static __always_inline const struct list *
ranges_lookup_ipv6(const __be64 address[static 2], __u32 *id)
{
	const struct ranges_ipv6_page *page;
	__u64 network = bpf_be64_to_cpu(address[0]);
	__u32 zero = 0;
	void *table;

	*id = 0;
	table = bpf_map_lookup_elem(&ranges_ipv6, &zero);
	if (!table)
		return 0;
	page = bpf_map_lookup_elem(table, &zero);
	if (!page)
		return 0;
	*id = ranges_walk(table, &page->head, network,
			  bpf_be64_to_cpu(address[1])) &
	      RANGES_LIST_MASK;
	return &page->head.lists[*id];
}

#endif
