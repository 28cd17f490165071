/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries live in one array and refer to each other by index: in a chain of
 * their hash bucket, and in the list of their priority while they wait.
 */

#include "sources/dnsbl_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "sources/dnsbl_hash.h"

#define NOBODY UINT32_MAX
#define TAKEN  DNSBL_PRIORITIES

struct entry {
	struct addr source;
	uint32_t chain; /* next in the bucket, or among the unused */
	uint32_t previous;
	uint32_t next;
	uint32_t state; /* enum dnsbl_priority, or TAKEN */
	bool trusted;
};

struct list {
	uint32_t first;
	uint32_t last;
	uint32_t count;
	uint32_t max;
};

struct dnsbl_queue {
	struct entry *entries;
	uint32_t *buckets;
	uint32_t bucket_mask;
	uint32_t unused;
	uint64_t seed;
	struct list lists[DNSBL_PRIORITIES + 1]; /* the last: TAKEN */
};

static int allocate(struct dnsbl_queue *queue, uint32_t capacity)
{
	uint32_t buckets = 1;

	while (buckets < capacity)
		buckets *= 2;
	queue->bucket_mask = buckets - 1;
	queue->entries = calloc(capacity, sizeof(*queue->entries));
	queue->buckets = malloc(buckets * sizeof(*queue->buckets));
	if (!queue->entries || !queue->buckets)
		return -ENOMEM;
	memset(queue->buckets, 0xff, buckets * sizeof(*queue->buckets));
	queue->unused = NOBODY;
	for (uint32_t i = capacity; i-- > 0;) {
		queue->entries[i].chain = queue->unused;
		queue->unused = i;
	}
	return 0;
}

struct dnsbl_queue *
dnsbl_queue_create(const uint32_t sizes[static DNSBL_PRIORITIES],
		   uint32_t taken_max)
{
	struct dnsbl_queue *queue = calloc(1, sizeof(*queue));
	uint32_t capacity = taken_max;

	if (!queue)
		return NULL;
	for (unsigned int i = 0; i <= TAKEN; i++) {
		struct list *list = &queue->lists[i];

		list->first = NOBODY;
		list->last = NOBODY;
		list->max = i == TAKEN ? taken_max : sizes[i];
		capacity += i == TAKEN ? 0 : sizes[i];
	}
	/* A stranger who knew the seed could put all into one bucket. */
	if (getrandom(&queue->seed, sizeof(queue->seed), GRND_NONBLOCK) < 0)
		queue->seed = (uintptr_t)queue;
	if (allocate(queue, capacity) != 0) {
		dnsbl_queue_free(queue);
		return NULL;
	}
	return queue;
}

void dnsbl_queue_free(struct dnsbl_queue *queue)
{
	if (!queue)
		return;
	free(queue->entries);
	free(queue->buckets);
	free(queue);
}

static uint32_t *bucket(struct dnsbl_queue *queue, const struct addr *source)
{
	uint64_t hash = dnsbl_hash(queue->seed, source);

	return &queue->buckets[(uint32_t)(hash >> 32) & queue->bucket_mask];
}

static uint32_t find(struct dnsbl_queue *queue, const struct addr *source)
{
	uint32_t id = *bucket(queue, source);

	while (id != NOBODY && !addr_equal(&queue->entries[id].source, source))
		id = queue->entries[id].chain;
	return id;
}

static void append(struct dnsbl_queue *queue, uint32_t id, uint32_t state)
{
	struct list *list = &queue->lists[state];
	struct entry *entry = &queue->entries[id];

	entry->state = state;
	entry->previous = list->last;
	entry->next = NOBODY;
	if (list->last == NOBODY)
		list->first = id;
	else
		queue->entries[list->last].next = id;
	list->last = id;
	list->count++;
}

static void detach(struct dnsbl_queue *queue, uint32_t id)
{
	struct entry *entry = &queue->entries[id];
	struct list *list = &queue->lists[entry->state];

	if (entry->previous == NOBODY)
		list->first = entry->next;
	else
		queue->entries[entry->previous].next = entry->next;
	if (entry->next == NOBODY)
		list->last = entry->previous;
	else
		queue->entries[entry->next].previous = entry->previous;
	list->count--;
}

static bool is_full(const struct list *list)
{
	return list->count >= list->max;
}

int dnsbl_queue_put(struct dnsbl_queue *queue, const struct addr *source,
		    enum dnsbl_priority priority)
{
	uint32_t id = find(queue, source);
	struct entry *entry;
	uint32_t *head;

	if (id != NOBODY) {
		entry = &queue->entries[id];
		if (entry->state != TAKEN && entry->state > priority &&
		    !is_full(&queue->lists[priority])) {
			detach(queue, id);
			append(queue, id, priority);
		}
		return 0;
	}
	if (is_full(&queue->lists[priority]))
		return -EAGAIN;
	id = queue->unused;
	entry = &queue->entries[id];
	queue->unused = entry->chain;
	entry->source = *source;
	entry->trusted = false;
	head = bucket(queue, source);
	entry->chain = *head;
	*head = id;
	append(queue, id, priority);
	return 0;
}

bool dnsbl_queue_has(struct dnsbl_queue *queue, const struct addr *source)
{
	return find(queue, source) != NOBODY;
}

void dnsbl_queue_trust(struct dnsbl_queue *queue, const struct addr *source)
{
	uint32_t id = find(queue, source);

	if (id != NOBODY)
		queue->entries[id].trusted = true;
}

bool dnsbl_queue_take(struct dnsbl_queue *queue, struct dnsbl_waiting *out)
{
	uint32_t from = 0, first;

	while (from < DNSBL_PRIORITIES && queue->lists[from].count == 0)
		from++;
	if (from == DNSBL_PRIORITIES || is_full(&queue->lists[TAKEN]))
		return false;
	first = queue->lists[from].first;
	detach(queue, first);
	append(queue, first, TAKEN);
	*out = (struct dnsbl_waiting){
		.id = first,
		.source = queue->entries[first].source,
		.priority = (enum dnsbl_priority)from,
		.trusted = queue->entries[first].trusted,
	};
	return true;
}

void dnsbl_queue_release(struct dnsbl_queue *queue, uint32_t id)
{
	struct entry *entry = &queue->entries[id];
	uint32_t *link = bucket(queue, &entry->source);

	detach(queue, id);
	while (*link != id)
		link = &queue->entries[*link].chain;
	*link = entry->chain;
	entry->chain = queue->unused;
	queue->unused = id;
}

size_t dnsbl_queue_waiting(const struct dnsbl_queue *queue,
			   enum dnsbl_priority priority)
{
	return queue->lists[priority].count;
}
