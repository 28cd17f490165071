/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands of the configuration, run when the primary's health changes.
 * Each runs alone, for a minute at most; asked for again meanwhile, it runs
 * once more afterwards.  Its output goes to the log's stderr.
 */
#ifndef POSTERN_PARENT_HOOKS_H
#define POSTERN_PARENT_HOOKS_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/config.h"
#include "core/message.h"

struct hooks;

int hooks_create(struct hooks **out);

/* Runs the command that `config` has for it, if any. */
void hooks_run(struct hooks *hooks, const struct config *config,
	       enum hook hook);

/* A child has ended: returns false if it was none of these. */
bool hooks_reaped(struct hooks *hooks, const struct config *config, pid_t pid,
		  int status);

/* Ends what runs for too long; call it every few seconds. */
void hooks_check(struct hooks *hooks);

/* Forgets what still runs: a flush goes on when the daemon stops. */
void hooks_close(struct hooks *hooks);

#endif
