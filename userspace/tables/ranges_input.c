/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lists before they are compiled: each as it was given, then sorted and
 * without overlaps, list by list and in place.
 */

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tables/ranges_internal.h"

#define ROOM_MIN 64

int ranges_input_create(struct ranges_input **out)
{
	struct ranges_input *input = calloc(1, sizeof(*input));

	if (!input)
		return -ENOMEM;
	*out = input;
	return 0;
}

void ranges_input_free(struct ranges_input *input)
{
	if (!input)
		return;
	for (size_t i = 0; i < LISTS_MAX; i++) {
		if (input->lists[i].lent)
			continue;
		free(input->lists[i].pairs);
		free(input->lists[i].prefixes);
	}
	free(input);
}

int ranges_grow(void **array, size_t count, size_t *room, size_t size)
{
	size_t more = *room ? *room * 2 : ROOM_MIN;
	void *grown;

	if (count < *room)
		return 0;
	grown = reallocarray(*array, more, size);
	if (!grown)
		return -ENOMEM;
	*array = grown;
	*room = more;
	return 0;
}

static int add_pair(struct ranges_input_list *list, uint32_t first,
		    uint32_t last)
{
	void *pairs = list->pairs;

	if (ranges_grow(&pairs, list->pair_count, &list->pair_room,
			sizeof(*list->pairs)) != 0)
		return -ENOMEM;
	list->pairs = pairs;
	list->pairs[list->pair_count++] =
		(struct ranges_pair){.first = first, .last = last};
	return 0;
}

static int append_prefix(struct ranges_input_list *list,
			 const struct ranges_prefix *prefix)
{
	void *prefixes = list->prefixes;

	if (ranges_grow(&prefixes, list->prefix_count, &list->prefix_room,
			sizeof(*list->prefixes)) != 0)
		return -ENOMEM;
	list->prefixes = prefixes;
	list->prefixes[list->prefix_count++] = *prefix;
	return 0;
}

static int add_prefix(struct ranges_input_list *list,
		      const struct prefix *prefix)
{
	struct addr masked = addr_mask(&prefix->addr, prefix->length);
	struct ranges_prefix added = {.length = prefix->length};

	memcpy(&added.high, masked.octets, 8);
	memcpy(&added.low, masked.octets + 8, 8);
	added.high = be64toh(added.high);
	added.low = be64toh(added.low);
	return append_prefix(list, &added);
}

int ranges_input_ipv4(struct ranges_input *input, unsigned int list,
		      uint32_t first, uint32_t last)
{
	if (list == 0 || list >= LISTS_MAX || first > last)
		return -EINVAL;
	return add_pair(&input->lists[list], first, last);
}

int ranges_input_prefix(struct ranges_input *input, unsigned int list,
			const struct prefix *prefix)
{
	enum family family = addr_family(&prefix->addr);
	uint32_t first, hosts;

	if (list == 0 || list >= LISTS_MAX ||
	    prefix->length > addr_bits(family))
		return -EINVAL;
	if (family == FAMILY_IPV6)
		return add_prefix(&input->lists[list], prefix);
	memcpy(&first, prefix->addr.octets + 12, sizeof(first));
	hosts = (uint32_t)(UINT64_C(0xffffffff) >> prefix->length);
	first = be32toh(first) & ~hosts;
	return add_pair(&input->lists[list], first, first | hosts);
}

int ranges_input_ipv6(struct ranges_input *input, unsigned int list,
		      ranges_number first, ranges_number last)
{
	if (list == 0 || list >= LISTS_MAX || first > last)
		return -EINVAL;
	for (;;) {
		uint8_t length = 128;
		ranges_number hosts = 0;
		struct ranges_prefix next;

		/* As wide as alignment and the end allow. */
		while (length > 0) {
			ranges_number more = hosts << 1 | 1;

			if ((first & more) != 0 || (first | more) > last)
				break;
			hosts = more;
			length--;
		}
		next = (struct ranges_prefix){
			.high = (uint64_t)(first >> 64),
			.low = (uint64_t)first,
			.length = length,
		};
		if (append_prefix(&input->lists[list], &next) != 0)
			return -ENOMEM;
		if ((first | hosts) == last)
			return 0;
		first = (first | hosts) + 1;
	}
}

/* The union of what overlaps or touches; returns how many are left. */
static size_t join_pairs(struct ranges_pair *pairs, size_t count)
{
	size_t kept = 0;

	for (size_t i = 1; i < count; i++) {
		struct ranges_pair *before = &pairs[kept];

		if (pairs[i].first > (uint64_t)before->last + 1)
			pairs[++kept] = pairs[i];
		else if (pairs[i].last > before->last)
			before->last = pairs[i].last;
	}
	return count ? kept + 1 : 0;
}

/* Prefixes that overlap are the same, or one is within the other. */
size_t ranges_join_prefixes(struct ranges_prefix *prefixes, size_t count)
{
	size_t kept = 0;

	for (size_t i = 1; i < count; i++) {
		struct ranges_prefix *before = &prefixes[kept];

		if (ranges_prefix_first(&prefixes[i]) >
		    ranges_prefix_last(before))
			prefixes[++kept] = prefixes[i];
		else if (prefixes[i].length < before->length)
			before->length = prefixes[i].length;
	}
	return count ? kept + 1 : 0;
}

void ranges_input_sort(struct ranges_input *input, enum family family)
{
	for (size_t i = 0; i < LISTS_MAX; i++) {
		struct ranges_input_list *list = &input->lists[i];

		if (list->lent)
			continue;
		if (family == FAMILY_IPV4) {
			ranges_sort_pairs(list->pairs, list->pair_count);
			list->pair_count =
				join_pairs(list->pairs, list->pair_count);
		} else {
			ranges_sort_prefixes(list->prefixes,
					     list->prefix_count);
			list->prefix_count = ranges_join_prefixes(
				list->prefixes, list->prefix_count);
		}
	}
}
