/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps the history of refusals over restarts, in the file refusals.state of
 * the state directory: written every few minutes beside the loop's other work,
 * and once more at the end.  The worker owns one.
 */
#ifndef POSTERN_WORKER_HISTORY_KEEPER_H
#define POSTERN_WORKER_HISTORY_KEEPER_H

#include <uv.h>

#include "worker/history.h"

struct history_keeper;

/*
 * A file that can't be used is logged and ignored.  Returns 0 and *out, or
 * -ENOMEM.
 */
int history_keeper_create(uv_loop_t *loop, const char *directory,
			  struct history_keeper **out);

/* Valid as long as the keeper. */
struct history *history_keeper_store(const struct history_keeper *keeper);

/* Saves a last time, and is gone once the loop has closed its handle. */
void history_keeper_close(struct history_keeper *keeper);

#endif
