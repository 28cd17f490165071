/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns bpf/witness.bpf.c: loads and attaches it to the root of cgroup v2 while
 * the worker knows of a primary on this machine and has use for witnesses.
 * Its link is pinned, adopted and left behind like those of interfaces
 * (links.h).
 *
 * Without it there are fewer witnesses, and nothing else is amiss: so whoever
 * calls goes on when it fails.
 */
#ifndef POSTERN_PARENT_PRIMARY_WATCH_H
#define POSTERN_PARENT_PRIMARY_WATCH_H

#include "core/config.h"
#include "parent/loader.h"
#include "parent/pins.h"

struct primary_watch;

/* `pins` must outlive it.  Returns 0 and *out, or -ENOMEM. */
int primary_watch_create(const struct pins *pins, struct primary_watch **out);

/*
 * Attaches, unless it is; the program shares maps with those of `loader`.
 * Returns 0; or a negative errno with why not in `why`, and nothing has
 * changed.
 */
int primary_watch_attach(struct primary_watch *watch,
			 const struct loader *loader,
			 char why[static CONFIG_ERROR_TEXT]);

/* Detaches for good, also what an earlier daemon has left, and unpins. */
void primary_watch_detach(struct primary_watch *watch);

/* Frees; what is attached and pinned stays so. */
void primary_watch_close(struct primary_watch *watch);

#endif
