/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lists before they are compiled.  What is added is collected; before that
 * takes much memory it is sorted and merged into what was there, packed.
 */

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tables/ranges_run.h"

#define ROOM_MIN 64

/*
 * What is merged at a time: so much that there is little to merge, so little
 * that it takes less memory than what it is merged into.
 */
#define PAIRS_MIN    (1 << 20)
#define PREFIXES_MIN (64 << 10)
#define PART_OF_RUN  2

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
		struct ranges_input_list *list = &input->lists[i];

		if (list->lent)
			continue;
		free(list->pairs);
		free(list->prefixes);
		for (enum family family = 0; family < FAMILY_MAX; family++)
			ranges_run_empty(&list->runs[family]);
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

/* Neighbours stay apart: they are entries. */
static int pack_pairs(const struct ranges_pair *pairs, size_t count,
		      struct ranges_run *run)
{
	int error = 0;

	for (size_t i = 0, next; i < count && !error; i = next) {
		uint32_t last = pairs[i].last;

		for (next = i + 1; next < count && pairs[next].first <= last;
		     next++)
			if (pairs[next].last > last)
				last = pairs[next].last;
		error = ranges_run_add_range(run, pairs[i].first, last);
	}
	return error;
}

/* Prefixes that overlap are the same, or one is within the other. */
static int pack_prefixes(const struct ranges_prefix *prefixes, size_t count,
			 struct ranges_run *run)
{
	int error = 0;

	for (size_t i = 0, next; i < count && !error; i = next) {
		ranges_number first = ranges_prefix_first(&prefixes[i]);
		uint64_t length = prefixes[i].length;

		/* Of those with the same address the widest may come later. */
		for (next = i + 1;
		     next < count &&
		     ranges_prefix_first(&prefixes[next]) - first <=
			     ranges_hosts(128 - (unsigned int)length);
		     next++)
			if (prefixes[next].length < length)
				length = prefixes[next].length;
		error = ranges_run_add(run, first, 128 - (unsigned int)length);
	}
	return error;
}

static size_t *pending(struct ranges_input_list *list, enum family family)
{
	return family == FAMILY_IPV4 ? &list->pair_count : &list->prefix_count;
}

static int pack_pending(struct ranges_input_list *list, enum family family,
			struct ranges_run *out)
{
	if (family == FAMILY_IPV4) {
		ranges_sort_pairs(list->pairs, list->pair_count);
		return pack_pairs(list->pairs, list->pair_count, out);
	}
	ranges_sort_prefixes(list->prefixes, list->prefix_count);
	return pack_prefixes(list->prefixes, list->prefix_count, out);
}

static void free_pending(struct ranges_input_list *list, enum family family)
{
	if (family == FAMILY_IPV4) {
		free(list->pairs);
		list->pairs = NULL;
		list->pair_count = list->pair_room = 0;
	} else {
		free(list->prefixes);
		list->prefixes = NULL;
		list->prefix_count = list->prefix_room = 0;
	}
}

/* What was collected has gone before the merged run takes its place. */
static int merge_pending(struct ranges_input_list *list, enum family family)
{
	struct ranges_run added = {0};
	int error = pack_pending(list, family, &added);

	if (!error) {
		free_pending(list, family);
		error = ranges_run_merge(&list->runs[family], &added);
	}
	ranges_run_empty(&added);
	return error;
}

int ranges_input_settle_list(struct ranges_input_list *list, enum family family)
{
	if (list->lent || *pending(list, family) == 0)
		return 0;
	return merge_pending(list, family);
}

int ranges_input_settle(struct ranges_input *input, enum family family)
{
	int error = 0;

	for (size_t i = 0; i < LISTS_MAX && !error; i++)
		error = ranges_input_settle_list(&input->lists[i], family);
	return error;
}

/* Before one more is added. */
static int make_room(struct ranges_input_list *list, enum family family)
{
	size_t least = family == FAMILY_IPV4 ? PAIRS_MIN : PREFIXES_MIN;
	size_t part = list->runs[family].count / PART_OF_RUN;

	if (*pending(list, family) < (part > least ? part : least))
		return 0;
	return merge_pending(list, family);
}

static int add_pair(struct ranges_input_list *list, uint32_t first,
		    uint32_t last)
{
	void *pairs;

	if (make_room(list, FAMILY_IPV4) != 0)
		return -ENOMEM;
	pairs = list->pairs;
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
	void *prefixes;

	if (make_room(list, FAMILY_IPV6) != 0)
		return -ENOMEM;
	prefixes = list->prefixes;
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
	hosts = (uint32_t)(UINT64_C(0xffffffff) >> prefix->length);
	first = be32toh(addr_to_ipv4(&prefix->addr).s_addr) & ~hosts;
	return add_pair(&input->lists[list], first, first | hosts);
}

int ranges_input_ipv6(struct ranges_input *input, unsigned int list,
		      ranges_number first, ranges_number last)
{
	if (list == 0 || list >= LISTS_MAX || first > last)
		return -EINVAL;
	for (;;) {
		unsigned int hosts = ranges_widest(first, last);
		struct ranges_prefix next = {
			.high = (uint64_t)(first >> 64),
			.low = (uint64_t)first,
			.length = 128 - hosts,
		};

		if (append_prefix(&input->lists[list], &next) != 0)
			return -ENOMEM;
		if ((first | ranges_hosts(hosts)) == last)
			return 0;
		first = (first | ranges_hosts(hosts)) + 1;
	}
}
