/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Networks of listed addresses. */

#include "worker/neighbours.h"

#include <stdlib.h>
#include <string.h>

#include "worker/fnv.h"

#define SLOTS	    4096 /* a power of two */
#define NETWORK_MAX 64	 /* length of the prefix */

struct host {
	struct addr addr;
	struct source_verdict verdict; /* expires 0: free */
};

struct slot {
	struct addr network;
	struct host hosts[NEIGHBOURS_LISTED];
};

struct neighbours {
	struct slot slots[SLOTS];
};

struct neighbours *neighbours_create(void)
{
	return calloc(1, sizeof(struct neighbours));
}

void neighbours_free(struct neighbours *neighbours)
{
	free(neighbours);
}

struct addr neighbours_key(const struct addr *source)
{
	return addr_mask(source, NETWORK_MAX);
}

bool neighbours_is_key(const struct addr *source)
{
	struct addr key;

	if (addr_family(source) == FAMILY_IPV4)
		return false;
	key = neighbours_key(source);
	return addr_equal(&key, source);
}

static struct slot *slot_of(struct neighbours *neighbours,
			    const struct addr *network)
{
	uint64_t hash = fnv_add(FNV_START, network, sizeof(*network));

	return &neighbours->slots[(hash >> 32) & (SLOTS - 1)];
}

/* The one that is the source's, or else the one that ends first. */
static struct host *host_for(struct slot *slot, const struct addr *source)
{
	struct host *host = &slot->hosts[0];

	for (size_t i = 0; i < NEIGHBOURS_LISTED; i++)
		if (slot->hosts[i].verdict.expires &&
		    addr_equal(&slot->hosts[i].addr, source))
			return &slot->hosts[i];
	for (size_t i = 1; i < NEIGHBOURS_LISTED; i++)
		if (slot->hosts[i].verdict.expires < host->verdict.expires)
			host = &slot->hosts[i];
	return host;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Whether all are listed still; *out then says what they have in common. */
static bool sum_up(const struct slot *slot, uint64_t now,
		   struct source_verdict *out)
{
	struct source_verdict sum = slot->hosts[0].verdict;

	sum.watch = 0;
	for (size_t i = 0; i < NEIGHBOURS_LISTED; i++) {
		const struct source_verdict *one = &slot->hosts[i].verdict;

		if (one->expires <= now)
			return false;
		sum.expires = earlier(sum.expires, one->expires);
		sum.refresh = earlier(sum.refresh, one->refresh);
		sum.causes |= one->causes;
		if (one->score < sum.score)
			sum.score = one->score;
		if (one->since > sum.since)
			sum.since = one->since;
	}
	*out = sum;
	return true;
}

static int drop(struct slot *slot, const struct addr *source, uint64_t now)
{
	struct host *host = host_for(slot, source);
	struct source_verdict before;
	bool listed = sum_up(slot, now, &before);

	if (!host->verdict.expires || !addr_equal(&host->addr, source))
		return 0;
	*host = (struct host){0};
	return listed ? -1 : 0;
}

int neighbours_note(struct neighbours *neighbours, const struct addr *source,
		    const struct source_verdict *verdict, uint64_t now,
		    struct source_verdict *out)
{
	struct addr network;
	struct slot *slot;

	if (addr_family(source) == FAMILY_IPV4)
		return 0;
	network = neighbours_key(source);
	slot = slot_of(neighbours, &network);
	if (!addr_equal(&slot->network, &network)) {
		if (verdict->verdict != VERDICT_LISTED)
			return 0;
		*slot = (struct slot){.network = network};
	}
	if (verdict->verdict != VERDICT_LISTED)
		return drop(slot, source, now);
	*host_for(slot, source) = (struct host){
		.addr = *source,
		.verdict = *verdict,
	};
	return sum_up(slot, now, out);
}

void neighbours_forget(struct neighbours *neighbours, uint64_t causes)
{
	for (size_t i = 0; i < SLOTS; i++)
		for (size_t j = 0; j < NEIGHBOURS_LISTED; j++) {
			struct host *host = &neighbours->slots[i].hosts[j];

			if (host->verdict.causes & causes)
				*host = (struct host){0};
		}
}
