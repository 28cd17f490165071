/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lists that `posternctl allow` and `posternctl block` change: in force
 * at once, expiring by themselves, and kept over restarts in a file.
 */
#ifndef POSTERN_WORKER_RUNTIME_H
#define POSTERN_WORKER_RUNTIME_H

#include <jansson.h>
#include <uv.h>

#include "tables/clock.h"
#include "worker/publisher.h"

#define RUNTIME_ENTRIES_MAX 16384 /* of both lists together */
#define RUNTIME_NOTE_MAX    200
#define RUNTIME_FOR_MAX_S   INT64_C(315360000) /* ten years */

enum runtime_list {
	RUNTIME_ALLOW,
	RUNTIME_BLOCK,
	RUNTIME_LISTS,
};

struct runtime;

/*
 * Reads what `directory` has kept, and sets it, without publishing.  What is
 * damaged is logged and put aside.  Returns 0 and *out, or -ENOMEM.
 */
int runtime_create(uv_loop_t *loop, struct publisher *publisher,
		   const struct jiffies_clock *clock, const char *directory,
		   struct runtime **out);

/*
 * Adds a prefix, or changes the one that is there; `for_s` 0 is for ever.
 * Returns 0, -ENOSPC for one too many, or -ENOMEM; *kept tells whether it
 * will survive a restart: 0 or a negative errno.
 */
int runtime_add(struct runtime *runtime, enum runtime_list list,
		const struct prefix *prefix, uint64_t for_s, const char *note,
		int *kept);

/* Returns 0, or -ENOENT when there is no such entry. */
int runtime_remove(struct runtime *runtime, enum runtime_list list,
		   const struct prefix *prefix, int *kept);

/*
 * The clock was set, by so many seconds: entries end when they would have, and
 * the file says so in the new time.
 */
void runtime_clock_set(struct runtime *runtime, int64_t step_s);

/* An array of entries, as much of them as fits an answer. */
json_t *runtime_json(const struct runtime *runtime, enum runtime_list list);

size_t runtime_count(const struct runtime *runtime, enum runtime_list list);

/* The narrowest entry that has the address, and since when it is there. */
bool runtime_find(const struct runtime *runtime, enum runtime_list list,
		  const struct addr *addr, struct prefix *out, double *age_s);

/* Frees itself once the loop has closed its timer. */
void runtime_close(struct runtime *runtime);

#endif
