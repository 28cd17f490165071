/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which sources wait for a lookup, and which have one under way: each source
 * is in here once.  One bounded first-in-first-out queue for each priority;
 * what doesn't fit is refused.  All memory is taken at the start.
 *
 * Pure: no I/O, no clock.
 */
#ifndef POSTERN_SOURCES_DNSBL_QUEUE_H
#define POSTERN_SOURCES_DNSBL_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"

enum dnsbl_priority {
	DNSBL_HELD,    /* a sender is waiting */
	DNSBL_REFRESH, /* known, near its expiry */
	DNSBL_PREWARM, /* bypasses the closed gate */
	DNSBL_PRIORITIES,
};

struct dnsbl_queue;

/*
 * Room for `sizes[priority]` waiting sources each, and for `taken_max` that
 * have been taken.  Returns NULL when there is no memory.
 */
struct dnsbl_queue *
dnsbl_queue_create(const uint32_t sizes[static DNSBL_PRIORITIES],
		   uint32_t taken_max);

void dnsbl_queue_free(struct dnsbl_queue *queue);

/*
 * Adds a source, or raises the priority of one that waits.  Returns 0, also
 * when it has been taken already; -EAGAIN when its queue is full.
 */
int dnsbl_queue_put(struct dnsbl_queue *queue, const struct addr *source,
		    enum dnsbl_priority priority);

bool dnsbl_queue_has(struct dnsbl_queue *queue, const struct addr *source);

/* Notes of one that is in the queue that it stands well by other proof. */
void dnsbl_queue_trust(struct dnsbl_queue *queue, const struct addr *source);

struct dnsbl_waiting {
	uint32_t id; /* for dnsbl_queue_release() */
	struct addr source;
	enum dnsbl_priority priority;
	bool trusted;
};

/*
 * Takes the source that waits longest at the highest priority.  Returns false
 * when there is none, or when `taken_max` have been taken.
 */
bool dnsbl_queue_take(struct dnsbl_queue *queue, struct dnsbl_waiting *out);

/* The lookup of a source that was taken is over: it may be put in again. */
void dnsbl_queue_release(struct dnsbl_queue *queue, uint32_t id);

size_t dnsbl_queue_waiting(const struct dnsbl_queue *queue,
			   enum dnsbl_priority priority);

#endif
