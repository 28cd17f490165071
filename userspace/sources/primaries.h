/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who the primaries are, and whether they take mail: what the policy needs to
 * know of every guard.  Hosts are those that the configuration names, and the
 * MX hosts of the domains that are served; their addresses come from there or
 * from DNS, and those of primaries are probed by sources/health.
 *
 * What DNS adds to what it has said before counts as up only after
 * health.settle; what it takes away is gone at once.  What it fails to say
 * changes nothing for a day, and then is not known any more.
 *
 * Owned by the worker.  `changed` is called, never from within a call to this
 * module, whenever something changes that may matter to a gate.  It may look
 * and hint, but not close.
 *
 * An address of our own (of a guard, of the loopback network or the
 * unspecified one) is never probed: our own MTA, up as always, would close the
 * gate to everybody.
 */
#ifndef POSTERN_SOURCES_PRIMARIES_H
#define POSTERN_SOURCES_PRIMARIES_H

#include "core/config.h"
#include "core/policy.h"
#include "sources/health.h"
#include "sources/resolver.h"

struct primaries;

/*
 * `config` must stay until primaries_close().  Names are resolved through
 * `resolver`, and again by TTL.  Nothing is probed before primaries_protect().
 * Returns 0 and *out, or -ENOMEM, or -EINVAL for a recipient or HELO name that
 * no command can carry, with *out untouched.
 */
int primaries_create(uv_loop_t *loop, const struct config *config,
		     struct resolver *resolver, void (*changed)(void *context),
		     void *context, struct primaries **out);

/* The protected addresses of all guards; `changed` is not called for it. */
void primaries_protect(struct primaries *primaries, const struct addr *doors,
		       size_t count);

/*
 * What is known now, for each guard of the configuration by its number; their
 * domains follow each other in memory.  Valid until the loop runs again.
 */
const struct policy_guard *primaries_guards(struct primaries *primaries);

/* The name of one of a guard's domains; NULL: its named primaries. */
const char *primaries_domain(const struct primaries *primaries, size_t guard,
			     size_t index);

/*
 * Whether one that counts is being probed because of a doubt: then it may be
 * down in a moment.
 */
bool primaries_in_doubt(const struct primaries *primaries, size_t guard,
			enum family family);

/* Somebody knocks at a closed gate: health_hint() for all that are behind. */
void primaries_hint(struct primaries *primaries, size_t guard,
		    enum family family);

/* All that is probed; the array is valid until the loop runs again. */
const struct health_target *primaries_targets(struct primaries *primaries,
					      size_t *count);

/* Frees everything once the loop has run the last close callback. */
void primaries_close(struct primaries *primaries);

#endif
