/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Follows the addresses that a name has in DNS, of one family: asks at once
 * and again by TTL (within 60 s and one hour), and after a failure every 30 s.
 * A failure changes nothing of what is known; it is logged once.
 *
 * `found` is called for each answer, with no addresses where there are none,
 * never from within a call to this module.  It must not close the follow.
 */
#ifndef POSTERN_SOURCES_FOLLOW_H
#define POSTERN_SOURCES_FOLLOW_H

#include "sources/resolver.h"

struct follow;

typedef void follow_found(void *context, enum family family,
			  const struct addr *addresses, size_t count);

/*
 * `name` and `resolver` must stay until follow_close().  Returns 0 and *out,
 * or -ENOMEM.
 */
int follow_start(uv_loop_t *loop, struct resolver *resolver, const char *name,
		 enum family family, follow_found *found, void *context,
		 struct follow **out);

/*
 * `found` is not called any more; frees itself once the loop has closed its
 * timer and the resolver has answered what was asked.
 */
void follow_close(struct follow *follow);

#endif
