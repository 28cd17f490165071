/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the primaries take mail: one prober for each address of each
 * primary, which holds the SMTP dialogue of sources/probe.h at the pace of
 * sources/health_state.h.
 *
 * Owned by the worker.  `changed` is called, never from within a call to this
 * module, whenever the state of an address changes, and when an address comes
 * or goes.  It may look and hint, but not close.
 *
 * An address of our own (`protect`, or the unspecified one) is never probed:
 * our own MTA, up as always, would close the gate to everybody.
 */
#ifndef POSTERN_SOURCES_HEALTH_H
#define POSTERN_SOURCES_HEALTH_H

#include "core/config.h"
#include "sources/health_state.h"
#include "sources/probe.h"
#include "sources/resolver.h"

/* More addresses, as DNS may have, are not probed, and so close no gate. */
#define HEALTH_TARGETS_MAX ((size_t)CONFIG_PRIMARIES_MAX * CONFIG_ADDRESSES_MAX)

/* One address of one primary. */
struct health_target {
	const char *name; /* of the primary */
	size_t primary;	  /* index in config.primaries */
	struct addr addr;
	uint16_t port;
	enum health_state state;
	enum probe_reason reason; /* of the last probe, if there was one */
	int error;		  /* of it, where a system call told, or 0 */
	const char *reply;	  /* last line of the primary, or "" */
	uint64_t since_ns;	  /* monotonic: of the state */
	uint64_t last_ns;	  /* when the last probe ended; 0: none yet */
	uint64_t last_good_ns;	  /* when the last good one ended; 0: none */
};

struct health;

/*
 * `config` must stay until health_close().  Names without literal addresses are
 * resolved through `resolver`, and again by TTL.  Returns 0 and *out, or
 * -ENOMEM, or -EINVAL for a recipient or HELO name that no command can carry,
 * with *out untouched.
 *
 * The recipient decides how much a probe sees: Postfix takes a bare
 * "postmaster", the default, without asking any table or policy server.
 */
int health_create(uv_loop_t *loop, const struct config *config,
		  struct resolver *resolver, void (*changed)(void *context),
		  void *context, struct health **out);

/*
 * Somebody knocks at the closed gate: probe at once what is up but has not
 * been seen good for 2 s, as long as a bucket of 3, refilled by one every
 * 10 s, has something left.  A probe that is still connecting is given 2 s.
 */
void health_hint(struct health *health, enum family family);

/* The targets known now; the array is valid until the loop runs again. */
const struct health_target *health_targets(struct health *health,
					   size_t *count);

/* Frees everything once the loop has run the last close callback. */
void health_close(struct health *health);

#endif
