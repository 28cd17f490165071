/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Those who watch decisions through the control socket.  Each sees what its
 * filter lets through, and once a second how much was left out: by the program
 * (watch_tally.h), and because the watcher itself was too slow.  The program
 * tells of decisions only while there is one.
 *
 * Belongs to the worker's loop.
 */
#ifndef POSTERN_WORKER_WATCH_H
#define POSTERN_WORKER_WATCH_H

#include <jansson.h>
#include <stdbool.h>
#include <uv.h>

#include "control/server.h"
#include "worker/watch_filter.h"

#define WATCHERS_MAX 8

struct watch;

/* What it needs of its owner; `context` is for all of these. */
struct watch_owner {
	void *context;
	/* The first one has come, or the last one has gone: watch_is_on(). */
	void (*changed)(void *context);
	/* SYNs judged by now, by reason: 0, or a negative errno. */
	int (*count)(void *context, uint64_t counted[static REASON_MAX]);
	/* Takes in what the program has told of by now: watch_note(). */
	void (*drain)(void *context);
	/* A decision in JSON, or NULL. */
	json_t *(*describe)(void *context, const struct shown *shown);
};

/* Copies `owner`.  Returns 0 and *out, or -ENOMEM. */
int watch_create(uv_loop_t *loop, const struct watch_owner *owner,
		 struct watch **out);

bool watch_is_on(const struct watch *watch);

/* Answers a request for a stream.  Takes the reference to `first`, a line. */
void watch_join(struct watch *watch, const struct watch_filter *filter,
		json_t *first, struct control_request *request);

/* The program has told of a decision. */
void watch_note(struct watch *watch, const struct shown *shown);

/*
 * Frees itself once the loop has closed its handle, and the server its
 * streams.  `changed` is still called for the last one.
 */
void watch_close(struct watch *watch);

#endif
