/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From sorted lists, one beside the other, to segments that each belong to
 * one list.  A heap holds the next border of every list; at each border the
 * list becomes active or ceases to be, and the lowest active one has the
 * addresses up to the next border.
 */

#include "tables/ranges_run.h"

/* Where a list has its next border. */
struct border {
	ranges_number at;
	uint8_t list;
	bool inside; /* an entry ends there, that is, ended before it */
};

struct sweep {
	ranges_number highest;
	struct border heap[LISTS_MAX];
	size_t count;
	struct ranges_cursor cursors[LISTS_MAX];
	ranges_number last[LISTS_MAX]; /* of the entry that is next, or now */
	uint64_t active[LISTS_MAX / 64];
};

static void sink(struct sweep *sweep, size_t i)
{
	struct border border = sweep->heap[i];
	size_t child;

	for (; (child = 2 * i + 1) < sweep->count; i = child) {
		if (child + 1 < sweep->count &&
		    sweep->heap[child + 1].at < sweep->heap[child].at)
			child++;
		if (border.at <= sweep->heap[child].at)
			break;
		sweep->heap[i] = sweep->heap[child];
	}
	sweep->heap[i] = border;
}

static void start(struct sweep *sweep, const struct ranges_input *input,
		  enum family family)
{
	for (size_t i = 0; i < LISTS_MAX; i++) {
		struct border border = {.list = (uint8_t)i};

		sweep->cursors[i] =
			ranges_run_walk(&input->lists[i].runs[family]);
		if (ranges_cursor_next(&sweep->cursors[i], &border.at,
				       &sweep->last[i]))
			sweep->heap[sweep->count++] = border;
	}
	for (size_t i = sweep->count / 2; i-- > 0;)
		sink(sweep, i);
}

/* Crosses the nearest border; a list without another one leaves the heap. */
static void cross(struct sweep *sweep)
{
	struct border *border = &sweep->heap[0];
	uint8_t list = border->list;
	bool more;

	sweep->active[list / 64] ^= UINT64_C(1) << list % 64;
	if (border->inside) {
		more = ranges_cursor_next(&sweep->cursors[list], &border->at,
					  &sweep->last[list]);
	} else {
		more = sweep->last[list] < sweep->highest;
		border->at = sweep->last[list] + 1;
	}
	border->inside = !border->inside;
	if (!more)
		*border = sweep->heap[--sweep->count];
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

int ranges_sweep(const struct ranges_input *input, enum family family,
		 int (*emit)(void *context, ranges_number first,
			     ranges_number last, uint8_t list),
		 void *context)
{
	struct sweep sweep = {
		.highest = ~(ranges_number)0 >> (128 - addr_bits(family)),
	};
	ranges_number first = 0, at;
	uint8_t list = 0, next;
	int result;

	start(&sweep, input, family);
	while (sweep.count > 0) {
		at = sweep.heap[0].at;
		do
			cross(&sweep);
		while (sweep.count > 0 && sweep.heap[0].at == at);
		next = winner(&sweep);
		if (next == list)
			continue;
		if (list) {
			result = emit(context, first, at - 1, list);
			if (result)
				return result;
		}
		first = at;
		list = next;
	}
	return list ? emit(context, first, sweep.highest, list) : 0;
}
