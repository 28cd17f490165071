/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands of the configuration that run when something changes.  Those
 * that are opposites (on-up and on-down, on-open and on-close) share a lane:
 * one runs after the other, in the order of the changes, each for a minute at
 * most.  What they print goes to the log.  In their environment:
 *
 *   POSTERN_HOOK    the name of its key: on-open, ...
 *   POSTERN_FAMILY  of the gate: ipv4 or ipv6; not set for others
 *   POSTERN_WHY     words that say why
 */
#ifndef POSTERN_PARENT_HOOKS_H
#define POSTERN_PARENT_HOOKS_H

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

#include "core/config.h"
#include "core/message.h"

struct hooks;

int hooks_create(struct hooks **out);

/*
 * Runs the command that `config` has for it, if any, once it is its turn.
 * Of more than a few that wait in one lane the oldest is given up.
 */
void hooks_run(struct hooks *hooks, const struct config *config,
	       const struct hook_call *call);

/*
 * Another configuration is in force: what waits for the gate of a guard keeps
 * to that guard, or is given up where `next` lacks it.
 */
void hooks_carry(struct hooks *hooks, const struct config *before,
		 const struct config *next);

/* Fills in what is to be polled; returns how many: HOOK_LANES at most. */
#define HOOK_LANES 3
size_t hooks_poll(const struct hooks *hooks, struct pollfd *fds);

/* Reads what was said on a descriptor of these; false: it is none. */
bool hooks_read(struct hooks *hooks, int fd);

/* A child has ended: returns false if it was none of these. */
bool hooks_reaped(struct hooks *hooks, const struct config *config, pid_t pid,
		  int status);

/* Ends what runs for too long; call it every few seconds. */
void hooks_check(struct hooks *hooks);

/* Forgets what still runs: a flush goes on when the daemon stops. */
void hooks_close(struct hooks *hooks);

#endif
