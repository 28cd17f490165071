/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When to ask for delivery of which domain's mail after an outage: not before
 * the primary has been healthy for a while, one domain after the other, with
 * pauses; not while it falters, and then on with the domain that is next.
 *
 * Pure: no I/O, no clock of its own.  Times are of one monotonic clock.
 */
#ifndef POSTERN_CORE_FLUSH_H
#define POSTERN_CORE_FLUSH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct flush {
	size_t count;	 /* of domains */
	size_t next;	 /* index of the domain whose turn it is */
	size_t owed;	 /* how many of them have to be flushed yet */
	bool healthy;	 /* the primary */
	bool running;	 /* one that was taken is not done: */
	size_t current;	 /* ... this one */
	bool outdated;	 /* mail may have gathered since it was taken */
	uint64_t due_ns; /* the next one, while it is healthy */
};

/* Other domains, or as many others: what is owed is owed to all of them. */
void flush_set(struct flush *flush, size_t count);

/* The primary is gone: mail for all domains gathers. */
void flush_outage(struct flush *flush);

/* It is healthy from now on, and may be sent mail after `settle_ns`. */
void flush_healthy(struct flush *flush, uint64_t now_ns, uint64_t settle_ns);

/* Nothing good is known of it just now. */
void flush_falter(struct flush *flush);

/* Returns whether one is due now; it goes to *index, and is running. */
bool flush_take(struct flush *flush, uint64_t now_ns, size_t *index);

/* The one that was running is done, whether it succeeded or not. */
void flush_done(struct flush *flush, uint64_t now_ns, uint64_t pause_ns);

/* The pause between two, `delay_ns` give or take a quarter; random: any. */
uint64_t flush_pause(uint64_t delay_ns, uint32_t random);

#endif
