/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hash of an IPv6 table. */

#include <errno.h>
#include <string.h>

#include "tables/ranges_ipv6.h"

/* Filled to two thirds: more and lines overflow, less and they are cold. */
#define KEYS_PER_LINE 3
#define FACTORS	      8
#define FACTOR_FIRST  0x9e3779b1 /* 2^32 / golden ratio, odd */

int ranges_slots_add(struct ranges_slots *slots, uint32_t key,
		     struct ranges_entry entry)
{
	void *array = slots->slots;

	if (ranges_grow(&array, slots->count, &slots->room,
			sizeof(*slots->slots)) != 0)
		return -ENOMEM;
	slots->slots = array;
	slots->slots[slots->count++] =
		(struct ranges_slot){.key = key, .entry = entry};
	return 0;
}

static bool insert(const struct ranges_ipv6_head *head,
		   struct ranges_line *lines, const struct ranges_slot *slot)
{
	uint32_t at = ranges_line_of(head, slot->key);

	for (int tries = 0; tries < RANGES_LINE_TRIES; tries++) {
		struct ranges_line *line = &lines[at];

		for (int i = 0; i < RANGES_LINE_KEYS; i++) {
			if (line->entries[i].value != 0)
				continue;
			line->entries[i] = slot->entry;
			line->keys[i] = slot->key;
			return true;
		}
		if (++at == head->lines)
			at = 0;
	}
	return false;
}

static bool fill(const struct ranges_ipv6_head *head, struct ranges_line *lines,
		 const struct ranges_slots *slots)
{
	memset(lines, 0, head->lines * sizeof(*lines));
	for (size_t i = 0; i < slots->count; i++)
		if (!insert(head, lines, &slots->slots[i]))
			return false;
	return true;
}

int ranges_hash_build(struct ranges_ipv6 *out, const struct ranges_slots *slots)
{
	const size_t size =
		sizeof(struct ranges_line) / sizeof(struct ranges_entry);
	uint32_t lines = (uint32_t)(slots->count / KEYS_PER_LINE + 1);
	uint32_t factor = FACTOR_FIRST;
	size_t start = 0, at;
	int error;

	/* What does not fit with one function does with another, or in more. */
	for (uint32_t more = lines;; more = lines / 8 + 1, lines += more) {
		struct ranges_ipv6_head *head;

		error = ranges_nodes_reserve(out, more * size, size, &at);
		if (error)
			return error;
		if (start == 0)
			start = at;
		head = ranges_ipv6_head(out);
		head->hash = (uint32_t)(start * sizeof(struct ranges_entry) /
					sizeof(struct ranges_leaf));
		head->lines = lines;
		for (int i = 0; i < FACTORS; i++) {
			head->factor = factor;
			if (fill(head, (void *)&out->entries[start], slots))
				return 0;
			factor = factor * 5 + 0x3c6ef372;
		}
	}
}
