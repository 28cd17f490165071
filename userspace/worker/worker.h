/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The worker: the process that talks to the world.  It has no privileges but
 * the descriptors in struct worker_start.
 */
#ifndef POSTERN_WORKER_WORKER_H
#define POSTERN_WORKER_WORKER_H

#include "core/config.h"
#include "tables/clock.h"
#include "tables/maps.h"

/* What the worker's process was left with. */
struct sandbox {
	bool seccomp; /* it can make only the system calls that it makes */
	bool cap_bpf; /* the kernel lets it use no map without: before 5.19 */
};

struct worker_start {
	struct config *config; /* the worker frees it */
	struct maps maps;
	struct jiffies_clock clock;
	struct sandbox sandbox;
	int parent;  /* socketpair of core/message.h */
	int control; /* listening */
};

/*
 * Runs until the parent is gone; returns the exit status of the process: 0,
 * or 1 after it has logged why it can't go on.
 */
int worker_run(const struct worker_start *start);

#endif
