/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Segments of IPv4 addresses into the table of bpf/ranges_layout.h. */

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tables/ranges_run.h"

#define GROUP_ADDRESSES (1U << RANGES_IPV4_GROUP_BITS)
#define BLOCK_ADDRESSES (1U << RANGES_IPV4_BLOCK_BITS)

/* What is left of a segment within a group. */
struct piece {
	uint16_t first;
	uint16_t last;
	uint8_t list;
};

/* What the pieces of a group become within a block. */
struct block {
	uint32_t count;
	bool ended;    /* by its last entry, the last address of a range */
	uint32_t rare; /* that have no code */
	uint16_t firsts[BLOCK_ADDRESSES];
	uint16_t pairs[BLOCK_ADDRESSES];
};

struct builder {
	struct ranges_ipv4 *out;
	uint8_t codes[RANGES_IPV4_PAIRS];
	uint32_t group; /* the one that `pieces` are of; all before are done */
	uint32_t piece_count;
	struct piece pieces[GROUP_ADDRESSES];
	struct block blocks[RANGES_IPV4_BLOCKS];
};

static uint32_t blocks_of(uint32_t first, uint32_t last)
{
	return ranges_ipv4_block(last) - ranges_ipv4_block(first) + 1;
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

static void add_entry(struct builder *builder, struct block *block,
		      uint32_t first, uint16_t pair)
{
	block->firsts[block->count] = (uint16_t)first;
	block->pairs[block->count++] = pair;
	block->rare += builder->codes[pair] == RANGES_IPV4_RARE;
}

static void drop_entry(const struct builder *builder, struct block *block)
{
	uint16_t pair = block->pairs[--block->count];

	block->rare -= builder->codes[pair] == RANGES_IPV4_RARE;
}

static bool has_code(const struct builder *builder, unsigned int k,
		     uint8_t list)
{
	return builder->codes[ranges_ipv4_pair(k, list)] != RANGES_IPV4_RARE;
}

/*
 * Is a range one entry of 2^k addresses?  Not if there is no code for it but
 * for its first and its last address, which are two words instead of four.
 */
static bool is_whole(const struct builder *builder, uint32_t first,
		     uint32_t last, uint8_t list)
{
	uint32_t size = last - first + 1;

	if ((size & (size - 1)) != 0)
		return false;
	return has_code(builder, (unsigned int)__builtin_ctz(size), list) ||
	       !has_code(builder, RANGES_IPV4_BLOCK_BITS, list) ||
	       !has_code(builder, 0, list);
}

/*
 * One entry where that is enough: where it is of 2^k addresses, or ends with
 * the block or where the next one begins.
 */
static void add_to_block(struct builder *builder, struct block *block,
			 uint32_t first, uint32_t last, uint8_t list)
{
	bool whole = is_whole(builder, first, last, list);
	unsigned int k = RANGES_IPV4_BLOCK_BITS;

	if (whole)
		k = (unsigned int)__builtin_ctz(last - first + 1);
	if (block->ended && block->firsts[block->count - 1] == first - 1)
		drop_entry(builder, block);
	add_entry(builder, block, first, ranges_ipv4_pair(k, list));
	block->ended = !whole && last < RANGES_IPV4_BLOCK_MASK;
	if (block->ended)
		add_entry(builder, block, last, ranges_ipv4_pair(0, list));
}

static void add_range(struct builder *builder, uint32_t first, uint32_t last,
		      uint8_t list)
{
	for (uint32_t end; first <= last; first = end + 1) {
		end = first | RANGES_IPV4_BLOCK_MASK;
		if (end > last)
			end = last;
		add_to_block(builder,
			     &builder->blocks[ranges_ipv4_block(first)],
			     first & RANGES_IPV4_BLOCK_MASK,
			     end & RANGES_IPV4_BLOCK_MASK, list);
	}
}

static void fill_blocks(struct builder *builder, uint8_t rule)
{
	uint32_t next = 0;

	for (size_t i = 0; i < RANGES_IPV4_BLOCKS; i++) {
		builder->blocks[i].count = 0;
		builder->blocks[i].ended = false;
		builder->blocks[i].rare = 0;
	}
	for (size_t i = 0; i < builder->piece_count; i++) {
		const struct piece *piece = &builder->pieces[i];

		if (rule && piece->first > next)
			add_range(builder, next, piece->first - 1U, 0);
		if (piece->list != rule)
			add_range(builder, piece->first, piece->last,
				  piece->list);
		next = piece->last + 1U;
	}
	if (rule && next < GROUP_ADDRESSES)
		add_range(builder, next, GROUP_ADDRESSES - 1, 0);
}

/* The form of a group. */
struct form {
	bool pairs;	   /* behind the entries */
	unsigned int unit; /* 2^unit words */
	uint32_t units;	   /* of all blocks */
};

/* The words of the entries of a block. */
static uint32_t words_of(const struct block *block, bool pairs)
{
	return block->count + (pairs ? 0 : block->rare * RANGES_IPV4_LEADS);
}

/* All words of a block, in units. */
static uint32_t units_of(const struct block *block, const struct form *form)
{
	uint32_t words = words_of(block, form->pairs) << form->pairs;

	return (words + (1U << form->unit) - 1) >> form->unit;
}

/* With the smallest units in which the size of each block can be told. */
static struct form form_of(const struct builder *builder, bool pairs)
{
	struct form form = {.pairs = pairs, .unit = pairs};

	for (size_t i = 0; i < RANGES_IPV4_BLOCKS; i++)
		while (units_of(&builder->blocks[i], &form) > RANGES_IPV4_UNITS)
			form.unit++;
	for (size_t i = 0; i < RANGES_IPV4_BLOCKS; i++)
		form.units += units_of(&builder->blocks[i], &form);
	return form;
}

/* A search is for no more words than a block has addresses. */
static bool may_have_leads(const struct builder *builder)
{
	for (size_t i = 0; i < RANGES_IPV4_BLOCKS; i++)
		if (words_of(&builder->blocks[i], false) > RANGES_SEARCH_MAX)
			return false;
	return true;
}

static struct form find_form(const struct builder *builder)
{
	struct form leads = form_of(builder, false);
	struct form pairs = form_of(builder, true);

	return may_have_leads(builder) && leads.units << leads.unit <=
						  pairs.units << pairs.unit
		       ? leads
		       : pairs;
}

/* Room for `count` words of one group; *at gets where. */
static int reserve(struct ranges_ipv4 *out, uint32_t count, size_t *at)
{
	size_t start = out->count % RANGES_IPV4_WORDS;
	size_t end;

	if (start + count > RANGES_IPV4_STARTS / sizeof(*out->words))
		start = RANGES_IPV4_WORDS;
	start += out->count - out->count % RANGES_IPV4_WORDS;
	end = start + count;
	if (end > (size_t)RANGES_IPV4_WORDS * RANGES_PAGES_MAX)
		return -ENOSPC;
	if (end > out->room) {
		size_t room = out->room * 2 > end ? out->room * 2 : end;
		uint16_t *grown =
			reallocarray(out->words, room, sizeof(*out->words));

		if (!grown)
			return -ENOMEM;
		out->words = grown;
		out->room = room;
	}
	/* Behind the starts there is nothing. */
	if (start > out->count)
		memset(out->words + out->count, 0,
		       (start - out->count) * sizeof(*out->words));
	out->count = end;
	*at = start;
	return 0;
}

/* Returns the number of words that are written. */
static uint32_t put_entry(const struct builder *builder,
			  const struct block *block, uint32_t i, bool leads,
			  uint16_t *to)
{
	unsigned int first = (unsigned int)block->firsts[i]
			     << RANGES_IPV4_CODE_BITS;
	uint8_t code = builder->codes[block->pairs[i]];
	uint32_t written = 0;

	if (leads && code == RANGES_IPV4_RARE)
		for (unsigned int unit =
			     RANGES_IPV4_LEAD_BASE * RANGES_IPV4_LEAD_BASE;
		     unit > 0; unit /= RANGES_IPV4_LEAD_BASE)
			to[written++] = htole16(
				(uint16_t)(first |
					   block->pairs[i] / unit %
						   RANGES_IPV4_LEAD_BASE));
	to[written++] = htole16((uint16_t)(first | code));
	return written;
}

/* Writes so many words; the first one is repeated where they are too many. */
static void put_block(const struct builder *builder, const struct block *block,
		      bool pairs, uint32_t words, uint16_t *to)
{
	uint32_t half = words >> pairs;
	uint32_t spare = half - words_of(block, pairs);
	uint16_t *end = to + spare;

	for (uint32_t i = 0; i < block->count; i++) {
		if (pairs)
			end[half] = htole16(block->pairs[i]);
		end += put_entry(builder, block, i, !pairs, end);
	}
	for (uint32_t i = 0; i < spare; i++) {
		to[i] = to[spare];
		if (pairs)
			to[half + i] = to[half + spare];
	}
}

static int put_group(struct builder *builder, struct ranges_ipv4_group *group)
{
	struct form form = find_form(builder);
	uint16_t *to;
	size_t at;
	int error;

	if (form.units == 0)
		return 0;
	error = reserve(builder->out, form.units << form.unit, &at);
	if (error)
		return error;
	group->start = (uint32_t)(at % RANGES_IPV4_WORDS * sizeof(*to)) |
		       (uint32_t)(at / RANGES_IPV4_WORDS + 1)
			       << RANGES_IPV4_PAGE_SHIFT;
	group->unit = (uint8_t)(form.unit + 1);
	group->part = (uint8_t)(form.unit - form.pairs);
	to = builder->out->words + at;
	for (size_t i = 0; i < RANGES_IPV4_BLOCKS; i++) {
		const struct block *block = &builder->blocks[i];
		uint32_t units = units_of(block, &form);

		put_block(builder, block, form.pairs, units << form.unit, to);
		to += units << form.unit;
		group->sizes |= (uint64_t)units << i * 4;
	}
	return 0;
}

static int close_group(struct builder *builder)
{
	struct ranges_ipv4_group group = {0};
	int error;

	if (builder->piece_count > 0) {
		group.rule = find_rule(builder);
		fill_blocks(builder, group.rule);
		builder->piece_count = 0;
		error = put_group(builder, &group);
		if (error)
			return error;
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
	ranges_ipv4_choose_codes(input, builder->codes, made.pairs);
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
	free(ranges->words);
}

uint32_t ranges_ipv4_pages(const struct ranges_ipv4 *ranges)
{
	size_t pages =
		(ranges->count + RANGES_IPV4_WORDS - 1) / RANGES_IPV4_WORDS;

	return (uint32_t)(1 + pages); /* the root's */
}

void ranges_ipv4_write(const struct ranges_ipv4 *ranges,
		       const struct list lists[static LISTS_MAX], void *pages)
{
	struct ranges_ipv4_root *root = pages;
	struct ranges_ipv4_page *page = pages;
	uint32_t count = ranges_ipv4_pages(ranges);
	size_t left = ranges->count;

	memcpy(root->groups, ranges->groups, sizeof(root->groups));
	memcpy(root->lists, lists, sizeof(root->lists));
	memcpy(root->pairs, ranges->pairs, sizeof(root->pairs));
	for (uint32_t i = 1; i < count; i++) {
		size_t size =
			left < RANGES_IPV4_WORDS ? left : RANGES_IPV4_WORDS;

		memcpy(page[i].words, ranges->words + ranges->count - left,
		       size * sizeof(*ranges->words));
		left -= size;
	}
}
