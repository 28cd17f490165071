/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What follows from knocks at the closed gate: networks that may pass it
 * (the map `networks`), and crowds that have it opened.
 */
#ifndef POSTERN_WORKER_KNOCKS_H
#define POSTERN_WORKER_KNOCKS_H

#include <jansson.h>

#include "core/config.h"
#include "tables/networks.h"

struct knocks;

/* A network is let in for `mercy`: its key. */
typedef void knocks_merciful(void *context, const struct addr *network);

/* Borrows the table.  Returns 0 and *out, or -ENOMEM. */
int knocks_create(struct network_table *networks, knocks_merciful *merciful,
		  void *context, struct knocks **out);

/* Borrows the configuration until the next call. */
void knocks_use(struct knocks *knocks, const struct config *config);

/*
 * A source has knocked; `verdict` is what is known of it (clean, too, where
 * nobody is asked).  Returns whether it should be asked for now.
 */
bool knocks_note(struct knocks *knocks, const struct addr *source,
		 enum verdict verdict);

/* The same of one whose network may pass the gate. */
void knocks_passed(struct knocks *knocks, const struct addr *source,
		   enum verdict verdict);

/* A source was looked up. */
void knocks_judged(struct knocks *knocks, const struct addr *source,
		   enum verdict verdict);

/* Ask every second; `closed`: the gate is.  See knockers_crowd(). */
bool knocks_crowd(struct knocks *knocks, enum family family, bool closed);

/*
 * {"mercy", "networks", "attempts": {"off", "strict", "witness"},
 * "ipv4": {"now", "usual", "open_left_s"}, "ipv6"}
 */
json_t *knocks_json(const struct knocks *knocks);

void knocks_free(struct knocks *knocks);

#endif
