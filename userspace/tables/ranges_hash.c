/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The perfect hash of an IPv6 table: hash and displace.  The fullest buckets
 * choose first, and each takes the first pilot that gives all of its words a
 * cell with room for it.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tables/ranges_ipv6.h"

/* One part in nine is free, or the last buckets would search long. */
#define SPARE_PARTS   8
#define BUCKET_WORDS  3	 /* on average */
#define BUCKET_MAX    64 /* more, and the factor is no good */
#define FACTORS	      8
#define FACTOR_FIRST  0x9e3779b1 /* 2^32 / golden ratio, odd */
#define FACTOR_NEXT   5
#define FACTOR_ADDEND 0x3c6ef372 /* even, so a factor stays odd */

/*
 * Who gets which place.  All members are numbered: first the groups, then the
 * records.
 */
struct plan {
	const struct ranges_hash_input *input;
	uint32_t count;
	uint32_t factor;
	uint32_t buckets;
	uint32_t cells;
	uint32_t *begins;  /* by bucket, and one more: where `members` has it */
	uint32_t *members; /* bucket by bucket */
	uint32_t *places;  /* by member */
	uint16_t *pilots;  /* by bucket */
	uint8_t *taken;	   /* by place: of the room for records */
};

static int add_record(struct ranges_hash_input *input,
		      const struct ranges_record *record)
{
	void *array = input->records;

	if (ranges_grow(&array, input->record_count, &input->record_room,
			sizeof(*record)) != 0)
		return -ENOMEM;
	input->records = array;
	input->records[input->record_count++] = *record;
	return 0;
}

int ranges_hash_add(struct ranges_hash_input *input,
		    const struct ranges_cell *cell)
{
	void *array = input->cells;

	if (!ranges_is_group(cell->tag))
		return add_record(input, &cell->records[0]);
	if (ranges_grow(&array, input->cell_count, &input->cell_room,
			sizeof(*cell)) != 0)
		return -ENOMEM;
	input->cells = array;
	input->cells[input->cell_count++] = *cell;
	return 0;
}

void ranges_hash_free(struct ranges_hash_input *input)
{
	free(input->cells);
	free(input->records);
}

static void plan_free(struct plan *plan)
{
	free(plan->begins);
	free(plan->members);
	free(plan->places);
	free(plan->pilots);
	free(plan->taken);
}

static int plan_make(struct plan *plan, const struct ranges_hash_input *input,
		     uint32_t cells)
{
	size_t count = input->cell_count + input->record_count;

	*plan = (struct plan){
		.input = input,
		.count = (uint32_t)count,
		.buckets = (uint32_t)(count / BUCKET_WORDS + 1),
		.cells = cells,
	};
	plan->begins = calloc(plan->buckets + 1, sizeof(*plan->begins));
	plan->members = calloc(count + 1, sizeof(*plan->members));
	plan->places = calloc(count + 1, sizeof(*plan->places));
	plan->pilots = calloc(plan->buckets, sizeof(*plan->pilots));
	plan->taken = calloc(cells, sizeof(*plan->taken));
	if (plan->begins && plan->members && plan->places && plan->pilots &&
	    plan->taken)
		return 0;
	plan_free(plan);
	return -ENOMEM;
}

static bool is_cell(const struct plan *plan, uint32_t member)
{
	return member < plan->input->cell_count;
}

static const struct ranges_record *record_of(const struct plan *plan,
					     uint32_t member)
{
	if (is_cell(plan, member))
		return &plan->input->cells[member].records[0];
	return &plan->input->records[member - plan->input->cell_count];
}

static uint8_t size_of(const struct plan *plan, uint32_t member)
{
	return is_cell(plan, member) ? RANGES_CELL_RECORDS : 1;
}

static uint32_t hash_of(const struct plan *plan, uint32_t member)
{
	return record_of(plan, member)->word * plan->factor;
}

static uint32_t bucket_of(const struct plan *plan, uint32_t member)
{
	return ranges_bucket(hash_of(plan, member), plan->buckets);
}

static uint32_t bucket_size(const struct plan *plan, uint32_t bucket)
{
	return plan->begins[bucket + 1] - plan->begins[bucket];
}

/* Returns the size of the fullest one. */
static uint32_t fill_buckets(struct plan *plan)
{
	uint32_t most = 0;

	memset(plan->begins, 0, (plan->buckets + 1) * sizeof(*plan->begins));
	for (uint32_t i = 0; i < plan->count; i++)
		plan->begins[bucket_of(plan, i)]++;
	for (uint32_t i = 0, end = 0; i <= plan->buckets; i++) {
		if (plan->begins[i] > most)
			most = plan->begins[i];
		end += plan->begins[i];
		plan->begins[i] = end;
	}
	/* From its end on, so that it begins where it should. */
	for (uint32_t i = 0; i < plan->count; i++)
		plan->members[--plan->begins[bucket_of(plan, i)]] = i;
	return most;
}

static bool take(struct plan *plan, uint32_t member, uint16_t pilot)
{
	uint32_t place =
		ranges_place(hash_of(plan, member), pilot, plan->cells);

	plan->places[member] = place;
	if (plan->taken[place] + size_of(plan, member) > RANGES_CELL_RECORDS)
		return false;
	plan->taken[place] += size_of(plan, member);
	return true;
}

/* Takes a place for each member of a bucket, or for none. */
static bool take_all(struct plan *plan, uint32_t bucket, uint16_t pilot)
{
	const uint32_t *member = &plan->members[plan->begins[bucket]];
	uint32_t size = bucket_size(plan, bucket), done = 0;

	while (done < size && take(plan, member[done], pilot))
		done++;
	if (done == size)
		return true;
	while (done-- > 0)
		plan->taken[plan->places[member[done]]] -=
			size_of(plan, member[done]);
	return false;
}

static bool settle(struct plan *plan, uint32_t bucket)
{
	for (uint32_t pilot = 0; pilot <= UINT16_MAX; pilot++) {
		plan->pilots[bucket] = (uint16_t)pilot;
		if (take_all(plan, bucket, (uint16_t)pilot))
			return true;
	}
	return false;
}

static bool settle_all(struct plan *plan)
{
	uint32_t most = fill_buckets(plan);

	if (most > BUCKET_MAX)
		return false;
	memset(plan->taken, 0, plan->cells * sizeof(*plan->taken));
	for (uint32_t size = most; size > 0; size--)
		for (uint32_t i = 0; i < plan->buckets; i++)
			if (bucket_size(plan, i) == size && !settle(plan, i))
				return false;
	return true;
}

static void put_member(const struct plan *plan, uint32_t member,
		       struct ranges_cell *cells)
{
	struct ranges_cell *cell = &cells[plan->places[member]];
	int i = 0;

	if (is_cell(plan, member)) {
		*cell = plan->input->cells[member];
		return;
	}
	while (cell->records[i].tag != 0)
		i++;
	cell->records[i] = *record_of(plan, member);
}

/* Writes what the plan says.  What is unused stays zero. */
static int carry_out(const struct plan *plan, struct ranges_ipv6 *out)
{
	size_t pilots_size = plan->buckets * sizeof(*plan->pilots);
	struct ranges_ipv6_head *head;
	struct ranges_cell *cells;
	uint32_t pilots, first;
	int error;

	error = ranges_nodes_reserve(
		out, (pilots_size + RANGES_NODE_SIZE - 1) / RANGES_NODE_SIZE, 1,
		&pilots);
	if (!error)
		error = ranges_nodes_reserve(
			out, (size_t)plan->cells * RANGES_LINE_NODES,
			RANGES_LINE_NODES, &first);
	if (error)
		return error;
	head = ranges_nodes_at(out, 0);
	head->pilots = pilots;
	head->buckets = plan->buckets;
	head->cells = first;
	head->cell_count = plan->cells;
	head->factor = plan->factor;
	memcpy(ranges_nodes_at(out, pilots), plan->pilots, pilots_size);
	cells = ranges_nodes_at(out, first);
	for (uint32_t i = 0; i < plan->count; i++)
		put_member(plan, i, cells);
	return 0;
}

int ranges_hash_build(struct ranges_ipv6 *out,
		      const struct ranges_hash_input *input)
{
	const size_t max = (size_t)RANGES_PAGES_MAX * RANGES_PAGE_CELLS;
	size_t cells =
		input->cell_count + input->record_count / RANGES_CELL_RECORDS;
	uint32_t factor = FACTOR_FIRST;

	cells += cells / SPARE_PARTS + 1;
	/* What does not fit with one factor does with another, or in more. */
	for (; cells <= max; cells += cells / SPARE_PARTS + 1) {
		struct plan plan;
		bool settled = false;
		int error = plan_make(&plan, input, (uint32_t)cells);

		if (error)
			return error;
		for (int i = 0; i < FACTORS && !settled; i++) {
			plan.factor = factor;
			settled = settle_all(&plan);
			factor = factor * FACTOR_NEXT + FACTOR_ADDEND;
		}
		if (settled)
			error = carry_out(&plan, out);
		plan_free(&plan);
		if (settled)
			return error;
	}
	return -ENOSPC;
}
