/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list on its own: made of layers, searched, lent to compilations. */

#include "tables/ranges_set.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tables/ranges_run.h"

struct ranges_set {
	struct ranges_run runs[FAMILY_MAX];
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

/* The list that has the fewest entries, or NULL when all are empty. */
static struct ranges_run *find_smallest(struct ranges_input *input,
					enum family family)
{
	struct ranges_run *smallest = NULL;

	for (unsigned int i = 1; i < LISTS_MAX; i++) {
		struct ranges_run *run = &input->lists[i].runs[family];

		if (run->count && (!smallest || run->count < smallest->count))
			smallest = run;
	}
	return smallest;
}

/* The small ones first: so most entries are merged but once. */
static int merge_all(struct ranges_input *from, enum family family,
		     struct ranges_input_list *to)
{
	struct ranges_run all = {0}, *run;
	int error = ranges_input_settle_list(to, family);

	while (!error && (run = find_smallest(from, family)))
		error = ranges_run_merge(&all, run);
	if (!error)
		error = ranges_run_merge(&to->runs[family], &all);
	ranges_run_empty(&all);
	return error;
}

static bool has_any(const struct ranges_input *input,
		    const struct ranges_mask *mask, enum family family)
{
	for (unsigned int i = 1; i < LISTS_MAX; i++)
		if (is_in(mask, i) && input->lists[i].runs[family].count > 0)
			return true;
	return false;
}

static int resolve(struct ranges_input *from,
		   const struct ranges_mask *excluded, struct ranges_input *to,
		   enum family family)
{
	struct resolution resolution = {excluded, to, family};
	int error = ranges_input_settle(from, family);

	if (error)
		return error;
	if (has_any(from, excluded, family))
		error = ranges_sweep(from, family, emit, &resolution);
	else
		error = merge_all(from, family, &to->lists[1]);
	for (unsigned int i = 1; i < LISTS_MAX; i++)
		ranges_run_empty(&from->lists[i].runs[family]);
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

int ranges_set_create(struct ranges_input *input, struct ranges_set **out)
{
	struct ranges_input_list *list = &input->lists[1];
	struct ranges_set *set;

	for (enum family family = 0; family < FAMILY_MAX; family++)
		if (ranges_input_settle_list(list, family) != 0)
			return -ENOMEM;
	set = calloc(1, sizeof(*set));
	if (!set)
		return -ENOMEM;
	memcpy(set->runs, list->runs, sizeof(set->runs));
	memset(list->runs, 0, sizeof(list->runs));
	for (enum family family = 0; family < FAMILY_MAX; family++)
		ranges_run_finish(&set->runs[family]);
	set->references = 1;
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
	for (enum family family = 0; family < FAMILY_MAX; family++)
		ranges_run_empty(&set->runs[family]);
	free(set);
}

size_t ranges_set_count(const struct ranges_set *set, enum family family)
{
	return set->runs[family].count;
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

bool ranges_set_find_as(const struct ranges_set *set, enum family family,
			const struct addr *addr, struct prefix *out)
{
	ranges_number at = number_of(addr), first;
	unsigned int hosts;

	if (family == FAMILY_IPV4)
		at = (uint32_t)at;
	if (!ranges_run_find(&set->runs[family], at, &first, &hosts))
		return false;
	out->length = (uint8_t)(addr_bits(family) - hosts);
	out->addr = addr_mask(addr, out->length);
	return true;
}

bool ranges_set_find(const struct ranges_set *set, const struct addr *addr,
		     struct prefix *out)
{
	return ranges_set_find_as(set, addr_family(addr), addr, out);
}

void ranges_input_lend(struct ranges_input *input, unsigned int list,
		       const struct ranges_set *set)
{
	input->lists[list] = (struct ranges_input_list){.lent = true};
	memcpy(input->lists[list].runs, set->runs, sizeof(set->runs));
}
