/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps verdicts and quotas over restarts, in the file dnsbl.state of the
 * state directory: written every few minutes beside the loop's other work, and
 * once more at the end.
 */
#ifndef POSTERN_WORKER_SAVE_H
#define POSTERN_WORKER_SAVE_H

#include <uv.h>

#include "sources/dnsbl.h"
#include "tables/verdicts.h"
#include "worker/neighbours.h"

struct save;

/* What is pointed to must outlive it; so must the verdicts' table. */
struct save_of {
	struct verdict_table *verdicts;
	struct neighbours *neighbours;
	const struct jiffies_clock *clock;
	const char *directory;
};

/* Returns 0 and *out, or -ENOMEM. */
int save_create(uv_loop_t *loop, const struct save_of *of, struct save **out);

/* The engine whose quotas are kept, and its sites; NULL: there is none. */
void save_use(struct save *save, const struct config_dnsbl *config,
	      const struct dnsbl *dnsbl);

/*
 * Gives back what is valid still, without touching newer verdicts.  A file
 * that can't be used is logged and ignored.
 */
void save_restore(struct save *save, struct dnsbl *dnsbl);

/*
 * Saves a last time, and is gone once the loop has closed its handles; the
 * engine is not used any more when this returns.
 */
void save_close(struct save *save);

#endif
