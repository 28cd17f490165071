/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hash of an IPv6 table. */

#include <errno.h>
#include <string.h>

#include "tables/ranges_ipv6.h"

/* Filled to two thirds: more and lines overflow, less and they are cold. */
#define KEYS_PER_LINE 3
#define FACTORS	      8
#define FACTOR_FIRST  0x9e3779b1 /* 2^32 / golden ratio, odd */

int ranges_keys_add(struct ranges_key_list *list, uint32_t word,
		    struct ranges_ref ref)
{
	void *array = list->keys;

	if (ranges_grow(&array, list->count, &list->room,
			sizeof(*list->keys)) != 0)
		return -ENOMEM;
	list->keys = array;
	list->keys[list->count++] =
		(struct ranges_key){.word = word, .ref = ref};
	return 0;
}

static bool insert(const struct ranges_ipv6_head *head,
		   struct ranges_keys *lines, const struct ranges_key *key)
{
	uint32_t at = ranges_hash(head, key->word);

	for (int tries = 0; tries < RANGES_TRIES; tries++) {
		struct ranges_keys *line = &lines[at];

		for (int i = 0; i < RANGES_LINE_KEYS; i++) {
			if (line->refs[i].tag != 0)
				continue;
			line->refs[i] = key->ref;
			line->words[i] = key->word;
			return true;
		}
		if (++at == head->lines)
			at = 0;
	}
	return false;
}

static bool fill(const struct ranges_ipv6_head *head, struct ranges_keys *lines,
		 const struct ranges_key_list *list)
{
	memset(lines, 0, head->lines * sizeof(*lines));
	for (size_t i = 0; i < list->count; i++)
		if (!insert(head, lines, &list->keys[i]))
			return false;
	return true;
}

int ranges_hash_build(struct ranges_ipv6 *out,
		      const struct ranges_key_list *list)
{
	uint32_t lines = (uint32_t)(list->count / KEYS_PER_LINE + 1);
	uint32_t factor = FACTOR_FIRST, first = 0, node;
	int error;

	/* What does not fit with one function does with another, or in more. */
	for (uint32_t more = lines;; more = lines / 8 + 1, lines += more) {
		struct ranges_ipv6_head *head;

		error = ranges_nodes_reserve(out,
					     (size_t)more * RANGES_LINE_NODES,
					     RANGES_LINE_NODES, &node);
		if (error)
			return error;
		if (first == 0)
			first = node;
		head = ranges_nodes_at(out, 0);
		head->hash = first;
		head->lines = lines;
		for (int i = 0; i < FACTORS; i++) {
			head->factor = factor;
			if (fill(head, ranges_nodes_at(out, first), list))
				return 0;
			factor = factor * 5 + 0x3c6ef372;
		}
	}
}
