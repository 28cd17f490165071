/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The writer of the map `networks`: which of them may pass the closed gate, and
 * which are dropped rather than deferred.
 * Times are of CLOCK_MONOTONIC in nanoseconds.
 */
#ifndef POSTERN_TABLES_NETWORKS_H
#define POSTERN_TABLES_NETWORKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared.h"
#include "tables/clock.h"

/* How long it may pass the gate, if whoever tells of it doesn't say. */
#define NETWORKS_WITNESS_NS (14400 * NS_PER_S)

struct network_table;

/* The network of a source, and the key of the map: its /24 or /64. */
struct addr networks_key(const struct addr *source);

/*
 * Borrows the descriptor of a map that holds `max` entries, and reads back
 * what an earlier worker left in it.  Returns 0 and *out, or a negative errno.
 */
int networks_open(int map, uint32_t max, const struct jiffies_clock *clock,
		  struct network_table **out);

/*
 * Lets a network pass the closed gate until then; 0 is no longer.  When the
 * map is full, the entry that ends first goes.  Returns 0, -EDQUOT when others
 * of the same /16 (IPv6: /32) have used up its share, or a negative errno.
 */
int networks_set_witness(struct network_table *table, const struct addr *key,
			 uint64_t until_ns);

/*
 * The same, but one that may pass for longer keeps that.  Returns 1 if it may
 * pass for longer now than before, 0 if all is as it was, or those errors.
 */
int networks_prolong_witness(struct network_table *table,
			     const struct addr *key, uint64_t until_ns);

/* From now on it is dropped instead of deferred, until then; the same. */
int networks_tire(struct network_table *table, const struct addr *key,
		  uint64_t until_ns);

/* How often that has begun for one: not what only prolongs it, or fails. */
uint64_t networks_tired(const struct network_table *table);

/* Until when it may; 0: it may not. */
uint64_t networks_witness(const struct network_table *table,
			  const struct addr *key);

typedef void networks_seen(void *context, const struct addr *key,
			   uint64_t until_ns);

/* All that may pass, in no order. */
void networks_visit(const struct network_table *table, networks_seen *seen,
		    void *context);

/* Removes what has ended; call it every second. */
void networks_sweep(struct network_table *table);

/* Entries, some of which may have ended. */
size_t networks_count(const struct network_table *table);

void networks_close(struct network_table *table);

#endif
