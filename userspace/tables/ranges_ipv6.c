/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Segments of IPv6 addresses into the table of bpf/ranges_layout.h.
 *
 * Segments come in order, so of each level one group is open at most.  Where a
 * segment fills whole words of a level, they are an item there; what is left
 * at its ends goes down into the group of that one word.  When something
 * behind that word comes, the group closes and becomes an item itself.
 */

#include "tables/ranges_ipv6.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* An undivided prefix of up to so many /32s is found quicker by the hash. */
#define NARROW_WORDS 8
#define NARROW_MAX   65536

struct level {
	struct ranges_items items;
	bool open; /* there is a group below, that of `word` */
	uint32_t word;
};

struct builder {
	struct ranges_ipv6 *out;
	struct level levels[RANGES_IPV6_WORDS];
	struct ranges_slots slots;
};

/*
 * The only range in a /64 may become a leaf: *value stays as it is when this
 * is none.  `level` is that of the items, `word` the one above them.
 */
static int try_leaf(struct builder *builder, unsigned int level, uint32_t word,
		    uint32_t *value)
{
	const struct ranges_items *items = &builder->levels[level].items;
	const struct ranges_item *item = items->items;
	uint64_t size = (uint64_t)item->last - item->first + 1;
	enum ranges_kind kind = item->value >> RANGES_KIND_SHIFT;
	uint32_t k = (uint32_t)__builtin_ctzll(size);

	if (level < 2 || items->count != 1)
		return 0;
	if (level == 2 && kind == RANGES_LEAF)
		*value = item->value;
	if (kind != RANGES_LIST || (size & (size - 1)) != 0)
		return 0;
	if (level == 2)
		return ranges_nodes_leaf(builder->out,
					 (uint64_t)item->first << 32, k + 32,
					 (uint8_t)item->value, value);
	return ranges_nodes_leaf(builder->out,
				 (uint64_t)word << 32 | item->first, k,
				 (uint8_t)item->value, value);
}

static int close_group(struct builder *builder, unsigned int level)
{
	struct level *above = &builder->levels[level];
	struct level *below = above + 1;
	struct ranges_entry entry;
	uint32_t value = 0;
	int error = 0;

	if (!above->open)
		return 0;
	if (level + 2 < RANGES_IPV6_WORDS)
		error = close_group(builder, level + 1);
	if (error)
		return error;
	above->open = false;
	if (level == 0) {
		error = ranges_nodes_entrance(builder->out, &below->items,
					      &entry);
		if (!error)
			error = ranges_slots_add(&builder->slots, above->word,
						 entry);
	} else {
		error = try_leaf(builder, level + 1, above->word, &value);
		if (!error && !value)
			error = ranges_nodes_group(builder->out, &below->items,
						   &value);
		if (!error)
			error = ranges_items_add(&above->items, above->word,
						 above->word, value);
	}
	below->items.count = 0;
	return error;
}

static int open_group(struct builder *builder, unsigned int level,
		      uint32_t word)
{
	struct level *above = &builder->levels[level];
	int error = 0;

	if (above->open && above->word != word)
		error = close_group(builder, level);
	above->open = true;
	above->word = word;
	return error;
}

static int add_at(struct builder *builder, unsigned int level,
		  ranges_number first, ranges_number last, uint8_t list)
{
	unsigned int shift = (RANGES_IPV6_WORDS - 1 - level) * 32;
	ranges_number below = ((ranges_number)1 << shift) - 1;
	int error;

	for (;;) {
		ranges_number end = first | below;

		if ((first & below) == 0 && end <= last) {
			if ((last & below) == below)
				end = last;
			else
				end = (last & ~below) - 1;
			error = close_group(builder, level);
			if (!error)
				error = ranges_items_add(
					&builder->levels[level].items,
					(uint32_t)(first >> shift),
					(uint32_t)(end >> shift), list);
		} else {
			if (end > last)
				end = last;
			error = open_group(builder, level,
					   (uint32_t)(first >> shift));
			if (!error)
				error = add_at(builder, level + 1, first, end,
					       list);
		}
		if (error || end == last)
			return error;
		first = end + 1;
	}
}

static int add_segment(void *context, ranges_number first, ranges_number last,
		       uint8_t list)
{
	return add_at(context, 0, first, last, list);
}

static bool is_narrow(const struct ranges_item *item)
{
	return item->last - item->first < NARROW_WORDS;
}

/* Moves narrow items from the top to the hash, unless there are too many. */
static int move_narrow(struct builder *builder, struct ranges_items *top)
{
	const struct ranges_entry all = {
		.value = (uint32_t)RANGES_K_REST << RANGES_K_SHIFT,
	};
	size_t words = 0, kept = 0;
	int error = 0;

	for (size_t i = 0; i < top->count; i++)
		if (is_narrow(&top->items[i]))
			words += top->items[i].last - top->items[i].first + 1;
	if (words > NARROW_MAX && words > builder->slots.count)
		return 0;
	for (size_t i = 0; i < top->count; i++) {
		struct ranges_item item = top->items[i];
		struct ranges_entry entry = all;

		if (!is_narrow(&item)) {
			top->items[kept++] = item;
			continue;
		}
		entry.value |= item.value;
		for (uint32_t word = item.first; !error; word++) {
			error = ranges_slots_add(&builder->slots, word, entry);
			if (word == item.last)
				break;
		}
		if (error)
			return error;
	}
	top->count = kept;
	return 0;
}

static int finish(struct builder *builder)
{
	struct ranges_items *top = &builder->levels[0].items;
	struct ranges_entry entry;
	int error = close_group(builder, 0);

	if (!error)
		error = move_narrow(builder, top);
	if (!error)
		error = ranges_nodes_entrance(builder->out, top, &entry);
	if (error)
		return error;
	ranges_ipv6_head(builder->out)->top = entry;
	return ranges_hash_build(builder->out, &builder->slots);
}

int ranges_ipv6_compile(const struct ranges_input *input,
			struct ranges_ipv6 *out)
{
	struct ranges_ipv6 made = {0};
	struct builder builder = {.out = &made};
	size_t head;
	int error;

	error = ranges_nodes_reserve(&made,
				     sizeof(struct ranges_ipv6_head) /
					     sizeof(struct ranges_entry),
				     1, &head);
	if (!error)
		error = ranges_sweep(input, FAMILY_IPV6, add_segment, &builder);
	if (!error)
		error = finish(&builder);
	for (size_t i = 0; i < RANGES_IPV6_WORDS; i++)
		free(builder.levels[i].items.items);
	free(builder.slots.slots);
	if (error)
		ranges_ipv6_free(&made);
	else
		*out = made;
	return error;
}

void ranges_ipv6_free(struct ranges_ipv6 *ranges)
{
	free(ranges->entries);
}

uint32_t ranges_ipv6_pages(const struct ranges_ipv6 *ranges)
{
	return (uint32_t)((ranges->count + RANGES_PAGE_ENTRIES - 1) /
			  RANGES_PAGE_ENTRIES);
}

void ranges_ipv6_write(const struct ranges_ipv6 *ranges,
		       const struct list lists[static LISTS_MAX], void *pages)
{
	struct ranges_ipv6_head *head = pages;

	memcpy(pages, ranges->entries,
	       ranges->count * sizeof(*ranges->entries));
	memcpy(head->lists, lists, sizeof(head->lists));
}

static struct ranges_entry find_line(const struct ranges_ipv6 *ranges,
				     uint32_t word)
{
	const struct ranges_ipv6_head *head = ranges_ipv6_head(ranges);
	const struct ranges_line *lines =
		(const void *)&ranges->entries[(size_t)head->hash * 2];
	uint32_t at = ranges_line_of(head, word);

	for (int tries = 0; tries < RANGES_LINE_TRIES; tries++) {
		for (int i = 0; i < RANGES_LINE_KEYS; i++)
			if (lines[at].entries[i].value != 0 &&
			    lines[at].keys[i] == word)
				return lines[at].entries[i];
		if (++at == head->lines)
			at = 0;
	}
	return (struct ranges_entry){0};
}

/* The last entry of a group that is not behind `word`, or the first. */
static struct ranges_entry search(const struct ranges_entry *at, size_t head,
				  size_t count, uint32_t word)
{
	size_t lines = (count + RANGES_LINE_ENTRIES - 1) / RANGES_LINE_ENTRIES;
	size_t low = head;

	if (lines > 1)
		low = ranges_lines_at(head, lines);
	while (count > 1) {
		size_t half = count / 2;

		if (at[low + half].first <= word)
			low += half;
		count -= half;
	}
	return at[low];
}

unsigned int ranges_ipv6_find(const struct ranges_ipv6 *ranges,
			      const struct addr *addr)
{
	struct ranges_entry entry, zero = {0};
	uint32_t words[RANGES_IPV6_WORDS];
	unsigned int level = 1;

	memcpy(words, addr, sizeof(words));
	for (size_t i = 0; i < RANGES_IPV6_WORDS; i++)
		words[i] = be32toh(words[i]);
	entry = find_line(ranges, words[0]);
	if (entry.value == zero.value) {
		entry = ranges_ipv6_head(ranges)->top;
		level = 0;
	}
	for (;;) {
		uint32_t number = entry.value & RANGES_NUMBER_MASK;
		uint32_t k = entry.value >> RANGES_K_SHIFT;
		const struct ranges_entry *at = &ranges->entries[number * 2];
		struct ranges_leaf leaf;
		uint64_t low;

		if (k == RANGES_K_COUNTED) {
			entry = search(at, 0, entry.first, words[level]);
			continue;
		}
		if (words[level] < entry.first ||
		    (uint64_t)(words[level] - entry.first) >> k != 0)
			return 0;
		switch (entry.value >> RANGES_KIND_SHIFT & RANGES_KIND_MASK) {
		case RANGES_LIST:
			return number;
		case RANGES_LEAF:
			memcpy(&leaf, at, sizeof(leaf));
			low = (uint64_t)words[2] << 32 | words[3];
			if (low < leaf.first || (low - leaf.first) >> leaf.k)
				return 0;
			return leaf.list;
		case RANGES_GROUP:
			level++;
		}
		entry = search(at, 1, at->first, words[level]);
	}
}
