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

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* An undivided prefix of up to so many /32s is found quicker by the hash. */
#define NARROW_WORDS 8
#define NARROW_MAX   65536

enum {
	LEVEL_TOP,   /* the first word */
	LEVEL_WORDS, /* the second word, within a /32 */
	LEVEL_HOSTS, /* within a /64 */
	LEVEL_MAX,
};

static const struct {
	unsigned int shift; /* of an address, to get the number */
	uint64_t mask;
} levels[LEVEL_MAX] = {
	[LEVEL_TOP] = {96, UINT32_MAX},
	[LEVEL_WORDS] = {64, UINT32_MAX},
	[LEVEL_HOSTS] = {0, UINT64_MAX},
};

struct level {
	struct ranges_items items;
	bool open; /* there is a group below, that of `word` */
	uint64_t word;
};

struct builder {
	struct ranges_nodes nodes;
	struct level levels[LEVEL_MAX];
	struct ranges_hash_input hash;
};

static int close_hosts(struct builder *builder)
{
	struct level *above = &builder->levels[LEVEL_WORDS];
	struct level *below = &builder->levels[LEVEL_HOSTS];
	struct ranges_item item = {
		.first = above->word,
		.last = above->word,
	};
	int error;

	if (!above->open)
		return 0;
	above->open = false;
	error = ranges_nodes_hosts(&builder->nodes, &below->items, &item);
	below->items.count = 0;
	if (error)
		return error;
	return ranges_items_add(&above->items, &item);
}

static int close_words(struct builder *builder)
{
	struct level *above = &builder->levels[LEVEL_TOP];
	struct level *below = &builder->levels[LEVEL_WORDS];
	struct ranges_cell cell = {.word = (uint32_t)above->word};
	int error;

	if (!above->open)
		return 0;
	error = close_hosts(builder);
	if (error)
		return error;
	above->open = false;
	error = ranges_nodes_words(&builder->nodes, &below->items, &cell);
	below->items.count = 0;
	if (error)
		return error;
	return ranges_hash_add(&builder->hash, &cell);
}

/* Closes what is open below a level. */
static int close_group(struct builder *builder, unsigned int level)
{
	if (level == LEVEL_TOP)
		return close_words(builder);
	return level == LEVEL_WORDS ? close_hosts(builder) : 0;
}

static int open_group(struct builder *builder, unsigned int level,
		      uint64_t word)
{
	struct level *above = &builder->levels[level];
	int error = 0;

	if (above->open && above->word != word)
		error = close_group(builder, level);
	above->open = true;
	above->word = word;
	return error;
}

static uint64_t number_at(unsigned int level, ranges_number address)
{
	return (uint64_t)(address >> levels[level].shift) & levels[level].mask;
}

static int add_item(struct builder *builder, unsigned int level,
		    ranges_number first, ranges_number last, uint8_t list)
{
	struct ranges_item item = {
		.first = number_at(level, first),
		.last = number_at(level, last),
		.code = list,
	};
	int error = close_group(builder, level);

	if (error)
		return error;
	return ranges_items_add(&builder->levels[level].items, &item);
}

static int add_at(struct builder *builder, unsigned int level,
		  ranges_number first, ranges_number last, uint8_t list)
{
	ranges_number below = ((ranges_number)1 << levels[level].shift) - 1;
	int error;

	for (;;) {
		ranges_number end = first | below;

		if ((first & below) == 0 && end <= last) {
			if ((last & below) == below)
				end = last;
			else
				end = (last & ~below) - 1;
			error = add_item(builder, level, first, end, list);
		} else {
			if (end > last)
				end = last;
			error = open_group(builder, level,
					   number_at(level, first));
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
	return add_at(context, LEVEL_TOP, first, last, list);
}

static bool is_narrow(const struct ranges_item *item)
{
	return item->last - item->first < NARROW_WORDS;
}

/* Moves narrow items from the top to the hash, unless there are too many. */
static int move_narrow(struct builder *builder, struct ranges_items *top)
{
	size_t words = 0, kept = 0;
	int error;

	for (size_t i = 0; i < top->count; i++)
		if (is_narrow(&top->items[i]))
			words += top->items[i].last - top->items[i].first + 1;
	if (words > NARROW_MAX &&
	    words > builder->hash.cell_count + builder->hash.record_count)
		return 0;
	for (size_t i = 0; i < top->count; i++) {
		struct ranges_item item = top->items[i];
		struct ranges_cell all = {
			.tag = item.code | RANGES_K_REST << RANGES_K_SHIFT,
		};

		if (!is_narrow(&item)) {
			top->items[kept++] = item;
			continue;
		}
		for (uint64_t word = item.first; word <= item.last; word++) {
			all.word = (uint32_t)word;
			error = ranges_hash_add(&builder->hash, &all);
			if (error)
				return error;
		}
	}
	top->count = kept;
	return 0;
}

static int finish(struct builder *builder)
{
	struct ranges_items *top = &builder->levels[LEVEL_TOP].items;
	struct ranges_ipv6 *out = builder->nodes.out;
	struct ranges_ipv6_head *head;
	struct ranges_cell cell = {0};
	int error = close_group(builder, LEVEL_TOP);

	if (!error)
		error = move_narrow(builder, top);
	if (!error)
		error = ranges_nodes_words(&builder->nodes, top, &cell);
	if (error)
		return error;
	head = ranges_nodes_at(out, 0);
	head->top = cell;
	return ranges_hash_build(out, &builder->hash);
}

int ranges_ipv6_compile(const struct ranges_input *input,
			struct ranges_ipv6 *out)
{
	struct ranges_ipv6 made = {0};
	struct builder builder = {0};
	int error;

	error = ranges_nodes_begin(&builder.nodes, &made);
	if (!error)
		error = ranges_sweep(input, FAMILY_IPV6, add_segment, &builder);
	if (!error)
		error = finish(&builder);
	for (size_t i = 0; i < LEVEL_MAX; i++)
		free(builder.levels[i].items.items);
	free(builder.nodes.entries.items);
	ranges_hash_free(&builder.hash);
	if (error)
		ranges_ipv6_free(&made);
	else
		*out = made;
	return error;
}

void ranges_ipv6_free(struct ranges_ipv6 *ranges)
{
	free(ranges->octets);
}

uint32_t ranges_ipv6_pages(const struct ranges_ipv6 *ranges)
{
	return (uint32_t)((ranges->nodes + RANGES_PAGE_NODES - 1) /
			  RANGES_PAGE_NODES);
}

void ranges_ipv6_write(const struct ranges_ipv6 *ranges,
		       const struct list lists[static LISTS_MAX], void *pages)
{
	struct ranges_ipv6_head *head = pages;

	memcpy(pages, ranges->octets, ranges->nodes * RANGES_NODE_SIZE);
	memcpy(head->lists, lists, sizeof(head->lists));
}
