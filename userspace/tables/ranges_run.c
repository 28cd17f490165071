/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packs prefixes into a run, and merges runs. */

#include "tables/ranges_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of an entry: 6 bits, 18 times 7 of them, and the size. */
#define ENTRY_MAX 20

#define MARK_EVERY 256

/* What is behind it, and how to read it. */
struct ranges_mark {
	ranges_number next;
	size_t at;
	unsigned int hosts;
};

static int add_mark(struct ranges_run *run, ranges_number next)
{
	void *marks = run->marks;

	if (ranges_grow(&marks, run->mark_count, &run->mark_room,
			sizeof(*run->marks)) != 0)
		return -ENOMEM;
	run->marks = marks;
	run->marks[run->mark_count++] = (struct ranges_mark){
		.next = next,
		.at = run->size,
		.hosts = run->hosts,
	};
	return 0;
}

static int reserve(struct ranges_run *run)
{
	void *octets = run->octets;

	while (run->size + ENTRY_MAX > run->room) {
		if (ranges_grow(&octets, run->room, &run->room, 1) != 0)
			return -ENOMEM;
		run->octets = octets;
	}
	return 0;
}

int ranges_run_add(struct ranges_run *run, ranges_number first,
		   unsigned int hosts)
{
	ranges_number next = run->count ? run->last + 1 : 0, number = 0;
	bool other = hosts != run->hosts;
	uint64_t low;
	uint8_t *at;

	if (reserve(run) != 0 ||
	    (run->count % MARK_EVERY == 0 && add_mark(run, next) != 0))
		return -ENOMEM;
	at = run->octets + run->size;
	if (hosts < 128)
		number = (first - next) >> hosts;
	*at = (uint8_t)((uint8_t)number << 1 & 0x7e) | other;
	for (number >>= 6; number > UINT64_MAX; number >>= 7) {
		*at++ |= 0x80;
		*at = (uint8_t)number & 0x7f;
	}
	for (low = (uint64_t)number; low; low >>= 7) {
		*at++ |= 0x80;
		*at = (uint8_t)low & 0x7f;
	}
	at++;
	if (other)
		*at++ = (uint8_t)hosts;
	run->size = (size_t)(at - run->octets);
	run->hosts = hosts;
	run->last = first | ranges_hosts(hosts);
	run->count++;
	return 0;
}

int ranges_run_add_range(struct ranges_run *run, ranges_number first,
			 ranges_number last)
{
	for (;;) {
		if (ranges_run_add(run, first, ranges_widest(first, last)) != 0)
			return -ENOMEM;
		if (run->last == last)
			return 0;
		first = run->last + 1;
	}
}

/*
 * Not inline: where registers are short, compilers store long numbers in
 * halves and then load them whole, for which processors have to wait.
 */
bool ranges_cursor_next(struct ranges_cursor *cursor, ranges_number *first,
			ranges_number *last)
{
	const uint8_t *at = cursor->at;
	ranges_number number, mask, start;
	unsigned int shift = 6;
	uint64_t low;
	bool other;

	if (at == cursor->end)
		return false;
	other = *at & 1;
	/* Half as long a number takes half as long. */
	low = *at >> 1 & 0x3f;
	for (; (*at++ & 0x80) && shift < 56; shift += 7)
		low |= (uint64_t)(*at & 0x7f) << shift;
	number = low;
	for (; at[-1] & 0x80; shift += 7)
		number |= (ranges_number)(*at++ & 0x7f) << shift;
	if (other)
		cursor->hosts = *at++;
	cursor->at = at;
	mask = ranges_hosts(cursor->hosts);
	start = (cursor->next + mask) & ~mask;
	/* The whole of IPv6 has 128 of them, and nothing before it. */
	if (number)
		start += number << cursor->hosts;
	*first = start;
	*last = start | mask;
	cursor->next = (start | mask) + 1;
	return true;
}

/* One of the two to be merged. */
struct side {
	struct ranges_cursor cursor;
	ranges_number first;
	ranges_number last;
	bool more;
};

static void advance(struct side *side)
{
	side->more =
		ranges_cursor_next(&side->cursor, &side->first, &side->last);
}

static bool is_before(const struct side *a, const struct side *b)
{
	if (!a->more || !b->more)
		return a->more;
	return a->first != b->first ? a->first < b->first : a->last > b->last;
}

static int merge(const struct ranges_run *a, const struct ranges_run *b,
		 struct ranges_run *out)
{
	struct side sides[] = {{.cursor = ranges_run_walk(a)},
			       {.cursor = ranges_run_walk(b)}};

	advance(&sides[0]);
	advance(&sides[1]);
	while (sides[0].more || sides[1].more) {
		struct side *side =
			&sides[is_before(&sides[0], &sides[1]) ? 0 : 1];

		/* What begins within the one before lies within it. */
		if ((out->count == 0 || side->first > out->last) &&
		    ranges_run_add(out, side->first, side->cursor.hosts) != 0)
			return -ENOMEM;
		advance(side);
	}
	return 0;
}

/* Files are often sorted: then what comes next only has to be added. */
static bool is_behind(const struct ranges_run *run, const struct ranges_run *of)
{
	struct ranges_cursor cursor = ranges_run_walk(run);
	ranges_number first, last;

	return !ranges_cursor_next(&cursor, &first, &last) || first > of->last;
}

static int append(struct ranges_run *run, const struct ranges_run *from)
{
	struct ranges_cursor cursor = ranges_run_walk(from);
	const struct ranges_run before = *run;
	ranges_number first, last;

	while (ranges_cursor_next(&cursor, &first, &last)) {
		if (ranges_run_add(run, first, cursor.hosts) == 0)
			continue;
		run->size = before.size;
		run->count = before.count;
		run->last = before.last;
		run->hosts = before.hosts;
		run->mark_count = before.mark_count;
		return -ENOMEM;
	}
	return 0;
}

int ranges_run_merge(struct ranges_run *run, struct ranges_run *from)
{
	struct ranges_run merged = {0};

	if (run->count == 0) {
		merged = *run;
		*run = *from;
		*from = merged;
		return 0;
	}
	if (is_behind(from, run)) {
		if (append(run, from) != 0)
			return -ENOMEM;
		ranges_run_empty(from);
		return 0;
	}
	if (merge(run, from, &merged) != 0) {
		ranges_run_empty(&merged);
		return -ENOMEM;
	}
	ranges_run_empty(run);
	ranges_run_empty(from);
	*run = merged;
	return 0;
}

void ranges_run_finish(struct ranges_run *run)
{
	uint8_t *smaller;

	if (run->size == 0) {
		ranges_run_empty(run);
		return;
	}
	smaller = realloc(run->octets, run->size);
	if (!smaller)
		return;
	run->octets = smaller;
	run->room = run->size;
}

bool ranges_run_find(const struct ranges_run *run, ranges_number at,
		     ranges_number *first, unsigned int *hosts)
{
	struct ranges_cursor cursor = ranges_run_walk(run);
	size_t low = 0, high = run->mark_count;
	ranges_number last;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (run->marks[middle].next <= at)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return false;
	cursor.at += run->marks[low - 1].at;
	cursor.next = run->marks[low - 1].next;
	cursor.hosts = run->marks[low - 1].hosts;
	while (ranges_cursor_next(&cursor, first, &last) && *first <= at) {
		*hosts = cursor.hosts;
		if (last >= at)
			return true;
	}
	return false;
}

void ranges_run_empty(struct ranges_run *run)
{
	free(run->octets);
	free(run->marks);
	*run = (struct ranges_run){0};
}
