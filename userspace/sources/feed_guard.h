/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a feed may not contain: anything that overlaps what must stay
 * reachable (protected addresses, primaries, the allow list) or what can't be
 * on the Internet, and prefixes so wide that they must be a mistake.
 *
 * Read-only once made, and then for any thread.
 */
#ifndef POSTERN_SOURCES_FEED_GUARD_H
#define POSTERN_SOURCES_FEED_GUARD_H

#include "core/config.h"

#define FEED_WIDEST_IPV4 8
#define FEED_WIDEST_IPV6 19

struct feed_guard;

/* An address that no configuration names, and in words whose it is. */
struct feed_guarded {
	struct addr addr;
	const char *whose; /* borrowed as long as the guard is used */
};

/*
 * Guards what `config` names, some more addresses, and special space; entries
 * wider than the lengths given are wrong.  Returns 0 and *out, or -ENOMEM.
 */
int feed_guard_create(const struct config *config,
		      const struct feed_guarded *more, size_t more_count,
		      const unsigned int widest[FAMILY_MAX],
		      struct feed_guard **out);
void feed_guard_free(struct feed_guard *guard);

/*
 * Whether first..last, of one family, may be on a list; if not, `why` says
 * what is in the way.
 */
bool feed_guard_admits(const struct feed_guard *guard, const struct addr *first,
		       const struct addr *last, char *why, size_t size);

#endif
