/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A timing wheel. */

#include "tables/expiry.h"

#include <errno.h>
#include <stdlib.h>

#define NOBODY UINT32_MAX

struct node {
	struct addr entry;
	uint32_t next; /* in its slot, or among the free ones */
};

struct expiry {
	uint64_t at_s; /* what came up before has been taken */
	uint32_t max;
	uint32_t allocated;
	uint32_t count;
	uint32_t free;
	uint32_t slots[EXPIRY_SPAN_S];
	struct node *nodes;
};

int expiry_create(uint32_t max, uint64_t now_s, struct expiry **out)
{
	struct expiry *expiry = calloc(1, sizeof(*expiry));

	if (!expiry)
		return -ENOMEM;
	expiry->max = max;
	expiry->at_s = now_s;
	expiry->free = NOBODY;
	for (size_t i = 0; i < EXPIRY_SPAN_S; i++)
		expiry->slots[i] = NOBODY;
	*out = expiry;
	return 0;
}

/* Memory grows with use, by half at a time. */
static int grow(struct expiry *expiry)
{
	uint32_t before = expiry->allocated;
	uint32_t after = before + before / 2 + 1024;
	struct node *nodes;

	if (before == expiry->max)
		return -ENOSPC;
	if (after > expiry->max)
		after = expiry->max;
	nodes = realloc(expiry->nodes, after * sizeof(*nodes));
	if (!nodes)
		return -ENOMEM;
	for (uint32_t i = before; i < after; i++) {
		nodes[i].next = expiry->free;
		expiry->free = i;
	}
	expiry->nodes = nodes;
	expiry->allocated = after;
	return 0;
}

int expiry_add(struct expiry *expiry, const struct addr *entry, uint64_t at_s)
{
	uint32_t node, *slot;
	int error;

	if (expiry->free == NOBODY) {
		error = grow(expiry);
		if (error)
			return error;
	}
	if (at_s < expiry->at_s)
		at_s = expiry->at_s;
	if (at_s > expiry->at_s + EXPIRY_SPAN_S - 1)
		at_s = expiry->at_s + EXPIRY_SPAN_S - 1;
	node = expiry->free;
	expiry->free = expiry->nodes[node].next;
	slot = &expiry->slots[at_s % EXPIRY_SPAN_S];
	expiry->nodes[node].entry = *entry;
	expiry->nodes[node].next = *slot;
	*slot = node;
	expiry->count++;
	return 0;
}

static bool take_from(struct expiry *expiry, uint64_t at_s, struct addr *out)
{
	uint32_t *slot = &expiry->slots[at_s % EXPIRY_SPAN_S];
	uint32_t node = *slot;

	if (node == NOBODY)
		return false;
	*out = expiry->nodes[node].entry;
	*slot = expiry->nodes[node].next;
	expiry->nodes[node].next = expiry->free;
	expiry->free = node;
	expiry->count--;
	return true;
}

bool expiry_take_due(struct expiry *expiry, uint64_t now_s, struct addr *out)
{
	/* After a long pause one round is enough. */
	if (now_s > expiry->at_s + EXPIRY_SPAN_S)
		expiry->at_s = now_s - EXPIRY_SPAN_S;
	while (expiry->at_s <= now_s) {
		if (take_from(expiry, expiry->at_s, out))
			return true;
		if (expiry->at_s == now_s)
			return false;
		expiry->at_s++;
	}
	return false;
}

bool expiry_take_first(struct expiry *expiry, struct addr *out, uint64_t *at_s)
{
	for (uint64_t i = 0; expiry->count && i < EXPIRY_SPAN_S; i++) {
		*at_s = expiry->at_s + i;
		if (take_from(expiry, *at_s, out))
			return true;
	}
	return false;
}

size_t expiry_count(const struct expiry *expiry)
{
	return expiry->count;
}

void expiry_free(struct expiry *expiry)
{
	if (!expiry)
		return;
	free(expiry->nodes);
	free(expiry);
}
