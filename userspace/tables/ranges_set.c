/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list on its own: made of layers, searched, lent to compilations. */

#include "tables/ranges_set.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tables/ranges_internal.h"

struct ranges_set {
	struct ranges_pair *pairs;
	size_t pair_count;
	struct ranges_prefix *prefixes;
	size_t prefix_count;
	unsigned int references;
};

void ranges_mask_add(struct ranges_mask *mask, unsigned int list)
{
	mask->bits[list / 64] |= UINT64_C(1) << list % 64;
}

static bool is_in(const struct ranges_mask *mask, unsigned int list)
{
	return mask->bits[list / 64] >> list % 64 & 1;
}

static size_t list_count(const struct ranges_input *input, unsigned int list,
			 enum family family)
{
	const struct ranges_input_list *of = &input->lists[list];

	return family == FAMILY_IPV4 ? of->pair_count : of->prefix_count;
}

/* Takes the array of the list that has most as it is: that one costs most. */
static unsigned int find_largest(const struct ranges_input *input,
				 enum family family)
{
	unsigned int largest = 1;

	for (unsigned int i = 2; i < LISTS_MAX; i++)
		if (list_count(input, i, family) >
		    list_count(input, largest, family))
			largest = i;
	return largest;
}

static void swap_lists(struct ranges_input_list *a, struct ranges_input_list *b,
		       enum family family)
{
	struct ranges_input_list swapped = *a;

	if (family == FAMILY_IPV4) {
		a->pairs = b->pairs;
		a->pair_count = b->pair_count;
		a->pair_room = b->pair_room;
		b->pairs = swapped.pairs;
		b->pair_count = swapped.pair_count;
		b->pair_room = swapped.pair_room;
	} else {
		a->prefixes = b->prefixes;
		a->prefix_count = b->prefix_count;
		a->prefix_room = b->prefix_room;
		b->prefixes = swapped.prefixes;
		b->prefix_count = swapped.prefix_count;
		b->prefix_room = swapped.prefix_room;
	}
}

/* Appends the list `from`, and frees it. */
static int append(struct ranges_input_list *from, enum family family,
		  struct ranges_input *to)
{
	struct ranges_input_list *all = &to->lists[1];

	if (list_count(to, 1, family) == 0) {
		swap_lists(from, all, family);
		return 0;
	}
	if (family == FAMILY_IPV4) {
		for (size_t i = 0; i < from->pair_count; i++)
			if (ranges_input_ipv4(to, 1, from->pairs[i].first,
					      from->pairs[i].last) != 0)
				return -ENOMEM;
		free(from->pairs);
		from->pairs = NULL;
		from->pair_count = from->pair_room = 0;
		return 0;
	}
	for (size_t i = 0; i < from->prefix_count; i++) {
		void *prefixes = all->prefixes;

		if (ranges_grow(&prefixes, all->prefix_count, &all->prefix_room,
				sizeof(*all->prefixes)) != 0)
			return -ENOMEM;
		all->prefixes = prefixes;
		all->prefixes[all->prefix_count++] = from->prefixes[i];
	}
	free(from->prefixes);
	from->prefixes = NULL;
	from->prefix_count = from->prefix_room = 0;
	return 0;
}

struct resolution {
	const struct ranges_mask *excluded;
	struct ranges_input *to;
	enum family family;
};

static int emit(void *context, ranges_number first, ranges_number last,
		uint8_t list)
{
	const struct resolution *resolution = context;

	if (is_in(resolution->excluded, list))
		return 0;
	if (resolution->family == FAMILY_IPV4)
		return ranges_input_ipv4(resolution->to, 1, (uint32_t)first,
					 (uint32_t)last);
	return ranges_input_ipv6(resolution->to, 1, first, last);
}

static void empty(struct ranges_input_list *list, enum family family)
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

static int resolve(struct ranges_input *from,
		   const struct ranges_mask *excluded, struct ranges_input *to,
		   enum family family)
{
	struct resolution resolution = {excluded, to, family};
	bool plain = true;
	int error = 0;

	for (unsigned int i = 1; i < LISTS_MAX; i++)
		if (is_in(excluded, i) && list_count(from, i, family) > 0)
			plain = false;
	if (!plain) {
		ranges_input_sort(from, family);
		error = ranges_sweep(from, family, emit, &resolution);
	} else {
		error = append(&from->lists[find_largest(from, family)], family,
			       to);
		for (unsigned int i = 1; i < LISTS_MAX && !error; i++)
			if (list_count(from, i, family) > 0)
				error = append(&from->lists[i], family, to);
	}
	for (unsigned int i = 1; i < LISTS_MAX; i++)
		empty(&from->lists[i], family);
	return error;
}

int ranges_input_resolve(struct ranges_input *from,
			 const struct ranges_mask *excluded,
			 struct ranges_input *to)
{
	int error = resolve(from, excluded, to, FAMILY_IPV4);

	if (!error)
		error = resolve(from, excluded, to, FAMILY_IPV6);
	return error;
}

/* Joins what overlaps, and leaves neighbours apart: they are entries. */
static size_t join_pairs(struct ranges_pair *pairs, size_t count)
{
	size_t kept = 0;

	for (size_t i = 1; i < count; i++) {
		struct ranges_pair *before = &pairs[kept];

		if (pairs[i].first > before->last)
			pairs[++kept] = pairs[i];
		else if (pairs[i].last > before->last)
			before->last = pairs[i].last;
	}
	return count ? kept + 1 : 0;
}

static void shrink(void **array, size_t count, size_t size)
{
	void *smaller;

	if (count == 0) {
		free(*array);
		*array = NULL;
		return;
	}
	smaller = reallocarray(*array, count, size);
	if (smaller)
		*array = smaller;
}

int ranges_set_create(struct ranges_input *input, struct ranges_set **out)
{
	struct ranges_input_list *list = &input->lists[1];
	struct ranges_set *set = calloc(1, sizeof(*set));
	void *array;

	if (!set)
		return -ENOMEM;
	ranges_sort_pairs(list->pairs, list->pair_count);
	ranges_sort_prefixes(list->prefixes, list->prefix_count);
	set->pair_count = join_pairs(list->pairs, list->pair_count);
	set->prefix_count =
		ranges_join_prefixes(list->prefixes, list->prefix_count);
	array = list->pairs;
	shrink(&array, set->pair_count, sizeof(*set->pairs));
	set->pairs = array;
	array = list->prefixes;
	shrink(&array, set->prefix_count, sizeof(*set->prefixes));
	set->prefixes = array;
	set->references = 1;
	memset(list, 0, sizeof(*list));
	*out = set;
	return 0;
}

struct ranges_set *ranges_set_get(struct ranges_set *set)
{
	if (set)
		set->references++;
	return set;
}

void ranges_set_put(struct ranges_set *set)
{
	if (!set || --set->references > 0)
		return;
	free(set->pairs);
	free(set->prefixes);
	free(set);
}

size_t ranges_set_count(const struct ranges_set *set, enum family family)
{
	return family == FAMILY_IPV4 ? set->pair_count : set->prefix_count;
}

/* The widest prefix around `at` within first..last. */
static uint8_t widest_length(uint32_t at, uint32_t first, uint32_t last)
{
	uint8_t length = 32;

	while (length > 0) {
		uint32_t hosts = UINT32_MAX >> (length - 1);

		if ((at & ~hosts) < first || (at | hosts) > last)
			break;
		length--;
	}
	return length;
}

static bool find_ipv4(const struct ranges_set *set, const struct addr *addr,
		      struct prefix *out)
{
	size_t low = 0, high = set->pair_count;
	uint32_t at;

	memcpy(&at, addr->octets + 12, sizeof(at));
	at = be32toh(at);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->pairs[middle].first <= at)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || set->pairs[low - 1].last < at)
		return false;
	out->length = widest_length(at, set->pairs[low - 1].first,
				    set->pairs[low - 1].last);
	out->addr = addr_mask(addr, out->length);
	return true;
}

static ranges_number number_of(const struct addr *addr)
{
	uint64_t halves[2];

	memcpy(halves, addr->octets, sizeof(halves));
	return (ranges_number)be64toh(halves[0]) << 64 | be64toh(halves[1]);
}

int ranges_input_between(struct ranges_input *input, unsigned int list,
			 const struct addr *first, const struct addr *last)
{
	return ranges_input_ipv6(input, list, number_of(first),
				 number_of(last));
}

static bool find_ipv6(const struct ranges_set *set, const struct addr *addr,
		      struct prefix *out)
{
	size_t low = 0, high = set->prefix_count;
	ranges_number at = number_of(addr);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ranges_prefix_first(&set->prefixes[middle]) <= at)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || ranges_prefix_last(&set->prefixes[low - 1]) < at)
		return false;
	out->length = (uint8_t)set->prefixes[low - 1].length;
	out->addr = addr_mask(addr, out->length);
	return true;
}

bool ranges_set_find_as(const struct ranges_set *set, enum family family,
			const struct addr *addr, struct prefix *out)
{
	if (family == FAMILY_IPV4)
		return find_ipv4(set, addr, out);
	return find_ipv6(set, addr, out);
}

bool ranges_set_find(const struct ranges_set *set, const struct addr *addr,
		     struct prefix *out)
{
	return ranges_set_find_as(set, addr_family(addr), addr, out);
}

void ranges_input_lend(struct ranges_input *input, unsigned int list,
		       const struct ranges_set *set)
{
	input->lists[list] = (struct ranges_input_list){
		.pairs = set->pairs,
		.pair_count = set->pair_count,
		.prefixes = set->prefixes,
		.prefix_count = set->prefix_count,
		.lent = true,
	};
}
