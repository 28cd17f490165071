/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Segments of IPv4 addresses into the table of bpf/ranges_layout.h. */

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tables/ranges_internal.h"

#define GROUP_ADDRESSES (1U << RANGES_IPV4_GROUP_BITS)
#define BLOCK_ADDRESSES (1U << RANGES_IPV4_BLOCK_BITS)

/* What is left of a segment within a group. */
struct piece {
	uint16_t first;
	uint16_t last;
	uint8_t list;
};

struct builder {
	struct ranges_ipv4 *out;
	uint32_t group; /* the one that `pieces` are of; all before are done */
	uint32_t piece_count;
	struct piece pieces[GROUP_ADDRESSES];
	/* What they become, block by block. */
	uint32_t range_count[RANGES_IPV4_BLOCKS];
	uint32_t ranges[RANGES_IPV4_BLOCKS][BLOCK_ADDRESSES];
};

static uint32_t block_of(uint32_t address)
{
	return address >> RANGES_IPV4_BLOCK_BITS;
}

static uint32_t blocks_of(uint32_t first, uint32_t last)
{
	return block_of(last) - block_of(first) + 1;
}

/* The ranges that the gaps between the pieces would be. */
static uint32_t count_gaps(const struct builder *builder)
{
	uint32_t next = 0, gaps = 0;

	for (size_t i = 0; i < builder->piece_count; i++) {
		const struct piece *piece = &builder->pieces[i];

		if (piece->first > next)
			gaps += blocks_of(next, piece->first - 1U);
		next = piece->last + 1U;
	}
	if (next < GROUP_ADDRESSES)
		gaps += blocks_of(next, GROUP_ADDRESSES - 1);
	return gaps;
}

/*
 * Which list is the rule in this group, so that only exceptions need ranges?
 * Mostly that is none.  But with a few allowed hosts in a listed network it is
 * the network's.
 */
static uint8_t find_rule(const struct builder *builder)
{
	uint32_t uses[LISTS_MAX], all = 0;
	uint32_t gaps = count_gaps(builder);
	uint8_t rule = 0;

	for (size_t i = 0; i < builder->piece_count; i++)
		all += blocks_of(builder->pieces[i].first,
				 builder->pieces[i].last);
	if (all <= gaps)
		return 0;
	memset(uses, 0, sizeof(uses));
	uses[0] = gaps;
	for (size_t i = 0; i < builder->piece_count; i++) {
		const struct piece *piece = &builder->pieces[i];

		uses[piece->list] += blocks_of(piece->first, piece->last);
		if (uses[piece->list] > uses[rule])
			rule = piece->list;
	}
	return rule;
}

static void add_ranges(struct builder *builder, uint32_t first, uint32_t last,
		       uint8_t list)
{
	for (uint32_t end; first <= last; first = end + 1) {
		uint32_t block = block_of(first);

		end = first | RANGES_IPV4_BLOCK_MASK;
		if (end > last)
			end = last;
		builder->ranges[block][builder->range_count[block]++] =
			(first & RANGES_IPV4_BLOCK_MASK)
				<< RANGES_IPV4_FIRST_SHIFT |
			(end & RANGES_IPV4_BLOCK_MASK)
				<< RANGES_IPV4_LAST_SHIFT |
			list;
	}
}

static void collect_ranges(struct builder *builder, uint8_t rule)
{
	uint32_t next = 0;

	memset(builder->range_count, 0, sizeof(builder->range_count));
	for (size_t i = 0; i < builder->piece_count; i++) {
		const struct piece *piece = &builder->pieces[i];

		if (rule && piece->first > next)
			add_ranges(builder, next, piece->first - 1U, 0);
		if (piece->list != rule)
			add_ranges(builder, piece->first, piece->last,
				   piece->list);
		next = piece->last + 1U;
	}
	if (rule && next < GROUP_ADDRESSES)
		add_ranges(builder, next, GROUP_ADDRESSES - 1, 0);
}

/* Returns the units of 2^shift ranges that the blocks fill. */
static uint32_t count_units(const struct builder *builder, uint8_t shift)
{
	uint32_t units = 0;

	for (size_t i = 0; i < RANGES_IPV4_BLOCKS; i++)
		units += (builder->range_count[i] + (1U << shift) - 1) >> shift;
	return units;
}

/* Room for `count` ranges that are searched together; *at gets where. */
static int reserve(struct ranges_ipv4 *out, uint32_t count, size_t *at)
{
	size_t start = out->count % RANGES_IPV4_RANGES;
	size_t end;

	if (start + count > RANGES_IPV4_STARTS)
		start = RANGES_IPV4_RANGES;
	start += out->count - out->count % RANGES_IPV4_RANGES;
	end = start + count;
	if (end > (size_t)RANGES_IPV4_RANGES * RANGES_PAGES_MAX)
		return -ENOSPC;
	if (end > out->room) {
		size_t room = out->room * 2 > end ? out->room * 2 : end;
		uint32_t *grown =
			reallocarray(out->ranges, room, sizeof(*out->ranges));

		if (!grown)
			return -ENOMEM;
		out->ranges = grown;
		out->room = room;
	}
	/* Behind the starts there is nothing. */
	if (start > out->count)
		memset(out->ranges + out->count, 0,
		       (start - out->count) * sizeof(*out->ranges));
	out->count = end;
	*at = start;
	return 0;
}

static void put_ranges(const struct builder *builder, uint8_t shift,
		       uint32_t *to, struct ranges_ipv4_group *group)
{
	uint32_t units = 0;

	for (size_t i = 0; i < RANGES_IPV4_BLOCKS; i++) {
		const uint32_t *from = builder->ranges[i];
		uint32_t count = builder->range_count[i], n = 0;

		for (; n < count; n++)
			*to++ = from[n];
		for (; n % (1U << shift) != 0; n++)
			*to++ = from[count - 1];
		units += n >> shift;
		group->ends |= (uint64_t)units << i * 8;
	}
}

static int close_group(struct builder *builder)
{
	struct ranges_ipv4_group group = {.page = 1};
	uint32_t units = 0;
	uint8_t shift = 0;
	size_t at;
	int error;

	if (builder->piece_count > 0) {
		group.rule = find_rule(builder);
		collect_ranges(builder, group.rule);
		while ((units = count_units(builder, shift)) >
		       RANGES_IPV4_UNITS)
			shift++;
		builder->piece_count = 0;
	}
	if (units > 0) {
		error = reserve(builder->out, units << shift, &at);
		if (error)
			return error;
		group.shift = shift;
		group.start = (uint32_t)(at % RANGES_IPV4_RANGES);
		group.page = (uint16_t)(at / RANGES_IPV4_RANGES + 1);
		put_ranges(builder, shift, builder->out->ranges + at, &group);
	}
	builder->out->groups[builder->group++] = group;
	return 0;
}

static int close_below(struct builder *builder, uint32_t group)
{
	while (builder->group < group) {
		int error = close_group(builder);

		if (error)
			return error;
	}
	return 0;
}

static int add_segment(void *context, ranges_number from, ranges_number to,
		       uint8_t list)
{
	uint32_t first = (uint32_t)from, last = (uint32_t)to;
	struct builder *builder = context;

	for (;;) {
		uint32_t highest = first | (GROUP_ADDRESSES - 1);
		uint32_t end = last < highest ? last : highest;
		int error =
			close_below(builder, first >> RANGES_IPV4_GROUP_BITS);

		if (error)
			return error;
		builder->pieces[builder->piece_count++] = (struct piece){
			.first = first & (GROUP_ADDRESSES - 1),
			.last = end & (GROUP_ADDRESSES - 1),
			.list = list,
		};
		if (end == last)
			return 0;
		first = end + 1;
	}
}

int ranges_ipv4_compile(const struct ranges_input *input,
			struct ranges_ipv4 *out)
{
	struct ranges_ipv4 made = {0};
	struct builder *builder;
	int error = -ENOMEM;

	builder = calloc(1, sizeof(*builder));
	made.groups = calloc(RANGES_IPV4_GROUPS, sizeof(*made.groups));
	if (!builder || !made.groups)
		goto out;
	builder->out = &made;
	error = ranges_sweep(input, FAMILY_IPV4, add_segment, builder);
	if (!error)
		error = close_below(builder, RANGES_IPV4_GROUPS);
	if (error)
		goto out;
	*out = made;
	made = (struct ranges_ipv4){0};
out:
	free(builder);
	ranges_ipv4_free(&made);
	return error;
}

void ranges_ipv4_free(struct ranges_ipv4 *ranges)
{
	free(ranges->groups);
	free(ranges->ranges);
}

uint32_t ranges_ipv4_pages(const struct ranges_ipv4 *ranges)
{
	size_t pages =
		(ranges->count + RANGES_IPV4_RANGES - 1) / RANGES_IPV4_RANGES;

	/* The root, and one at least, for the lists of rules. */
	return (uint32_t)(1 + (pages ? pages : 1));
}

void ranges_ipv4_write(const struct ranges_ipv4 *ranges,
		       const struct list lists[static LISTS_MAX], void *pages)
{
	struct ranges_ipv4_page *page = pages;
	uint32_t count = ranges_ipv4_pages(ranges);
	size_t left = ranges->count;

	memcpy(page, ranges->groups, sizeof(*page));
	for (uint32_t i = 1; i < count; i++) {
		size_t size =
			left < RANGES_IPV4_RANGES ? left : RANGES_IPV4_RANGES;

		memcpy(page[i].lists, lists, sizeof(page[i].lists));
		if (size > 0)
			memcpy(page[i].ranges,
			       ranges->ranges + ranges->count - left,
			       size * sizeof(*ranges->ranges));
		left -= size;
	}
}

unsigned int ranges_ipv4_find(const struct ranges_ipv4 *ranges,
			      uint32_t address)
{
	const struct ranges_ipv4_group *group =
		&ranges->groups[address >> RANGES_IPV4_GROUP_BITS];
	uint32_t shift = block_of(address) % RANGES_IPV4_BLOCKS * 8;
	uint32_t host = address & RANGES_IPV4_BLOCK_MASK;
	size_t low = (group->ends << 8 >> shift & 0xff) << group->shift;
	size_t high = (group->ends >> shift & 0xff) << group->shift;
	const uint32_t *at;

	if (low == high)
		return group->rule;
	at = ranges->ranges + group->start +
	     (size_t)(group->page - 1U) * RANGES_IPV4_RANGES;
	/* Which of them is the last to begin at or before the address? */
	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (at[middle] >> RANGES_IPV4_FIRST_SHIFT <= host)
			low = middle;
		else
			high = middle;
	}
	if (at[low] >> RANGES_IPV4_FIRST_SHIFT > host ||
	    (at[low] >> RANGES_IPV4_LAST_SHIFT & RANGES_IPV4_BLOCK_MASK) < host)
		return group->rule;
	return at[low] & RANGES_LIST_MASK;
}
