/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The feeds: files that are watched, read beside the event loop, checked, and
 * put in force as lists.  A file that can't be used changes nothing: the last
 * good version stays, until it is too old.
 *
 *   feeds.c		which feeds there are, and their life
 *   feed_accept.c	which versions are taken, and until when
 *   feed_keep.c	what must stay reachable and is not in the configuration
 *   feed_status.c	what is told of them
 */
#ifndef POSTERN_WORKER_FEEDS_H
#define POSTERN_WORKER_FEEDS_H

#include <jansson.h>
#include <uv.h>

#include "core/config.h"
#include "tables/clock.h"
#include "worker/publisher.h"

struct feeds;

/*
 * Borrows all but the loop until feeds_close(); `counters` is the map of the
 * lists' counters.  Returns 0 and *out, or a negative errno.
 */
int feeds_create(uv_loop_t *loop, struct publisher *publisher,
		 const struct jiffies_clock *clock, int counters,
		 struct feeds **out);

/*
 * Follows the feeds of `config`, which must stay until the next call.  Those
 * that are the same keep what they have until their file has been read again.
 * With `wait` all files are read before it returns, and set, but not
 * published; otherwise beside the loop, and published.  Returns 0 or -ENOMEM
 * with the feeds as before.
 */
int feeds_apply(struct feeds *feeds, const struct config *config, bool wait);

/*
 * There is no room for all: gives up the largest one until its file changes.
 * Returns false when there is none.
 */
bool feeds_give_up_largest(struct feeds *feeds);

/*
 * The addresses of primaries that DNS has named, and those of this host, have
 * changed: feeds that list one of them are read again, and leave it out.
 */
void feeds_keep(struct feeds *feeds, const struct addr *primaries,
		size_t count);

/* Reads all files again; with `force` whatever size they have now. */
void feeds_reload(struct feeds *feeds, bool force);

/* The name of the feed that has a number; NULL: none has. */
const char *feeds_name(const struct feeds *feeds, unsigned int number);

/* The age of its file in seconds, or a negative number. */
double feeds_age_s(const struct feeds *feeds, unsigned int number);

/* An array for `status`; NULL: no memory. */
json_t *feeds_json(const struct feeds *feeds);

/* Frees itself once the loop has closed its handles and reading has ended. */
void feeds_close(struct feeds *feeds);

#endif
