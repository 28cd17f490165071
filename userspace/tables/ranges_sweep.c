/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From sorted lists, one beside the other, to segments that each belong to
 * one list.  A heap holds the next border of every list; at each border the
 * list becomes active or ceases to be, and the lowest active one has the
 * addresses up to the next border.
 */

#include <stdbool.h>

#include "tables/ranges_internal.h"

/* Where a list has its next border. */
struct border {
	ranges_number at;
	uint8_t list;
	bool inside; /* a range ends there, that is, ended before it */
	size_t next; /* range or prefix after that */
};

struct sweep {
	const struct ranges_input *input;
	enum family family;
	ranges_number highest;
	struct border heap[LISTS_MAX];
	size_t count;
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

static size_t list_count(const struct sweep *sweep, size_t list)
{
	const struct ranges_input_list *in = &sweep->input->lists[list];

	return sweep->family == FAMILY_IPV4 ? in->pair_count : in->prefix_count;
}

static ranges_number list_first(const struct sweep *sweep, size_t list,
				size_t index)
{
	const struct ranges_input_list *in = &sweep->input->lists[list];

	if (sweep->family == FAMILY_IPV4)
		return in->pairs[index].first;
	return ranges_prefix_first(&in->prefixes[index]);
}

static ranges_number list_last(const struct sweep *sweep, size_t list,
			       size_t index)
{
	const struct ranges_input_list *in = &sweep->input->lists[list];

	if (sweep->family == FAMILY_IPV4)
		return in->pairs[index].last;
	return ranges_prefix_last(&in->prefixes[index]);
}

static void start(struct sweep *sweep)
{
	for (size_t i = 0; i < LISTS_MAX; i++) {
		if (list_count(sweep, i) == 0)
			continue;
		sweep->heap[sweep->count++] = (struct border){
			.at = list_first(sweep, i, 0),
			.list = (uint8_t)i,
		};
	}
	for (size_t i = sweep->count / 2; i-- > 0;)
		sink(sweep, i);
}

/* Crosses the nearest border; a list without another one leaves the heap. */
static void cross(struct sweep *sweep)
{
	struct border *border = &sweep->heap[0];
	ranges_number last;
	bool more;

	sweep->active[border->list / 64] ^= UINT64_C(1) << border->list % 64;
	if (border->inside) {
		more = border->next < list_count(sweep, border->list);
		if (more)
			border->at =
				list_first(sweep, border->list, border->next);
	} else {
		last = list_last(sweep, border->list, border->next++);
		more = last < sweep->highest;
		border->at = last + 1;
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
		.input = input,
		.family = family,
		.highest = ~(ranges_number)0 >> (128 - addr_bits(family)),
	};
	ranges_number first = 0, at;
	uint8_t list = 0, next;
	int result;

	start(&sweep);
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
