/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of eight: the program tells of some 13,000 new sources a second. */

#include "sources/dnsbl_again.h"

#include <stdlib.h>
#include <sys/random.h>

#include "sources/dnsbl_hash.h"

#define SETS 8192
#define WAYS 8

struct slot {
	uint32_t tag;	  /* of the source; 0: unused */
	uint32_t came_ms; /* wraps around after 49 days, as does `now` below */
};

struct dnsbl_again {
	uint64_t seed;
	struct slot slots[SETS][WAYS];
};

struct dnsbl_again *dnsbl_again_create(void)
{
	struct dnsbl_again *again = calloc(1, sizeof(*again));

	if (again &&
	    getrandom(&again->seed, sizeof(again->seed), GRND_NONBLOCK) < 0)
		again->seed = (uintptr_t)again;
	return again;
}

void dnsbl_again_free(struct dnsbl_again *again)
{
	free(again);
}

bool dnsbl_again_note(struct dnsbl_again *again, const struct addr *source,
		      uint64_t now_ms)
{
	uint64_t value = dnsbl_hash(again->seed, source);
	uint32_t tag = (uint32_t)(value >> 32), now = (uint32_t)now_ms;
	struct slot *set = again->slots[value % SETS];
	struct slot *place = set;
	bool before;

	tag = tag != 0 ? tag : 1;
	for (unsigned int i = 0; i < WAYS; i++) {
		if (set[i].tag == tag || set[i].tag == 0) {
			place = &set[i];
			break;
		}
		if (now - set[i].came_ms > now - place->came_ms)
			place = &set[i];
	}
	before = place->tag == tag && now - place->came_ms <= DNSBL_AGAIN_MS;
	place->tag = tag;
	place->came_ms = now;
	return before;
}
