/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The directory of pins in bpffs: its lock, and paths in it.  Maps are pinned
 * under their names, the link of interface IF as link-IF (bpffs refuses dots,
 * so eth0.5 becomes link-eth0:5; no interface name holds a colon), that of the
 * network namespace as PINS_STEERING, and that of the cgroup as
 * PINS_PRIMARY_WATCH.
 */
#ifndef POSTERN_PARENT_PINS_H
#define POSTERN_PARENT_PINS_H

#include <limits.h>
#include <stdbool.h>

#define PINS_STEERING	   "steering"
#define PINS_PRIMARY_WATCH "primary-watch"

struct pins;

/*
 * Makes the directory, root's alone, and locks it for this process.  Returns
 * 0 and *out; or a negative errno after it has logged why: -EBUSY when another
 * daemon has the lock.
 */
int pins_open(const char *directory, struct pins **out);

/* Writes the path of a pin; returns `path`. */
const char *pins_path(const struct pins *pins, const char *name,
		      char path[static PATH_MAX]);
const char *pins_link_path(const struct pins *pins, const char *interface,
			   char path[static PATH_MAX]);

/*
 * Pins a descriptor of BPF under `path`, in place of what is there: whoever
 * looks finds the one or the other.  Returns 0 or a negative errno.
 */
int pins_replace(int fd, const char *path);

/*
 * Takes over the link of that name: gives it `program`, without a gap.  Returns
 * its descriptor; -ENOENT where there is none, or it `is_wanted` no more; or
 * the negative errno with which the kernel has refused.
 */
int pins_adopt(const struct pins *pins, const char *name, int program,
	       bool (*is_wanted)(int link, const void *context),
	       const void *context);

/* Is the directory still what pins_open() made? */
bool pins_intact(const struct pins *pins);

/*
 * Look whether it is still to be found: one that only is hidden, because its
 * file system was unmounted or another one lies above, is used by its
 * descriptor from now on, which is logged.  Returns false once it was removed:
 * `posternd --detach` does so.
 */
bool pins_follow(struct pins *pins);

/*
 * Calls `each` for every link that is pinned, with the name of its interface.
 * Returns how many there are.
 */
int pins_links(const struct pins *pins,
	       void (*each)(void *context, const char *interface),
	       void *context);

/* Detaches the link of an interface for good, and removes its pin. */
void pins_drop_link(const struct pins *pins, const char *interface);

/* The same for the link of that name.  Returns whether there was one. */
bool pins_drop(const struct pins *pins, const char *name);

/* Removes all pins and the directory; links are detached first. */
void pins_remove(struct pins *pins);

/* Unlocks; what is pinned stays. */
void pins_close(struct pins *pins);

/*
 * Detaches all links under `directory` and removes its pins, whoever holds
 * the lock.  Returns the number of interfaces that this has
 * detached from, or a negative errno.
 */
int pins_detach(const char *directory);

#endif
