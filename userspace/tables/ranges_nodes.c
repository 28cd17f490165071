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

int ranges_nodes_begin(struct ranges_nodes *nodes, struct ranges_ipv6 *out)
{
	struct ranges_ipv6_head *head;
	uint32_t node;
	int error;

	nodes->out = out;
	error = ranges_nodes_reserve(out, nodes_for(sizeof(*head)), 1, &node);
	if (error)
		return error;
	head = ranges_nodes_at(out, node);
	head->codes[RANGES_CODE_HOSTS] =
		ranges_element(code_of(RANGES_HOSTS, 0, 0));
	head->codes[RANGES_CODE_RARE] =
		ranges_element(code_of(RANGES_RARE, 0, 0));
	return 0;
}

/* Where the head has a code; a new one takes the next place there is. */
static uint8_t index_of(struct ranges_nodes *nodes, uint16_t code)
{
	struct ranges_ipv6_head *head = ranges_nodes_at(nodes->out, 0);
	uint8_t index = nodes->indices[code];
	uint64_t element = ranges_element(code);

	if (kind_of(code) == RANGES_HOSTS)
		return RANGES_CODE_HOSTS;
	if (index < nodes->code_count && head->codes[index] == element)
		return index;
	if (nodes->code_count == RANGES_CODE_HOSTS)
		return RANGES_CODE_RARE;
	index = (uint8_t)nodes->code_count++;
	head->codes[index] = element;
	nodes->indices[code] = index;
	return index;
}

/* The only entry of hosts, where there is no code for a leaf. */
static int put_lone_host(struct ranges_nodes *nodes, struct ranges_item *leaf)
{
	struct ranges_item host = {
		.first = leaf->slot,
		.code = leaf->code & RANGES_LIST_CODE,
	};
	uint32_t node;
	int error;

	error = ranges_nodes_reserve(nodes->out, nodes_for(hosts_size(1)), 1,
				     &node);
	if (error)
		return error;
	put_hosts(ranges_nodes_at(nodes->out, node), &host, 1);
	leaf->slot = 1ULL << 32 | node;
	leaf->code = code_of(RANGES_HOSTS, 0, 0);
	leaf->index = RANGES_CODE_HOSTS;
	return 0;
}

/* How lines have the codes of the entries in work. */
static int index_entries(struct ranges_nodes *nodes)
{
	int error = 0;

	for (size_t i = 0; i < nodes->entries.count && !error; i++) {
		struct ranges_item *entry = &nodes->entries.items[i];

		entry->index = index_of(nodes, entry->code);
		if (entry->index != RANGES_CODE_RARE)
			continue;
		if (kind_of(entry->code) == RANGES_LEAF)
			error = put_lone_host(nodes, entry);
		else
			entry->slot = entry->code;
	}
	return error;
}

static bool has_slot(const struct ranges_item *entry)
{
	return entry->index == RANGES_CODE_RARE ||
	       kind_of(entry->code) != RANGES_LIST;
}

static size_t group_size(const struct ranges_item *entries, size_t count)
{
	size_t lines = ranges_lines(count), slots = 0;

	for (size_t i = 0; i < count; i++)
		slots += has_slot(&entries[i]);
	return (ranges_leaves(lines) + lines) * RANGES_LINE_SIZE +
	       slots * sizeof(uint64_t);
}

/* The last words before all children but the first, of `step` lines each. */
static void put_before(uint32_t *before, size_t count,
		       const struct ranges_line *lines, size_t line_count,
		       size_t step)
{
	for (size_t i = 0; i < count; i++) {
		size_t line = (i + 1) * step;

		before[i] = line < line_count ? lines[line].firsts[0] - 1
					      : UINT32_MAX;
	}
}

/* What leads to the lines of a group, behind its leaves. */
static void put_leaves(struct ranges_cell *cell, struct ranges_leaf *leaves,
		       size_t line_count)
{
	size_t count = ranges_leaves(line_count);
	const struct ranges_line *lines = (const void *)(leaves + count);

	put_before(cell->before, RANGES_CELL_CHILDREN - 1, lines, line_count,
		   count ? RANGES_LEAF_CHILDREN : 1);
	for (size_t i = 0; i < count; i++) {
		size_t first = i * RANGES_LEAF_CHILDREN;

		put_before(leaves[i].before, RANGES_LEAF_CHILDREN - 1,
			   lines + first, line_count - first, 1);
	}
}

static void put_group(struct ranges_cell *cell, void *to,
		      const struct ranges_item *entries, size_t count)
{
	size_t lines = ranges_lines(count), slots = 0;
	struct ranges_line *line = to;
	uint64_t *slot;

	line += ranges_leaves(lines);
	slot = (uint64_t *)(void *)(line + lines);
	for (size_t i = 0; i < lines * RANGES_LINE_ENTRIES; i++) {
		const struct ranges_item *entry =
			&entries[i < count ? i : count - 1];
		size_t at = i % RANGES_LINE_ENTRIES;

		if (at == 0)
			line->slots = (uint32_t)slots << RANGES_SLOTS_SHIFT;
		line->firsts[at] = (uint32_t)entry->first;
		line->codes[at] = entry->index;
		/* What is repeated has its slot already. */
		if (i < count && has_slot(entry)) {
			line->slots |= 1U << at;
			slot[slots++] = entry->slot;
		}
		if (at == RANGES_LINE_ENTRIES - 1)
			line++;
	}
	put_leaves(cell, to, lines);
}

static uint32_t tag_of(enum ranges_reference reference, size_t what)
{
	return (uint32_t)reference << RANGES_REFERENCE_SHIFT | (uint32_t)what;
}

/* A group and its cell in a block. */
static void put_part(uint8_t *block, const struct ranges_item *entries,
		     size_t count)
{
	struct ranges_cell *cell = (void *)(block + RANGES_PART_CELL);

	cell->tag = tag_of(RANGES_GROUP, count);
	put_group(cell, block, entries, count);
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
			put_part(part, first, size);
		}
	}
	return 0;
}

/* Those that are in work, for which hosts have no cell. */
static int put(struct ranges_nodes *nodes, struct ranges_cell *cell,
	       uint32_t *node)
{
	const struct ranges_item *entries = nodes->entries.items;
	size_t count = nodes->entries.count, size;
	int error;

	if (count > RANGES_GROUP_ENTRIES)
		return put_parts(nodes, !cell, node);
	size = cell ? group_size(entries, count) : hosts_size(count);
	error = ranges_nodes_reserve(nodes->out, nodes_for(size),
				     cell ? RANGES_LINE_NODES : 1, node);
	if (error)
		return error;
	if (cell)
		put_group(cell, ranges_nodes_at(nodes->out, *node), entries,
			  count);
	else
		put_hosts(ranges_nodes_at(nodes->out, *node), entries, count);
	return 0;
}

int ranges_nodes_words(struct ranges_nodes *nodes,
		       const struct ranges_items *items,
		       struct ranges_cell *cell)
{
	const struct ranges_item *first;
	int error;

	error = encode(nodes, items, UINT32_MAX);
	if (error || nodes->entries.count == 0)
		return error;
	first = nodes->entries.items;
	if (nodes->entries.count > 1 || kind_of(first->code) == RANGES_HOSTS) {
		cell->tag = tag_of(RANGES_GROUP, nodes->entries.count);
		error = index_entries(nodes);
		return error ? error : put(nodes, cell, &cell->node);
	}
	cell->tag = tag_of(RANGES_ENTRY, first->code);
	cell->node = (uint32_t)first->first;
	if (kind_of(first->code) == RANGES_LEAF) {
		cell->tag = tag_of(RANGES_LONE, first->code);
		cell->records[0].host[0] = (uint32_t)(first->slot >> 32);
		cell->records[0].host[1] = (uint32_t)first->slot;
	}
	return 0;
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
	error = put(nodes, NULL, &node);
	if (error)
		return error;
	above->slot = (uint64_t)nodes->entries.count << 32 | node;
	above->code = code_of(RANGES_HOSTS, 0, 0);
	return 0;
}
