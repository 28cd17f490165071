/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From sorted lists, one beside the other, to segments that each belong to
 * one list.  A heap holds the lists, that with the nearest border on top; at
 * each border a list becomes active or ceases to be, and the lowest active one
 * has the addresses up to the next border.
 */

#include "tables/ranges_run.h"

/* One of the lists. */
struct source {
	struct ranges_cursor cursor;
	ranges_number at;   /* its next border */
	ranges_number last; /* of the entry that is next, or now */
	bool inside;	    /* an entry ends there, that is, ended before it */
};

/* Addresses of one list that have not been emitted yet; none while it is 0. */
struct segment {
	ranges_number first;
	ranges_number last;
	uint8_t list;
};

struct sweep {
	ranges_number highest;
	struct source sources[LISTS_MAX];
	uint8_t heap[LISTS_MAX]; /* numbers are moved, borders are long */
	size_t count;
	uint64_t active[LISTS_MAX / 64];
	ranges_number first; /* since then */
	uint8_t list;	     /* the lowest one has all; 0: none is active */
	struct segment segment;
	int (*emit)(void *context, ranges_number first, ranges_number last,
		    uint8_t list);
	void *context;
};

static const struct source *source_at(const struct sweep *sweep, size_t i)
{
	return &sweep->sources[sweep->heap[i]];
}

static void sink(struct sweep *sweep, size_t i)
{
	uint8_t list = sweep->heap[i];
	size_t child;

	for (; (child = 2 * i + 1) < sweep->count; i = child) {
		if (child + 1 < sweep->count &&
		    source_at(sweep, child + 1)->at <
			    source_at(sweep, child)->at)
			child++;
		if (sweep->sources[list].at <= source_at(sweep, child)->at)
			break;
		sweep->heap[i] = sweep->heap[child];
	}
	sweep->heap[i] = list;
}

static void start(struct sweep *sweep, const struct ranges_input *input,
		  enum family family)
{
	for (size_t i = 0; i < LISTS_MAX; i++) {
		struct source *source = &sweep->sources[i];

		source->cursor = ranges_run_walk(&input->lists[i].runs[family]);
		if (ranges_cursor_next(&source->cursor, &source->at,
				       &source->last))
			sweep->heap[sweep->count++] = (uint8_t)i;
	}
	for (size_t i = sweep->count / 2; i-- > 0;)
		sink(sweep, i);
}

/* Behind an entry of the topmost list; one without another leaves the heap. */
static void next_entry(struct sweep *sweep)
{
	struct source *source = &sweep->sources[sweep->heap[0]];

	source->inside = false;
	if (!ranges_cursor_next(&source->cursor, &source->at, &source->last))
		sweep->heap[0] = sweep->heap[--sweep->count];
	sink(sweep, 0);
}

/* Crosses the nearest border. */
static void cross(struct sweep *sweep)
{
	uint8_t list = sweep->heap[0];
	struct source *source = &sweep->sources[list];

	sweep->active[list / 64] ^= UINT64_C(1) << list % 64;
	if (source->inside) {
		next_entry(sweep);
		return;
	}
	source->inside = true;
	if (source->last < sweep->highest)
		source->at = source->last + 1;
	else
		sweep->heap[0] = sweep->heap[--sweep->count];
	sink(sweep, 0);
}

/* The lowest active list, or 0. */
static uint8_t winner(const struct sweep *sweep)
{
	for (unsigned int i = 0; i < LISTS_MAX / 64; i++)
		if (sweep->active[i])
			return (uint8_t)(i * 64 + (unsigned int)__builtin_ctzll(
							  sweep->active[i]));
	return 0;
}

/* Is nothing else where the next entry is? */
static bool is_alone(const struct sweep *sweep)
{
	const struct source *source = source_at(sweep, 0);

	return !source->inside &&
	       (sweep->count < 2 || source_at(sweep, 1)->at > source->last) &&
	       (sweep->count < 3 || source_at(sweep, 2)->at > source->last);
}

static int flush(struct sweep *sweep)
{
	const struct segment *segment = &sweep->segment;

	if (!segment->list)
		return 0;
	return sweep->emit(sweep->context, segment->first, segment->last,
			   segment->list);
}

static int add(struct sweep *sweep, ranges_number first, ranges_number last,
	       uint8_t list)
{
	struct segment *segment = &sweep->segment;
	int result;

	if (segment->list == list && segment->last + 1 == first) {
		segment->last = last;
		return 0;
	}
	result = flush(sweep);
	segment->first = first;
	segment->last = last;
	segment->list = list;
	return result;
}

/* An entry that is alone, from its first to its last address. */
static int take_entry(struct sweep *sweep)
{
	const struct source *source = source_at(sweep, 0);
	int result = add(sweep, source->at, source->last, sweep->heap[0]);

	next_entry(sweep);
	return result;
}

/* All borders at the nearest address. */
static int cross_all(struct sweep *sweep)
{
	ranges_number at = source_at(sweep, 0)->at;
	int result = 0;

	if (sweep->list)
		result = add(sweep, sweep->first, at - 1, sweep->list);
	do
		cross(sweep);
	while (sweep->count > 0 && source_at(sweep, 0)->at == at);
	sweep->first = at;
	sweep->list = winner(sweep);
	return result;
}

int ranges_sweep(const struct ranges_input *input, enum family family,
		 int (*emit)(void *context, ranges_number first,
			     ranges_number last, uint8_t list),
		 void *context)
{
	struct sweep sweep = {
		.highest = ~(ranges_number)0 >> (128 - addr_bits(family)),
		.emit = emit,
		.context = context,
	};
	int result = 0;

	start(&sweep, input, family);
	while (!result && sweep.count > 0)
		result = !sweep.list && is_alone(&sweep) ? take_entry(&sweep)
							 : cross_all(&sweep);
	if (!result && sweep.list)
		result = add(&sweep, sweep.first, sweep.highest, sweep.list);
	return result ? result : flush(&sweep);
}
