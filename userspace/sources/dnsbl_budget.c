/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table for each level: sets of four slots, of which a new network takes the
 * one with most tokens left, whose network loses least.
 */

#include "sources/dnsbl_budget.h"

#include <stdlib.h>
#include <sys/random.h>

#include "sources/dnsbl_hash.h"

#define SETS  1024
#define WAYS  4
#define TOKEN 1000 /* what a lookup costs; `rate` of them come in a second */

static const struct level {
	enum family family;
	uint8_t length;
	uint32_t rate; /* thousandths of a lookup in a second */
	uint32_t full;
} levels[] = {
	{FAMILY_IPV4, 24, 4 * TOKEN, 256 * TOKEN},
	{FAMILY_IPV6, 64, TOKEN, 32 * TOKEN},
	{FAMILY_IPV6, 48, 4 * TOKEN, 256 * TOKEN},
	{FAMILY_IPV6, 32, 16 * TOKEN, 1024 * TOKEN},
};

#define LEVELS (sizeof(levels) / sizeof(*levels))

struct slot {
	uint64_t network; /* hash of the prefix; 0: unused */
	uint64_t used_ms;
	uint32_t tokens;
};

struct dnsbl_budget {
	uint64_t seed;
	struct slot slots[LEVELS][SETS][WAYS];
};

struct dnsbl_budget *dnsbl_budget_create(void)
{
	struct dnsbl_budget *budget = calloc(1, sizeof(*budget));

	/* A stranger who knew the seed could share a set with his victim. */
	if (budget &&
	    getrandom(&budget->seed, sizeof(budget->seed), GRND_NONBLOCK) < 0)
		budget->seed = (uintptr_t)budget;
	return budget;
}

void dnsbl_budget_free(struct dnsbl_budget *budget)
{
	free(budget);
}

static uint64_t hash(const struct dnsbl_budget *budget,
		     const struct addr *source, const struct level *level)
{
	struct addr network = addr_mask(source, level->length);
	uint64_t value = dnsbl_hash(budget->seed, &network);

	return value != 0 ? value : 1;
}

static void refill(struct slot *slot, const struct level *level,
		   uint64_t now_ms)
{
	uint64_t elapsed_ms = now_ms - slot->used_ms;
	uint64_t tokens = slot->tokens + elapsed_ms * level->rate / 1000;

	slot->tokens = tokens > level->full ? level->full : (uint32_t)tokens;
	slot->used_ms = now_ms;
}

static struct slot *find(struct dnsbl_budget *budget, const struct addr *source,
			 size_t index, uint64_t now_ms)
{
	const struct level *level = &levels[index];
	uint64_t network = hash(budget, source, level);
	struct slot *set = budget->slots[index][network % SETS];
	struct slot *fullest = set;

	for (unsigned int i = 0; i < WAYS; i++) {
		if (set[i].network == 0)
			set[i].tokens = level->full;
		refill(&set[i], level, now_ms);
		if (set[i].network == network)
			return &set[i];
		if (set[i].tokens > fullest->tokens)
			fullest = &set[i];
	}
	fullest->network = network;
	fullest->tokens = level->full;
	return fullest;
}

bool dnsbl_budget_take(struct dnsbl_budget *budget, const struct addr *source,
		       uint64_t now_ms)
{
	enum family family = addr_family(source);
	struct slot *taken[LEVELS];
	size_t count = 0;

	for (size_t i = 0; i < LEVELS; i++) {
		struct slot *slot;

		if (levels[i].family != family)
			continue;
		slot = find(budget, source, i, now_ms);
		if (slot->tokens < TOKEN)
			return false;
		taken[count++] = slot;
	}
	for (size_t i = 0; i < count; i++)
		taken[i]->tokens -= TOKEN;
	return true;
}
