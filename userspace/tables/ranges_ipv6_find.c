/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks up an address in a compiled IPv6 table, as bpf/ranges.h does. */

#include <endian.h>
#include <string.h>

#include "tables/ranges_ipv6.h"

static const struct ranges_cell *find_cell(const struct ranges_ipv6 *ranges,
					   uint32_t word)
{
	const struct ranges_ipv6_head *head = ranges_nodes_at(ranges, 0);
	const uint16_t *pilots = ranges_nodes_at(ranges, head->pilots);
	const struct ranges_cell *cells = ranges_nodes_at(ranges, head->cells);
	uint32_t hash = word * head->factor;
	uint16_t pilot = pilots[ranges_bucket(hash, head->buckets)];

	return &cells[ranges_place(hash, pilot, head->cell_count)];
}

/* The list of a code whose 2^k numbers from `first` on have this one, or 0. */
static unsigned int match(uint64_t number, uint64_t first, uint16_t code)
{
	unsigned int k = code >> RANGES_K_SHIFT & RANGES_K_MASK;

	if (number < first)
		return 0;
	if (k != RANGES_K_REST && (number - first) >> k != 0)
		return 0;
	return code & RANGES_LIST_MASK;
}

/* Steps into the part that may have the number. */
static uint32_t find_part(const struct ranges_ipv6 *ranges, uint32_t node,
			  uint32_t *count, uint64_t number, bool hosts)
{
	const void *index = ranges_nodes_at(ranges, node);
	const uint64_t *host = index;
	const uint32_t *word = index;
	uint32_t part = 0;

	if (*count <= RANGES_GROUP_ENTRIES)
		return node;
	while (*count > RANGES_GROUP_ENTRIES &&
	       (hosts ? host[part + 1] : word[part + 1]) <= number) {
		*count -= RANGES_GROUP_ENTRIES;
		part++;
	}
	if (*count > RANGES_GROUP_ENTRIES)
		*count = RANGES_GROUP_ENTRIES;
	return node + (part + 1) * RANGES_BLOCK_NODES;
}

static unsigned int find_host(const struct ranges_ipv6 *ranges, uint64_t slot,
			      uint64_t host)
{
	uint32_t count = (uint32_t)(slot >> 32), at = 0;
	uint32_t node = find_part(ranges, (uint32_t)slot, &count, host, true);
	const uint64_t *firsts = ranges_nodes_at(ranges, node);
	const uint16_t *codes =
		(const uint16_t *)(const void *)(firsts + count);

	while (at + 1 < count && firsts[at + 1] <= host)
		at++;
	return match(host, firsts[at], codes[at]);
}

/* The last entry may be found as one of its repetitions. */
static uint64_t slot_of(const struct ranges_line *line, uint32_t at,
			const uint64_t *slots)
{
	uint32_t upto = line->slots & RANGES_SLOTS_MASK & ((2U << at) - 1);

	return slots[(line->slots >> RANGES_SLOTS_SHIFT) +
		     (uint32_t)__builtin_popcount(upto) - 1];
}

static unsigned int find_word(const struct ranges_ipv6 *ranges,
			      const struct ranges_cell *cell, uint32_t word,
			      uint64_t host)
{
	uint32_t count = cell->tag & RANGES_COUNT_MASK, at = 0;
	uint32_t part = find_part(ranges, cell->node, &count, word, false);
	const struct ranges_line *line = ranges_nodes_at(ranges, part);
	size_t lines = ranges_lines(count);
	const struct ranges_ipv6_head *head = ranges_nodes_at(ranges, 0);
	const uint64_t *slots;
	uint16_t code;
	uint64_t slot;

	line += ranges_leaves(lines);
	slots = (const uint64_t *)(const void *)(line + lines);
	for (; lines > 1 && line[1].firsts[0] <= word; lines--)
		line++;
	while (at + 1 < RANGES_LINE_ENTRIES && line->firsts[at + 1] <= word)
		at++;
	code = (uint16_t)head->codes[line->codes[at]];
	if (code >> RANGES_KIND_SHIFT == RANGES_RARE)
		code = (uint16_t)slot_of(line, at, slots);
	if (code >> RANGES_KIND_SHIFT == RANGES_LIST)
		return match(word, line->firsts[at], code);
	if (line->firsts[at] != word)
		return 0;
	slot = slot_of(line, at, slots);
	if (code >> RANGES_KIND_SHIFT == RANGES_LEAF)
		return match(host, slot, code);
	return find_host(ranges, slot, host);
}

static unsigned int find_in(const struct ranges_ipv6 *ranges,
			    const struct ranges_cell *cell,
			    const struct ranges_record *record, uint32_t word,
			    uint64_t host)
{
	uint16_t code = (uint16_t)record->tag;

	switch (record->tag >> RANGES_REFERENCE_SHIFT) {
	case RANGES_GROUP:
		return find_word(ranges, cell, word, host);
	case RANGES_LONE:
		if (record->node != word)
			return 0;
		return match(host,
			     (uint64_t)record->host[0] << 32 | record->host[1],
			     code);
	default:
		return match(word, record->node, code);
	}
}

unsigned int ranges_ipv6_find(const struct ranges_ipv6 *ranges,
			      const struct addr *addr)
{
	const struct ranges_ipv6_head *head = ranges_nodes_at(ranges, 0);
	const struct ranges_cell *cell;
	uint32_t words[2], word;
	uint64_t host;

	memcpy(words, addr->octets, sizeof(words));
	memcpy(&host, addr->octets + sizeof(words), sizeof(host));
	host = be64toh(host);
	word = be32toh(words[0]);
	cell = find_cell(ranges, word);
	for (int i = 0; i < RANGES_CELL_RECORDS; i++) {
		const struct ranges_record *record = &cell->records[i];

		if (record->tag != 0 && record->word == word)
			return find_in(ranges, cell, record, be32toh(words[1]),
				       host);
		if (ranges_is_group(cell->tag))
			break;
	}
	return find_in(ranges, &head->top, &head->top.records[0], word, host);
}
