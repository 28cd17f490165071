/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes back the verdicts that zones have caused which can't be believed: the
 * whole map is walked, in slices, so that the loop is not kept for long.
 */
#ifndef POSTERN_WORKER_WITHDRAW_H
#define POSTERN_WORKER_WITHDRAW_H

#include <uv.h>

#include "tables/verdicts.h"

struct withdraw {
	uv_idle_t idle;
	struct verdict_table *table;
	uint64_t causes; /* of the walk under way; 0: none */
	uint64_t next;	 /* of the next one */
	struct verdict_walk walk;
	size_t count;
};

/* `table` must be there until the handle is closed. */
void withdraw_init(struct withdraw *withdraw, uv_loop_t *loop,
		   struct verdict_table *table);

/* From the loop's next turn on; `causes` as in worker/causes.h. */
void withdraw_start(struct withdraw *withdraw, uint64_t causes);

#endif
