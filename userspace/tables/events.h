/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reader of the ring buffer `events`.  Belongs to the worker's loop; the
 * callback runs from there, a bounded number of times in a row.
 */
#ifndef POSTERN_TABLES_EVENTS_H
#define POSTERN_TABLES_EVENTS_H

#include <uv.h>

#include "shared.h"

struct event_reader;

/* One of kind EVENT_SHOWN is a struct shown. */
typedef void event_seen(void *context, const struct event *event);

/* Borrows the descriptor.  Returns 0 and *out, or a negative errno. */
int events_open(uv_loop_t *loop, int map, event_seen *seen, void *context,
		struct event_reader **out);

/* Reads what is there now, without waiting for the loop. */
void events_drain(struct event_reader *reader);

/* Frees itself once the loop has closed its handle. */
void events_close(struct event_reader *reader);

#endif
