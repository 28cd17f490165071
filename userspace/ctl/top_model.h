/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `posternctl top` knows: the sources that were shown lately, and rates by
 * reason.  Pure; times are seconds of any clock that only goes on.
 */
#ifndef POSTERN_CTL_TOP_MODEL_H
#define POSTERN_CTL_TOP_MODEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"
#include "ctl/watch.h"

/* The least busy one makes room. */
#define TOP_SOURCES_MAX 512

struct top_source {
	struct addr addr;
	double busy; /* decisions, each worth less as time goes by */
	uint64_t seen;
	enum reason reason; /* of the last one */
	char action[WATCH_ACTION_MAX];
	char by[WATCH_BY_MAX];
};

/* All zero at first, but for `aged_s`: now. */
struct top_model {
	struct top_source sources[TOP_SOURCES_MAX];
	size_t source_count;
	uint64_t counters[REASON_MAX]; /* SYNs judged */
	double rates[REASON_MAX];      /* a second */
	bool counted;		       /* there are counters */
	double counted_s;	       /* when */
	double aged_s;		       /* the sources were, last */
	uint64_t left_out;	       /* not among the sources */
	json_t *status;		       /* NULL: none has come */
	char problem[256];	       /* "": the daemon answers */
};

/* A line of `watch`. */
void top_model_take(struct top_model *model, const json_t *line);

/* The answer to `status`, whose reference is taken. */
void top_model_status(struct top_model *model, json_t *status, double now_s);

/* Sources lose weight, and the quiet ones their place; the busiest are first.
 */
void top_model_age(struct top_model *model, double now_s);

void top_model_free(struct top_model *model);

#endif
