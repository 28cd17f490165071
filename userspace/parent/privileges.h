/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the worker becomes nobody in particular. */
#ifndef POSTERN_PARENT_PRIVILEGES_H
#define POSTERN_PARENT_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "worker/worker.h"

struct identity {
	uid_t uid;
	gid_t gid;
};

/* Returns 0 and *out, or -ENOENT after it has logged what is missing. */
int privileges_find(const char *user, struct identity *out);

/* Returns 0 and *out, or -ENOENT after it has logged what is missing. */
int privileges_find_group(const char *group, gid_t *out);

/*
 * Closes every descriptor that is not in `keep` (stderr is kept, stdin and
 * stdout become /dev/null), becomes `identity` and gives up all capabilities
 * and the way back, and all system calls but those of a worker.  `map` is one
 * of `keep`: where the kernel lets nobody use a map without CAP_BPF (before
 * 5.19), that one is kept; where it has no seccomp filters, it goes on
 * without one.  Returns 0 and *out, or a negative errno after it has logged
 * why.
 */
int privileges_drop(const struct identity *identity, const int *keep,
		    size_t count, int map, struct sandbox *out);

#endif
