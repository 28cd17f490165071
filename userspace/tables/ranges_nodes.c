/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lays out the groups and hosts of an IPv6 table. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tables/ranges_ipv6.h"

int ranges_items_add(struct ranges_items *items, const struct ranges_item *item)
{
	void *array = items->items;

	if (ranges_grow(&array, items->count, &items->room,
			sizeof(*items->items)) != 0)
		return -ENOMEM;
	items->items = array;
	items->items[items->count++] = *item;
	return 0;
}

int ranges_nodes_reserve(struct ranges_ipv6 *out, size_t nodes, size_t align,
			 uint32_t *node)
{
	size_t start = (out->nodes + align - 1) / align * align;
	size_t in_page = start % RANGES_PAGE_NODES;
	size_t end;

	if (nodes <= RANGES_BLOCK_NODES &&
	    in_page > RANGES_PAGE_NODES - RANGES_BLOCK_NODES)
		start += RANGES_PAGE_NODES - in_page;
	end = start + nodes;
	if (end > (size_t)RANGES_PAGES_MAX * RANGES_PAGE_NODES)
		return -ENOSPC;
	if (end > out->room) {
		size_t room = out->room * 2 > end ? out->room * 2 : end;
		uint8_t *grown =
			reallocarray(out->octets, room, RANGES_NODE_SIZE);

		if (!grown)
			return -ENOMEM;
		out->octets = grown;
		out->room = room;
	}
	memset(out->octets + out->nodes * RANGES_NODE_SIZE, 0,
	       (end - out->nodes) * RANGES_NODE_SIZE);
	out->nodes = end;
	*node = (uint32_t)start;
	return 0;
}

static size_t nodes_for(size_t octets)
{
	return (octets + RANGES_NODE_SIZE - 1) / RANGES_NODE_SIZE;
}

static enum ranges_kind kind_of(uint16_t code)
{
	return code >> RANGES_KIND_SHIFT;
}

static uint16_t code_of(enum ranges_kind kind, uint32_t k, uint16_t list)
{
	return (uint16_t)(kind << RANGES_KIND_SHIFT | k << RANGES_K_SHIFT |
			  list);
}

/*
 * Items become entries.  A power of two needs one.  Anything else lasts until
 * the next item; and where no item follows at once, "on no list" ends it.
 */
static int encode(struct ranges_nodes *nodes, const struct ranges_items *items,
		  uint64_t highest)
{
	int error = 0;

	nodes->entries.count = 0;
	for (size_t i = 0; i < items->count && !error; i++) {
		struct ranges_item item = items->items[i];
		uint64_t hosts = item.last - item.first;
		uint32_t k = (uint32_t)__builtin_popcountll(hosts);
		bool power = (hosts & (hosts + 1)) == 0 && k < RANGES_K_REST;

		if (kind_of(item.code) == RANGES_LIST)
			item.code =
				code_of(RANGES_LIST, power ? k : RANGES_K_REST,
					item.code);
		error = ranges_items_add(&nodes->entries, &item);
		if (error || power || item.last == highest ||
		    (i + 1 < items->count &&
		     items->items[i + 1].first == item.last + 1))
			continue;
		item.first = item.last + 1;
		item.code = code_of(RANGES_LIST, RANGES_K_REST, 0);
		error = ranges_items_add(&nodes->entries, &item);
	}
	return error;
}

static size_t group_size(const struct ranges_item *entries, size_t count)
{
	size_t lines = ranges_lines(count), slots = 0;

	for (size_t i = 0; i < count; i++)
		slots += kind_of(entries[i].code) != RANGES_LIST;
	return (ranges_lines_at(lines) + lines) * RANGES_LINE_SIZE +
	       slots * sizeof(uint64_t);
}

static void put_group(void *to, const struct ranges_item *entries, size_t count)
{
	size_t lines = ranges_lines(count), slots = 0;
	struct ranges_line *line = to;
	uint32_t *firsts = to;
	uint64_t *slot;

	line += ranges_lines_at(lines);
	slot = (uint64_t *)(void *)(line + lines);
	for (size_t i = 0; i < lines * RANGES_LINE_ENTRIES; i++) {
		const struct ranges_item *entry =
			&entries[i < count ? i : count - 1];
		size_t at = i % RANGES_LINE_ENTRIES;

		if (at == 0) {
			line->slots = (uint32_t)slots << RANGES_SLOTS_SHIFT;
			if (lines > 1)
				*firsts++ = (uint32_t)entry->first;
		}
		line->firsts[at] = (uint32_t)entry->first;
		line->codes[at] = entry->code;
		/* What is repeated has its slot already. */
		if (i < count && kind_of(entry->code) != RANGES_LIST) {
			line->slots |= 1U << at;
			slot[slots++] = entry->slot;
		}
		if (at == RANGES_LINE_ENTRIES - 1)
			line++;
	}
}

static size_t hosts_size(size_t count)
{
	return count * (sizeof(uint64_t) + sizeof(uint16_t));
}

static void put_hosts(void *to, const struct ranges_item *entries, size_t count)
{
	uint64_t *firsts = to;
	uint16_t *codes = (uint16_t *)(void *)(firsts + count);

	for (size_t i = 0; i < count; i++) {
		firsts[i] = entries[i].first;
		codes[i] = entries[i].code;
	}
}

/* What is too much to be searched at once; the first block says what where. */
static int put_parts(struct ranges_nodes *nodes, bool hosts, uint32_t *node)
{
	const struct ranges_item *entries = nodes->entries.items;
	size_t count = nodes->entries.count;
	size_t parts =
		(count + RANGES_GROUP_ENTRIES - 1) / RANGES_GROUP_ENTRIES;
	uint8_t *to;
	int error;

	if (parts > RANGES_PARTS_MAX)
		return -ENOSPC;
	error = ranges_nodes_reserve(nodes->out,
				     (parts + 1) * RANGES_BLOCK_NODES,
				     RANGES_BLOCK_NODES, node);
	if (error)
		return error;
	to = ranges_nodes_at(nodes->out, *node);
	for (size_t i = 0; i < parts; i++) {
		const struct ranges_item *first =
			&entries[i * RANGES_GROUP_ENTRIES];
		size_t size = count - i * RANGES_GROUP_ENTRIES;
		uint8_t *part = to + (i + 1) * RANGES_BLOCK_SIZE;

		if (size > RANGES_GROUP_ENTRIES)
			size = RANGES_GROUP_ENTRIES;
		if (hosts) {
			((uint64_t *)(void *)to)[i] = first->first;
			put_hosts(part, first, size);
		} else {
			((uint32_t *)(void *)to)[i] = (uint32_t)first->first;
			put_group(part, first, size);
		}
	}
	return 0;
}

static int put(struct ranges_nodes *nodes, bool hosts, uint32_t *node)
{
	const struct ranges_item *entries = nodes->entries.items;
	size_t count = nodes->entries.count, size;
	int error;

	if (count > RANGES_GROUP_ENTRIES)
		return put_parts(nodes, hosts, node);
	size = hosts ? hosts_size(count) : group_size(entries, count);
	error = ranges_nodes_reserve(nodes->out, nodes_for(size),
				     hosts ? 1 : RANGES_LINE_NODES, node);
	if (error)
		return error;
	if (hosts)
		put_hosts(ranges_nodes_at(nodes->out, *node), entries, count);
	else
		put_group(ranges_nodes_at(nodes->out, *node), entries, count);
	return 0;
}

static int put_lone(struct ranges_nodes *nodes, const struct ranges_item *entry,
		    uint32_t *node)
{
	struct ranges_lone lone = {
		.first = entry->slot,
		.word = (uint32_t)entry->first,
		.code = entry->code,
	};
	int error = ranges_nodes_reserve(nodes->out, 1, 1, node);

	if (error)
		return error;
	memcpy(ranges_nodes_at(nodes->out, *node), &lone, sizeof(lone));
	return 0;
}

int ranges_nodes_words(struct ranges_nodes *nodes,
		       const struct ranges_items *items, struct ranges_ref *ref)
{
	uint32_t tag = RANGES_GROUP, node = 0;
	const struct ranges_item *first;
	int error;

	error = encode(nodes, items, UINT32_MAX);
	if (error)
		return error;
	first = nodes->entries.items;
	if (nodes->entries.count == 0) {
		*ref = (struct ranges_ref){0};
		return 0;
	}
	if (nodes->entries.count == 1 && kind_of(first->code) == RANGES_LIST) {
		*ref = (struct ranges_ref){
			.tag = first->code,
			.word = (uint32_t)first->first,
		};
		return 0;
	}
	if (nodes->entries.count == 1 && kind_of(first->code) == RANGES_LEAF) {
		tag = RANGES_LONE;
		error = put_lone(nodes, first, &node);
	} else {
		error = put(nodes, false, &node);
	}
	if (!error)
		*ref = (struct ranges_ref){
			.tag = tag << RANGES_REFERENCE_SHIFT |
			       (uint32_t)nodes->entries.count,
			.word = node,
		};
	return error;
}

int ranges_nodes_hosts(struct ranges_nodes *nodes,
		       const struct ranges_items *items,
		       struct ranges_item *above)
{
	const struct ranges_item *first;
	uint32_t node = 0;
	int error;

	error = encode(nodes, items, UINT64_MAX);
	if (error)
		return error;
	first = nodes->entries.items;
	if (nodes->entries.count == 1) {
		above->slot = first->first;
		above->code = code_of(RANGES_LEAF, 0, first->code);
		return 0;
	}
	error = put(nodes, true, &node);
	if (error)
		return error;
	above->slot = (uint64_t)nodes->entries.count << 32 | node;
	above->code = code_of(RANGES_HOSTS, 0, 0);
	return 0;
}
