/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lays out the groups and leaves of an IPv6 table. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tables/ranges_ipv6.h"

#define ENTRIES_MAX                                                            \
	((size_t)(RANGES_NUMBER_MASK + 1) * sizeof(struct ranges_leaf) /       \
	 sizeof(struct ranges_entry))
#define NODE_ENTRIES (sizeof(struct ranges_leaf) / sizeof(struct ranges_entry))

static uint32_t value_of(enum ranges_kind kind, size_t number)
{
	return (uint32_t)kind << RANGES_KIND_SHIFT | (uint32_t)number;
}

static struct ranges_entry entry_of(uint32_t first, uint32_t k, uint32_t value)
{
	return (struct ranges_entry){
		.first = first,
		.value = k << RANGES_K_SHIFT | value,
	};
}

int ranges_items_add(struct ranges_items *items, uint32_t first, uint32_t last,
		     uint32_t value)
{
	void *array = items->items;

	if (ranges_grow(&array, items->count, &items->room,
			sizeof(*items->items)) != 0)
		return -ENOMEM;
	items->items = array;
	items->items[items->count++] = (struct ranges_item){
		.first = first,
		.last = last,
		.value = value,
	};
	return 0;
}

int ranges_nodes_reserve(struct ranges_ipv6 *out, size_t count, size_t align,
			 size_t *at)
{
	size_t start = (out->count + align - 1) / align * align;
	size_t in_page = start % RANGES_PAGE_ENTRIES;
	size_t end;

	if (count <= RANGES_GROUP_MAX && in_page >= RANGES_PAGE_STARTS)
		start += RANGES_PAGE_ENTRIES - in_page;
	end = start + count;
	if (end > ENTRIES_MAX)
		return -ENOSPC;
	if (end > out->room) {
		size_t room = out->room * 2 > end ? out->room * 2 : end;
		struct ranges_entry *grown =
			reallocarray(out->entries, room, sizeof(*out->entries));

		if (!grown)
			return -ENOMEM;
		out->entries = grown;
		out->room = room;
	}
	memset(out->entries + out->count, 0,
	       (end - out->count) * sizeof(*out->entries));
	out->count = end;
	*at = start;
	return 0;
}

/*
 * A power of two words needs one entry.  Anything else lasts until the next
 * item; and where no item follows at once, an entry for "on no list" ends it.
 * With `to` NULL the entries are only counted.
 */
static size_t encode(const struct ranges_item *items, size_t count,
		     struct ranges_entry *to)
{
	size_t made = 0;

	for (size_t i = 0; i < count; i++) {
		const struct ranges_item *item = &items[i];
		uint64_t size = (uint64_t)item->last - item->first + 1;
		bool power = (size & (size - 1)) == 0;
		uint32_t k = RANGES_K_REST;

		if (power)
			k = (uint32_t)__builtin_ctzll(size);
		if (to)
			to[made] = entry_of(item->first, k, item->value);
		made++;
		if (power || item->last == UINT32_MAX ||
		    (i + 1 < count && items[i + 1].first == item->last + 1))
			continue;
		if (to)
			to[made] = entry_of(item->last + 1, RANGES_K_REST,
					    value_of(RANGES_LIST, 0));
		made++;
	}
	return made;
}

/* A group of `made` entries, with a head or without; *number is its node. */
static int put_group(struct ranges_ipv6 *out, const struct ranges_item *items,
		     size_t count, size_t made, size_t head, size_t *number)
{
	size_t lines = (made + RANGES_LINE_ENTRIES - 1) / RANGES_LINE_ENTRIES;
	size_t base = head, size = head + made, align = RANGES_LINE_ENTRIES, at;
	struct ranges_entry *to;
	int error;

	if (lines > 1) {
		base = ranges_lines_at(head, lines);
		size = base + lines * RANGES_LINE_ENTRIES;
	}
	while (align / 2 >= size && align > NODE_ENTRIES)
		align /= 2;
	error = ranges_nodes_reserve(out, size, align, &at);
	if (error)
		return error;
	to = &out->entries[at];
	if (head)
		to->first = (uint32_t)made;
	encode(items, count, to + base);
	for (size_t i = base + made; i < size; i++)
		to[i] = to[base + made - 1];
	for (size_t i = 0; i < lines && lines > 1; i++)
		memcpy((uint32_t *)(to + head) + i,
		       &to[base + i * RANGES_LINE_ENTRIES].first,
		       sizeof(uint32_t));
	*number = at / NODE_ENTRIES;
	return 0;
}

/*
 * Cuts what is too large to be searched at once; *number is the node of a
 * group of parts.  An item becomes two entries at most.
 */
static int put_parts(struct ranges_ipv6 *out, const struct ranges_items *items,
		     size_t *number)
{
	const size_t size = RANGES_SEARCH_MAX / 2;
	struct ranges_items parts = {0};
	int error = 0;

	for (size_t i = 0; i < items->count && !error; i += size) {
		size_t count =
			items->count - i < size ? items->count - i : size;
		uint32_t last = UINT32_MAX;
		size_t part;

		error = put_group(out, items->items + i, count,
				  encode(items->items + i, count, NULL), 1,
				  &part);
		if (error)
			break;
		if (i + count < items->count)
			last = items->items[i + count].first - 1;
		error = ranges_items_add(&parts, items->items[i].first, last,
					 value_of(RANGES_PART, part));
	}
	/* With parts of parts no table would be large enough. */
	if (!error && parts.count > size)
		error = -ENOSPC;
	if (!error)
		error = put_group(out, parts.items, parts.count,
				  encode(parts.items, parts.count, NULL), 1,
				  number);
	free(parts.items);
	return error;
}

int ranges_nodes_group(struct ranges_ipv6 *out,
		       const struct ranges_items *items, uint32_t *value)
{
	size_t made = encode(items->items, items->count, NULL), number;
	int error;

	if (made > RANGES_SEARCH_MAX)
		error = put_parts(out, items, &number);
	else
		error = put_group(out, items->items, items->count, made, 1,
				  &number);
	if (!error)
		*value = value_of(RANGES_GROUP, number);
	return error;
}

int ranges_nodes_entrance(struct ranges_ipv6 *out,
			  const struct ranges_items *items,
			  struct ranges_entry *entry)
{
	size_t made = encode(items->items, items->count, NULL), number;
	int error;

	if (made > RANGES_SEARCH_MAX) {
		error = put_parts(out, items, &number);
		if (!error)
			*entry = entry_of(0, RANGES_K_REST,
					  value_of(RANGES_PART, number));
		return error;
	}
	if (made <= 1) {
		*entry = (struct ranges_entry){0};
		encode(items->items, items->count, entry);
		return 0;
	}
	error = put_group(out, items->items, items->count, made, 0, &number);
	if (!error)
		*entry = entry_of((uint32_t)made, RANGES_K_COUNTED,
				  value_of(RANGES_GROUP, number));
	return error;
}

int ranges_nodes_leaf(struct ranges_ipv6 *out, uint64_t first, uint32_t k,
		      uint8_t list, uint32_t *value)
{
	struct ranges_leaf leaf = {.first = first, .k = k, .list = list};
	size_t at;
	int error = ranges_nodes_reserve(out, NODE_ENTRIES, NODE_ENTRIES, &at);

	if (error)
		return error;
	memcpy(&out->entries[at], &leaf, sizeof(leaf));
	*value = value_of(RANGES_LEAF, at / NODE_ENTRIES);
	return 0;
}
