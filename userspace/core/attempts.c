/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attempts at the closed gate, by what would refuse them. */

#include "core/attempts.h"

#include <stdlib.h>
#include <string.h>

#include "core/addr.h"

#define LASTS_NS (ATTEMPTS_S * UINT64_C(1000000000))

struct attempt {
	struct addr source;
	uint64_t since_ns; /* 0: free */
};

struct attempts {
	uint64_t seed;
	struct attempts_status counts;
	struct attempt of[ATTEMPTS_MAX];
};

struct attempts *attempts_create(uint64_t seed)
{
	struct attempts *attempts = calloc(1, sizeof(*attempts));

	if (attempts)
		attempts->seed = seed;
	return attempts;
}

/* The one place that a source can have. */
static struct attempt *place_of(struct attempts *attempts,
				const struct addr *source)
{
	uint64_t hash = attempts->seed;

	for (size_t i = 0; i < sizeof(source->octets); i++) {
		hash = (hash ^ source->octets[i]) *
		       UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 32;
	}
	return &attempts->of[hash % ATTEMPTS_MAX];
}

void attempts_note(struct attempts *attempts, const struct addr *source,
		   bool listed, bool witness, uint64_t now_ns)
{
	struct attempt *place = place_of(attempts, source);

	if (place->since_ns && addr_equal(&place->source, source) &&
	    now_ns - place->since_ns < LASTS_NS)
		return;
	*place = (struct attempt){.source = *source, .since_ns = now_ns};
	attempts->counts.strict++;
	attempts->counts.off += listed;
	attempts->counts.witness += listed || !witness;
}

struct attempts_status attempts_status(const struct attempts *attempts)
{
	return attempts->counts;
}

void attempts_reset(struct attempts *attempts)
{
	memset(&attempts->counts, 0, sizeof(attempts->counts));
	memset(attempts->of, 0, sizeof(attempts->of));
}

void attempts_free(struct attempts *attempts)
{
	free(attempts);
}
