/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Visits, counted in buckets of a few networks each. */

#include "sources/patience.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#define BUCKETS 4096 /* a power of two */
#define WAYS	4

struct visits {
	struct addr network;
	uint64_t since_ns;
	uint64_t count; /* 0: free */
};

struct patience {
	uint64_t seed; /* or who knows it could crowd out a network */
	struct visits buckets[BUCKETS][WAYS];
};

int patience_create(struct patience **out)
{
	struct patience *patience = calloc(1, sizeof(*patience));

	if (!patience)
		return -ENOMEM;
	/* Without a seed it is only guessable. */
	if (getrandom(&patience->seed, sizeof(patience->seed), GRND_NONBLOCK) <
	    0)
		patience->seed = 0;
	*out = patience;
	return 0;
}

/* FNV-1a from a secret start. */
static struct visits *bucket_of(struct patience *patience,
				const struct addr *network)
{
	uint64_t hash = patience->seed ^ UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < sizeof(network->octets); i++)
		hash = (hash ^ network->octets[i]) * UINT64_C(0x100000001b3);
	return patience->buckets[(hash >> 32) & (BUCKETS - 1)];
}

/* The network's entry, or else one that it may have. */
static struct visits *entry_of(struct patience *patience,
			       const struct addr *network, uint64_t period_ns,
			       uint64_t now_ns)
{
	struct visits *bucket = bucket_of(patience, network);
	struct visits *least = bucket;

	for (size_t i = 0; i < WAYS; i++) {
		if (bucket[i].count && now_ns - bucket[i].since_ns >= period_ns)
			bucket[i].count = 0;
		if (bucket[i].count && addr_equal(&bucket[i].network, network))
			return &bucket[i];
		if (bucket[i].count < least->count)
			least = &bucket[i];
	}
	*least = (struct visits){.network = *network, .since_ns = now_ns};
	return least;
}

bool patience_spend(struct patience *patience, const struct addr *network,
		    uint64_t most, uint64_t period_ns, uint64_t now_ns,
		    uint64_t *until_ns)
{
	struct visits *visits = entry_of(patience, network, period_ns, now_ns);

	if (++visits->count < most)
		return false;
	*until_ns = visits->since_ns + period_ns;
	return true;
}

void patience_free(struct patience *patience)
{
	free(patience);
}
