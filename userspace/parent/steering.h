/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns bpf/steer.bpf.c: loads and attaches it to this network namespace while
 * a configuration has somebody deferred, and makes the doorman's listening
 * sockets.  Its link is pinned, adopted and left behind like those of
 * interfaces (links.h).
 */
#ifndef POSTERN_PARENT_STEERING_H
#define POSTERN_PARENT_STEERING_H

#include "core/config.h"
#include "parent/loader.h"
#include "parent/pins.h"

struct steering;

/* `pins` must outlive it.  Returns 0 and *out, or -ENOMEM. */
int steering_create(const struct pins *pins, struct steering **out);

/*
 * Attaches where `config` needs it; the program shares maps with those of
 * `loader`, the one in use now.  Returns 0; or a negative errno with why
 * not in `why`, which names the key, and nothing has changed.
 */
int steering_attach(struct steering *steering, const struct loader *loader,
		    const struct config *config,
		    char why[static CONFIG_ERROR_TEXT]);

/* Detaches, unless `config` needs it; also what an earlier daemon has left. */
void steering_drop(struct steering *steering, const struct config *config);

/*
 * A new listening socket for the doorman, which gets the connections of that
 * family from now on: until the last descriptor of it is closed, so the
 * caller hands it over and closes its own.  Returns a descriptor; or a
 * negative errno, -EAFNOSUPPORT where the host has no such family.
 */
int steering_socket(struct steering *steering, enum family family);

/* Detaches for good, and removes the pins. */
void steering_detach(struct steering *steering);

/* Frees; what is attached and pinned stays so. */
void steering_close(struct steering *steering);

#endif
