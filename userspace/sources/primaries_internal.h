/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hosts, their addresses, and groups of them.  Private to
 * sources/primaries*.c.
 *
 *   group   the named primaries of a guard
 *   member  a host in a group
 *   host    a name with its addresses
 *   place   an address of a host, probed for as long as the host is wanted
 */
#ifndef POSTERN_SOURCES_PRIMARIES_INTERNAL_H
#define POSTERN_SOURCES_PRIMARIES_INTERNAL_H

#include "sources/addresses.h"
#include "sources/follow.h"
#include "sources/primaries.h"

struct place {
	struct place *next;
	struct addr addr;
	struct health_user user;
	bool own;    /* so it is not probed */
	bool probed; /* `user` has joined */
	bool lost;   /* it could not be, and that was logged */
};

struct host {
	struct primaries *primaries;
	char *name;
	uint16_t port;
	bool wanted;			   /* it is a primary of some group */
	struct follow *follow[FAMILY_MAX]; /* NULL: literal addresses */
	bool resolved[FAMILY_MAX];
	bool none[FAMILY_MAX]; /* it has no address of that family */
	struct place *places;
};

struct member {
	struct host *host;
};

struct group {
	struct primaries *primaries;
	size_t guard;
	enum policy_records records;
	struct member *members;
	struct policy_host *view; /* as many */
	size_t member_count;
};

struct primaries {
	uv_loop_t *loop;
	const struct config *config;
	struct resolver *resolver;
	void (*changed)(void *context);
	void *context;
	struct health *health;
	struct addr doors[ADDRESSES_PROTECTED_MAX];
	size_t door_count;
	struct group *groups; /* by guard */
	struct policy_domain *domains;
	size_t group_count;
	struct policy_guard guards[CONFIG_GUARDS_MAX];
};

/* primaries.c: after any change of hosts or addresses. */
void primaries_refresh(struct primaries *primaries);
bool primaries_is_own(const struct primaries *primaries,
		      const struct addr *addr);

/* primaries_host.c */

/* Returns NULL without memory. */
struct host *host_new(struct primaries *primaries, const char *name,
		      uint16_t port);

/* An address from the configuration; returns 0 or -ENOMEM. */
int host_add(struct host *host, const struct addr *addr);

/* Has its name resolved from now on; returns 0 or -ENOMEM. */
int host_follow(struct host *host);

/* Probes what should be, and nothing else. */
void host_probe(struct host *host);

/* Sets all but the preference. */
void host_describe(const struct host *host, size_t guard,
		   struct policy_host *out);

void host_hint(const struct host *host, enum family family);
void host_free(struct host *host);

#endif
