/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether hosts take mail: one prober for each address and port, however many
 * want to know, which holds the SMTP dialogue of sources/probe.h at the pace
 * of sources/health_state.h.
 *
 * Owned by sources/primaries, which says what is probed.  `changed` is called,
 * never from within a call to this module, whenever the state of an address
 * changes, or a doubt in it ends.  It may look and hint, but not close.
 */
#ifndef POSTERN_SOURCES_HEALTH_H
#define POSTERN_SOURCES_HEALTH_H

#include "core/config.h"
#include "sources/health_state.h"
#include "sources/probe.h"

/* More addresses, as DNS may have, are not probed, and so close no gate. */
#define HEALTH_TARGETS_MAX 1024

/* One address that is probed. */
struct health_target {
	const char *name; /* of the host that was first to have it */
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
struct health_prober;

/*
 * Who wants an address to be probed: kept by the caller, with all that it
 * points to, from health_join() to health_leave().  The mailbox of the first
 * one that has any is asked for.
 */
struct health_user {
	const char *name;      /* of the host, for log and status */
	const char *recipient; /* NULL: postmaster, without a domain */
	struct health_prober *prober;
	struct health_user *next;
};

/*
 * `config` must stay until health_close().  Returns 0 and *out, or -ENOMEM, or
 * -EINVAL for a recipient or HELO name that no command can carry, with *out
 * untouched.
 *
 * The recipient decides how much a probe sees: Postfix takes a bare
 * "postmaster" without asking any table or policy server.
 */
int health_create(uv_loop_t *loop, const struct config_health *config,
		  void (*changed)(void *context), void *context,
		  struct health **out);

/*
 * Probes the address as long as it has a user.  Returns 0, -ENOSPC or -ENOMEM;
 * only after 0 must health_leave() follow.
 */
int health_join(struct health *health, const struct addr *addr, uint16_t port,
		struct health_user *user);
void health_leave(struct health_user *user);

enum health_state health_state_of(const struct health_user *user);

/*
 * Somebody knocks at a closed gate: probe at once what is up but has not
 * been seen good for 2 s, as long as a bucket of 3, refilled by one every
 * 10 s, has something left.  A probe that is still connecting is given 2 s.
 */
void health_hint(const struct health_user *user);

/*
 * Whether it counts as up, but a probe is under way, or about to begin, because
 * somebody doubts it.  `changed` is called when that begins (but for a hint,
 * where the caller can look) and when it ends.
 */
bool health_in_doubt(const struct health_user *user);

/* The last word on what a user has asked for. */
struct health_target health_describe(const struct health_user *user);

/* The targets known now; the array is valid until the loop runs again. */
const struct health_target *health_targets(struct health *health,
					   size_t *count);

/* All users have left.  Frees all once the loop has closed the last timer. */
void health_close(struct health *health);

#endif
