/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small memory of what DNSBLs answered. */

#include "worker/answers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 8192 /* a power of two */

struct slot {
	struct addr source;
	uint64_t at_ns; /* 0: free */
};

struct answers {
	size_t site_count;
	struct slot slots[SLOTS];
	struct dnsbl_site_result results[]; /* SLOTS times site_count */
};

int answers_create(size_t site_count, struct answers **out)
{
	struct answers *answers;

	answers =
		calloc(1, sizeof(*answers) + SLOTS * site_count *
						     sizeof(*answers->results));
	if (!answers)
		return -ENOMEM;
	answers->site_count = site_count;
	*out = answers;
	return 0;
}

/* FNV-1a: who makes two sources collide only hides one from explain. */
static size_t slot_of(const struct addr *source)
{
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < sizeof(source->octets); i++)
		hash = (hash ^ source->octets[i]) * 16777619U;
	return hash & (SLOTS - 1);
}

void answers_put(struct answers *answers, const struct dnsbl_result *result,
		 uint64_t now_ns)
{
	size_t slot = slot_of(&result->source);

	answers->slots[slot].source = result->source;
	answers->slots[slot].at_ns = now_ns;
	memcpy(answers->results + slot * answers->site_count, result->sites,
	       answers->site_count * sizeof(*answers->results));
}

const struct dnsbl_site_result *answers_get(const struct answers *answers,
					    const struct addr *source,
					    uint64_t *at_ns)
{
	size_t slot = slot_of(source);

	if (!answers->slots[slot].at_ns ||
	    !addr_equal(&answers->slots[slot].source, source))
		return NULL;
	*at_ns = answers->slots[slot].at_ns;
	return answers->results + slot * answers->site_count;
}

void answers_free(struct answers *answers)
{
	free(answers);
}
