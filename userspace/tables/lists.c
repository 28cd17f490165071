/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lists of the configuration, and all lists into the tables. */

#include "tables/lists.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	enum list_kind kind;
} lists[LIST_NUMBERS] = {
	[LIST_NUMBER_ALLOW] = {"allow", LIST_ALLOW},
	[LIST_NUMBER_PRIMARIES] = {"primaries", LIST_ALLOW},
	[LIST_NUMBER_ALLOW_NOW] = {"allow (run-time)", LIST_ALLOW},
	[LIST_NUMBER_BLOCK] = {"block", LIST_BLOCK},
	[LIST_NUMBER_BLOCK_NOW] = {"block (run-time)", LIST_BLOCK},
};

const char *lists_name(unsigned int number)
{
	return number < LIST_NUMBERS ? lists[number].name : NULL;
}

static struct prefix host(const struct addr *addr)
{
	return (struct prefix){
		.addr = *addr,
		.length = addr_bits(addr_family(addr)),
	};
}

static int for_each_primary(struct config_guard guard,
			    int (*each)(void *context,
					const struct prefix *prefix),
			    void *context)
{
	int error = 0;

	for (size_t p = 0; p < guard.primary_count; p++) {
		const struct config_primary *primary = &guard.primaries[p];

		for (size_t i = 0; i < primary->address_count && !error; i++) {
			struct prefix one = host(&primary->addresses[i]);

			error = each(context, &one);
		}
	}
	return error;
}

/* Calls `each` for every entry until it returns an error, and returns that. */
static int for_each(const struct config *config, unsigned int number,
		    int (*each)(void *context, const struct prefix *prefix),
		    void *context)
{
	const struct prefix *prefixes = NULL;
	size_t count = 0;
	int error = 0;

	if (number == LIST_NUMBER_ALLOW) {
		prefixes = config->allow;
		count = config->allow_count;
	} else if (number == LIST_NUMBER_BLOCK) {
		prefixes = config->block;
		count = config->block_count;
	}
	for (size_t i = 0; i < count && !error; i++)
		error = each(context, &prefixes[i]);
	if (number != LIST_NUMBER_PRIMARIES)
		return error;
	/* Only literal addresses: what DNS says earns no exemption. */
	for (size_t i = 0; i < config_guard_count(config) && !error; i++)
		error = for_each_primary(config_guard(config, i), each,
					 context);
	return error;
}

static int add_one(void *context, const struct prefix *prefix)
{
	size_t *count = context;

	(void)prefix;
	++*count;
	return 0;
}

size_t lists_count(const struct config *config, unsigned int number)
{
	size_t count = 0;

	for_each(config, number, add_one, &count);
	return count;
}

struct search {
	const struct addr *addr;
	struct prefix best;
	bool found;
};

static int compare_one(void *context, const struct prefix *prefix)
{
	struct search *search = context;

	if (prefix_contains(prefix, search->addr) &&
	    (!search->found || prefix->length > search->best.length)) {
		search->found = true;
		search->best = *prefix;
	}
	return 0;
}

bool lists_find(const struct config *config, unsigned int number,
		const struct addr *addr, struct prefix *out)
{
	struct search search = {.addr = addr};

	for_each(config, number, compare_one, &search);
	if (search.found)
		*out = search.best;
	return search.found;
}

int lists_open(const struct maps *maps,
	       struct ranges_map *out[static FAMILY_MAX])
{
	struct ranges_map *opened[FAMILY_MAX] = {NULL};

	for (enum family family = 0; family < FAMILY_MAX; family++) {
		int error = ranges_map_open(family, maps->ranges[family].outer,
					    maps->ranges[family].inner,
					    &opened[family]);

		if (error) {
			lists_close(opened);
			return error;
		}
	}
	memcpy(out, opened, sizeof(opened));
	return 0;
}

void lists_close(struct ranges_map *const maps[static FAMILY_MAX])
{
	for (enum family family = 0; family < FAMILY_MAX; family++)
		ranges_map_close(maps[family]);
}

static int collect_one(void *context, const struct prefix *prefix)
{
	return ranges_input_prefix(context, 1, prefix);
}

static int make_set(const struct config *config, unsigned int number,
		    struct ranges_set **out)
{
	struct ranges_input *input = NULL;
	int error = ranges_input_create(&input);

	if (!error)
		error = for_each(config, number, collect_one, input);
	if (!error)
		error = ranges_set_create(input, out);
	ranges_input_free(input);
	return error;
}

int lists_plan_config(struct lists_plan *plan, const struct config *config)
{
	static const unsigned int numbers[] = {
		LIST_NUMBER_ALLOW, LIST_NUMBER_PRIMARIES, LIST_NUMBER_BLOCK};
	struct ranges_set *sets[LIST_NUMBERS] = {NULL};
	int error = 0;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers) && !error;
	     i++)
		error = make_set(config, numbers[i], &sets[numbers[i]]);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		if (error) {
			ranges_set_put(sets[numbers[i]]);
			continue;
		}
		ranges_set_put(plan->sets[numbers[i]]);
		plan->sets[numbers[i]] = sets[numbers[i]];
	}
	for (unsigned int n = 1; n < LIST_NUMBERS && !error; n++) {
		plan->meanings[n].kind = lists[n].kind;
		plan->meanings[n].action = ACTION_DROP; /* if it refuses */
	}
	return error;
}

void lists_plan_clear(struct lists_plan *plan)
{
	for (unsigned int n = 0; n < LISTS_MAX; n++) {
		ranges_set_put(plan->sets[n]);
		plan->sets[n] = NULL;
	}
}

/* Compiles what is wanted and makes sure that it fits, before any swap. */
static int compile(struct ranges_input *input,
		   struct ranges_map *const maps[static FAMILY_MAX],
		   const bool wanted[static FAMILY_MAX],
		   uint32_t missing[static FAMILY_MAX],
		   struct ranges *compiled[static FAMILY_MAX])
{
	bool fits = true;

	for (enum family family = 0; family < FAMILY_MAX; family++) {
		int error;

		if (!wanted[family])
			continue;
		error = ranges_compile(input, family, &compiled[family]);
		if (error)
			return error;
		missing[family] = ranges_pages(compiled[family]);
		if (missing[family] <= ranges_map_pages(maps[family]))
			missing[family] = 0;
		fits = fits && !missing[family];
	}
	return fits ? 0 : -ENOSPC;
}

int lists_put(const struct lists_plan *plan,
	      struct ranges_map *const maps[static FAMILY_MAX],
	      const bool wanted[static FAMILY_MAX],
	      uint32_t missing[static FAMILY_MAX])
{
	struct ranges *compiled[FAMILY_MAX] = {NULL};
	struct ranges_input *input = NULL;
	int error;

	memset(missing, 0, FAMILY_MAX * sizeof(*missing));
	error = ranges_input_create(&input);
	if (error)
		return error;
	for (unsigned int n = 1; n < LISTS_MAX; n++)
		if (plan->sets[n])
			ranges_input_lend(input, n, plan->sets[n]);
	error = compile(input, maps, wanted, missing, compiled);
	for (enum family family = 0; family < FAMILY_MAX; family++) {
		if (!error && wanted[family])
			error = ranges_publish(maps[family], compiled[family],
					       plan->meanings);
		ranges_free(compiled[family]);
	}
	ranges_input_free(input);
	return error;
}

void lists_describe(int error, const struct config *config,
		    char text[static CONFIG_ERROR_TEXT])
{
	if (error == -ENOSPC)
		snprintf(text, CONFIG_ERROR_TEXT,
			 "the lists have more entries than the tables have "
			 "room for: raise list-capacity-max (now %u), or "
			 "list-capacity (now %u)",
			 config->list_capacity_max, config->list_capacity);
	else
		snprintf(text, CONFIG_ERROR_TEXT, "can't compile the lists: %s",
			 strerror(-error));
}

int lists_publish(const struct config *config,
		  struct ranges_map *const maps[static FAMILY_MAX],
		  char error[static CONFIG_ERROR_TEXT])
{
	static const bool both[FAMILY_MAX] = {true, true};
	struct lists_plan plan = {0};
	uint32_t missing[FAMILY_MAX];
	int result;

	result = lists_plan_config(&plan, config);
	if (!result)
		result = lists_put(&plan, maps, both, missing);
	if (result)
		lists_describe(result, config, error);
	lists_plan_clear(&plan);
	return result;
}
