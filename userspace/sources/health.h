/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the primaries take mail: one prober for each address of each
 * primary, which holds the SMTP dialogue of sources/probe.h at intervals, and
 * faster in doubt.
 *
 * Owned by the worker.  `changed` is called, never from within a call to this
 * module, whenever the state of an address changes.
 */
#ifndef POSTERN_SOURCES_HEALTH_H
#define POSTERN_SOURCES_HEALTH_H

#include "core/config.h"
#include "sources/probe.h"
#include "sources/resolver.h"

enum health_state {
	HEALTH_UNKNOWN, /* not probed yet */
	HEALTH_UP,
	HEALTH_DOWN,
};

/* One address of one primary. */
struct health_target {
	const char *name; /* of the primary */
	size_t primary;	  /* index in config.primaries */
	struct addr addr;
	uint16_t port;
	enum health_state state;
	enum probe_reason reason; /* of the last probe */
	const char *reply;	  /* last line of the primary, or "" */
	uint64_t since_ns;	  /* monotonic: of the state */
	uint64_t last_ns;	  /* when the last probe ended; 0: none yet */
	uint64_t last_good_ns;	  /* when the last good one ended; 0: none */
};

struct health;

/*
 * `config` must outlive it.  Names without literal addresses are resolved
 * through `resolver`, and again by TTL.  Returns 0 and *out, or a negative
 * errno with *out untouched.
 */
int health_create(uv_loop_t *loop, const struct config *config,
		  struct resolver *resolver, void (*changed)(void *context),
		  void *context, struct health **out);

/*
 * Somebody knocks at the closed gate: probe at once what has not been seen
 * good for 2 s, as long as a bucket of 3, refilled by one every 10 s, has
 * something left.
 */
void health_hint(struct health *health, enum family family);

/* The targets known now; the array is valid until the loop runs again. */
const struct health_target *health_targets(const struct health *health,
					   size_t *count);

void health_close(struct health *health);

#endif
