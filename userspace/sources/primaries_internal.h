/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hosts, their addresses, and groups of them.  Private to
 * sources/primaries*.c.
 *
 *   group   the MX hosts of a domain, or the named primaries of a guard
 *   member  a host in a group
 *   host    a name with its addresses
 *   place   an address of a host, probed for as long as the host is wanted
 */
#ifndef POSTERN_SOURCES_PRIMARIES_INTERNAL_H
#define POSTERN_SOURCES_PRIMARIES_INTERNAL_H

#include "sources/addresses.h"
#include "sources/follow.h"
#include "sources/primaries.h"

/* More of them are not kept: such a domain leaves the gate open. */
#define MX_HOSTS_MAX	16  /* of one domain */
#define MX_HOSTS_IN_ALL 512 /* distinct names */

struct place {
	struct place *next;
	struct addr addr;
	uint64_t since_ns; /* when it was added to others; 0: with the first */
	struct health_user user;
	bool own;    /* so it is not probed */
	bool probed; /* `user` has joined */
	bool lost;   /* it could not be, and that was logged */
};

struct host {
	struct primaries *primaries;
	struct host *next; /* of those that come from MX records */
	size_t members;	   /* that are this host, of the same */
	char *name;
	uint16_t port;
	bool named;	       /* by the configuration */
	bool wanted;	       /* it is a primary of some group */
	const char *recipient; /* of the first domain of which it is one */
	struct follow *follow[FAMILY_MAX]; /* NULL: literal addresses */
	bool resolved[FAMILY_MAX];	   /* its addresses are known */
	bool answered[FAMILY_MAX];	   /* they have been, once */
	bool none[FAMILY_MAX]; /* it has no address of that family */
	struct place *places;
};

struct member {
	struct host *host;
	uint16_t preference;
	bool primary;
	uint64_t since_ns; /* when it became one; 0: from the start */
};

struct group {
	struct primaries *primaries;
	size_t guard;
	const char *domain; /* NULL: the primaries are named */
	char recipient[DIALOGUE_ARGUMENT_MAX + 1]; /* "": none */
	struct follow *follow;			   /* of the MX records */
	enum policy_records records;
	bool implicit; /* no MX records: the domain itself is its host */
	bool settled;  /* what is found from now on is a change */
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
	struct host *hosts; /* from MX records */
	size_t host_count;
	uv_timer_t settle; /* something begins to count */
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
bool primaries_is_door(const struct primaries *primaries,
		       const struct addr *addr, size_t guard);

/*
 * What was added later counts only after health.settle: whether it does
 * already.  0 counts at once.
 */
bool primaries_counts(const struct primaries *primaries, uint64_t since_ns);

/* primaries_domain.c */

/* Follows the MX records of group->domain; returns 0 or -ENOMEM. */
int domain_follow(struct group *group, uint64_t delay_ms);

/* Lets go of its hosts, and follows nothing any more. */
void domain_close(struct group *group);

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

/*
 * What is known of it as the member of a group of that guard since then; sets
 * all but the preference.
 */
void host_describe(const struct host *host, size_t guard, uint64_t since_ns,
		   struct policy_host *out);

bool host_in_doubt(const struct host *host, enum family family);
void host_hint(const struct host *host, enum family family);
void host_free(struct host *host);

#endif
