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

/* All ones where a <= b, else 0; both below 2^63.  Never a branch. */
static __always_inline __u64 ranges_if_le(__u64 a, __u64 b)
{
	__s64 difference = (__s64)ranges_opaque(a - b - 1);

	return ranges_opaque((__u64)(difference >> 63));
}

/* All ones where the number is 0, else 0.  Never a branch. */
static __always_inline __u64 ranges_if_zero(__u64 number)
{
	return ranges_opaque((ranges_opaque(number | -number) >> 63) - 1);
}

/* Halves `count` entries from at[base] on to those not above `key`. */
#define RANGES_HALVE(at, field, base, count, key)                              \
	do {                                                                   \
		__u64 half = (count) >> 1;                                     \
                                                                               \
		(base) += half & ranges_if_le((at)[(base) + half] field, key); \
		(count) = ranges_opaque((count) + 1) >> 1;                     \
	} while (0)

static __always_inline const struct list *ranges_lookup_ipv4(__be32 address,
							     __u32 *id)
{
	__u64 host = ranges_opaque(bpf_ntohl(address)), base = 0, octet, start,
	      count, range;
	const struct ranges_ipv4_group *group;
	const struct ranges_ipv4_root *root;
	const struct ranges_ipv4_page *page;
	__u64 hit, key, last;
	__u32 index = 0;
	const __u32 *at;
	void *table;

	table = bpf_map_lookup_elem(&ranges_ipv4, &index);
	if (!table)
		return 0;
	root = bpf_map_lookup_elem(table, &index);
	if (!root)
		return 0;
	group = &root->groups[host >> RANGES_IPV4_GROUP_BITS &
			      (RANGES_IPV4_GROUPS - 1)];
	octet = (host >> RANGES_IPV4_BLOCK_BITS) % RANGES_IPV4_BLOCKS * 8;
	host &= RANGES_IPV4_BLOCK_MASK;
	start = (group->ends << 8 >> octet) & 0xff;
	count = ((group->ends >> octet) & 0xff) - start;
	count <<= group->shift & 7;
	start <<= group->shift & 7;
	start += group->start;
	/* What has no ranges looks at the first of the page: it is cached. */
	hit = ranges_if_le(1, count);
	start &= hit;
	index = group->page;
	page = bpf_map_lookup_elem(table, &index);
	if (!page || start >= RANGES_IPV4_STARTS || count > RANGES_SEARCH_MAX)
		return 0;
	at = &page->ranges[ranges_opaque(start)];
	key = host << RANGES_IPV4_FIRST_SHIFT | RANGES_IPV4_FIRST_MASK;
	while (count > 4)
		RANGES_HALVE(at, , base, count, key);
	/* Always both: small numbers differ in nothing to be guessed. */
	RANGES_HALVE(at, , base, count, key);
	RANGES_HALVE(at, , base, count, key);
	range = at[base];
	last = range >> RANGES_IPV4_LAST_SHIFT & RANGES_IPV4_BLOCK_MASK;
	hit &= ranges_if_le(range >> RANGES_IPV4_FIRST_SHIFT, host);
	hit &= ranges_if_le(host, last);
	range = group->rule ^ ((group->rule ^ range) & hit);
	/* Masked last: before 5.11 the verifier loses sight of what ^ gives. */
	*id = (__u32)ranges_opaque(range) & RANGES_LIST_MASK;
	return &page->lists[*id];
}

/* The entries from a node on: GROUP_MAX of them. */
static __always_inline const struct ranges_entry *ranges_node(void *table,
							      __u32 value)
{
	__u32 number = value & RANGES_NUMBER_MASK;
	__u32 index = number / RANGES_PAGE_NODES;
	const struct ranges_ipv6_page *page;
	__u64 at = number % RANGES_PAGE_NODES * 2;

	page = bpf_map_lookup_elem(table, &index);
	if (!page || at >= RANGES_PAGE_STARTS)
		return 0;
	return &page->entries[ranges_opaque(at)];
}

/* What the hash has of a word; its value is 0 where that is nothing. */
static __always_inline struct ranges_entry
ranges_find_line(void *table, const struct ranges_ipv6_head *head, __u32 word)
{
	__u32 line = ranges_line_of(head, word);
	struct ranges_entry found = {0};

	for (int tries = 0; tries < RANGES_LINE_TRIES; tries++) {
		__u32 node = head->hash + line * RANGES_LINE_NODES;
		__u32 index = node / RANGES_PAGE_NODES;
		const struct ranges_ipv6_page *page;
		const struct ranges_line *at;

		page = bpf_map_lookup_elem(table, &index);
		if (!page)
			break;
		node %= RANGES_PAGE_NODES;
		at = (const void *)&page->entries[(node & ~3U) * 2];
		for (int i = 0; i < RANGES_LINE_KEYS; i++) {
			__u64 hit = ranges_if_le(at->keys[i] ^ word, 0);

			found.value |= at->entries[i].value & hit;
			found.first |= at->entries[i].first & hit;
		}
		if (found.value || !at->entries[RANGES_LINE_KEYS - 1].value)
			break;
		line = (line + 1) & ranges_if_le(line + 2ULL, head->lines);
	}
	return found;
}

/*
 * The last of the `count` entries of a group that is not behind `word`, or
 * the first one; `head` is 1 where the group has one.
 */
static __always_inline struct ranges_entry
ranges_search(const struct ranges_entry *at, __u64 head, __u64 count,
	      __u64 word)
{
	const __u32 *firsts = &at[head].value;
	__u64 base = head, lines, line = 0;

	if (count > RANGES_LINE_ENTRIES) {
		lines = (count + RANGES_LINE_ENTRIES - 1) / RANGES_LINE_ENTRIES;
		base = ranges_lines_at(head, lines);
		/* Few fixed numbers of steps: each one is verified anew. */
		if (lines > 32)
			for (int i = 0; i < 4; i++)
				RANGES_HALVE(firsts, , line, lines, word);
		for (int i = 0; i < 5; i++)
			RANGES_HALVE(firsts, , line, lines, word);
		base += line * RANGES_LINE_ENTRIES;
		count = RANGES_LINE_ENTRIES;
	}
	for (int i = 0; i < 3; i++)
		RANGES_HALVE(at, .first, base, count, word);
	return at[base];
}

/* The list of an address, or 0. */
static __always_inline __u32 ranges_walk(void *table,
					 const struct ranges_ipv6_head *head,
					 __u64 high, __u64 low)
{
	struct ranges_entry entry = ranges_find_line(table, head, high >> 32);
	__u64 host = low, found;
	const struct ranges_entry *at;
	const struct ranges_leaf *leaf;

	if (entry.value) {
		high = high << 32 | low >> 32;
		low <<= 32;
	} else {
		entry = head->top;
	}
	if (entry.value >> RANGES_K_SHIFT == RANGES_K_COUNTED) {
		at = ranges_node(table, entry.value);
		if (!at || entry.first > RANGES_SEARCH_MAX)
			return 0;
		entry = ranges_search(at, 0, entry.first, high >> 32);
	}
	/* Three words, each of which may be in parts. */
	for (int i = 0; i < RANGES_IPV6_STEPS; i++) {
		found = ((high >> 32) - entry.first) >>
			(entry.value >> RANGES_K_SHIFT);
		entry.value &= ranges_if_zero(found);
		switch (entry.value >> RANGES_KIND_SHIFT & RANGES_KIND_MASK) {
		case RANGES_LIST:
			return entry.value & RANGES_LIST_MASK;
		case RANGES_GROUP:
			high = high << 32 | low >> 32;
			low <<= 32;
			break;
		case RANGES_LEAF:
			leaf = (const void *)ranges_node(table, entry.value);
			if (!leaf)
				return 0;
			found = (host - leaf->first) >> (leaf->k & 63);
			return leaf->list & ranges_if_zero(found) &
			       RANGES_LIST_MASK;
		}
		at = ranges_node(table, entry.value);
		if (!at || at->first > RANGES_SEARCH_MAX)
			return 0;
		entry = ranges_search(at, 1, at->first, high >> 32);
	}
	return 0;
}

static __always_inline const struct list *
ranges_lookup_ipv6(const struct addr *address, __u32 *id)
{
	const struct ranges_ipv6_page *page;
	__u64 words[2];
	__u32 zero = 0;
	void *table;

	table = bpf_map_lookup_elem(&ranges_ipv6, &zero);
	if (!table)
		return 0;
	page = bpf_map_lookup_elem(table, &zero);
	if (!page)
		return 0;
	__builtin_memcpy(words, address, sizeof(words));
	*id = ranges_walk(table, &page->head, bpf_be64_to_cpu(words[0]),
			  bpf_be64_to_cpu(words[1]));
	return &page->head.lists[*id];
}

/*
 * The list that an address is on, and in *id its number; NULL when there is no
 * table.  On no list is list 0, of the kind LIST_NONE: what follows can then
 * do without a branch on it, which with random sources costs as much as the
 * lookup.
 */
static __always_inline const struct list *
ranges_lookup_any(enum family family, const struct addr *address, __u32 *id)
{
	__be32 ipv4;

	if (family == FAMILY_IPV6)
		return ranges_lookup_ipv6(address, id);
	__builtin_memcpy(&ipv4, &address->octets[12], sizeof(ipv4));
	return ranges_lookup_ipv4(ipv4, id);
}

/* The same, but NULL and 0 where it is on no list. */
static __always_inline const struct list *
ranges_lookup(enum family family, const struct addr *address, __u32 *id)
{
	const struct list *list = ranges_lookup_any(family, address, id);

	if (!list)
		*id = 0;
	return *id ? list : 0;
}

#endif
