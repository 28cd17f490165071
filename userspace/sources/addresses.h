/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's own addresses on some interfaces, followed as they change
 * (rtnetlink(7) tells when to look again).
 */
#ifndef POSTERN_SOURCES_ADDRESSES_H
#define POSTERN_SOURCES_ADDRESSES_H

#include <stdbool.h>
#include <uv.h>

#include "core/config.h"

/*
 * Writes up to `max` global unicast addresses of the interface, in the order
 * of the kernel.  Returns how many there are, or a negative errno.
 */
int addresses_of(const char *interface, struct addr *out, size_t max);

/* As many as the program has room for, of both families. */
#define ADDRESSES_PROTECTED_MAX ((size_t)2 * DOORS_MAX)

/*
 * The addresses that a configuration protects: those of its guards, and those
 * that it names outside of guards, or else the other global ones of its
 * interfaces.  Returns how many of them were written, DOORS_MAX of a family at
 * most.
 */
size_t addresses_protected(const struct config *config,
			   struct addr out[static ADDRESSES_PROTECTED_MAX]);

/* The global addresses of its interfaces, protected or not; as above. */
size_t addresses_own(const struct config *config,
		     struct addr out[static ADDRESSES_PROTECTED_MAX]);

/* Whether any interface of this host has it; false where that can't be told. */
bool addresses_is_local(const struct addr *addr);

struct address_watch;

/* `changed` is called from the loop, never from within a call. */
int addresses_watch(uv_loop_t *loop, void (*changed)(void *context),
		    void *context, struct address_watch **out);

/* Frees itself once the loop has closed its handle. */
void addresses_unwatch(struct address_watch *watch);

#endif
