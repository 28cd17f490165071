/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What follows from what is known: facts and configuration go in, a decision
 * comes out.  Pure: no I/O, no clock.
 */
#ifndef POSTERN_CORE_POLICY_H
#define POSTERN_CORE_POLICY_H

#include "core/config.h"
#include "core/order.h"
#include "shared.h"

/* What is known of the addresses of a host: of the best of them. */
enum policy_health {
	POLICY_HEALTH_UNKNOWN,
	POLICY_HEALTH_UP,
	POLICY_HEALTH_DOWN,
};

/*
 * A primary of the configuration, or an MX host of a domain: there, who has a
 * strictly better preference than we have is a primary.
 */
struct policy_host {
	uint16_t preference;
	bool ours;	      /* it has an address that the guard protects */
	bool resolved;	      /* its addresses are known, of both families */
	bool has[FAMILY_MAX]; /* an address that can be probed */
	enum policy_health health[FAMILY_MAX];
};

/* Where the hosts of a domain come from, or why there are none. */
enum policy_records {
	POLICY_RECORDS_NAMED,	/* primaries of the configuration */
	POLICY_RECORDS_MX,	/* of its MX records */
	POLICY_RECORDS_UNKNOWN, /* not looked up yet, or too long ago */
	POLICY_RECORDS_NULL,	/* it takes no mail (RFC 7505) */
	POLICY_RECORDS_NONE,	/* it has neither MX records nor an address */
	POLICY_RECORDS_MANY,	/* more than are kept */
};

/* A domain that is served; the named primaries of a guard are one, too. */
struct policy_domain {
	enum policy_records records;
	const struct policy_host *hosts;
	size_t host_count;
};

/* Protected addresses, and all domains that are served there. */
struct policy_guard {
	const struct policy_domain *domains;
	size_t domain_count;
	size_t doors[FAMILY_MAX]; /* its protected addresses */
};

/* The words complete "the gate is ...: ...". */
#define POLICY_WHY_TABLE(WHY)                                                  \
	WHY(UP, "the primary is up")                                           \
	WHY(DOWN, "the primary is down")                                       \
	WHY(TOO_FEW, "too few primaries are up")                               \
	WHY(UNKNOWN, "it is not known yet whether the primary is up")          \
	WHY(NO_ADDRESS, "no primary has an address of this family")            \
	WHY(OFF_BY_CONFIG, "bypass.policy is off")                             \
	WHY(KEPT, "as before the restart, until the first probe")              \
	WHY(NO_DOOR, "no address of this family is protected")                 \
	WHY(NO_PRIMARY, "no primary is named")                                 \
	WHY(BEST, "no MX host is better than this one")                        \
	WHY(ELSEWHERE, "this host is not among the MX hosts")                  \
	WHY(UNRESOLVED, "its MX hosts are not known yet")                      \
	WHY(NULL_MX, "the domain takes no mail (null MX)")                     \
	WHY(NO_MX, "the domain has neither MX records nor an address")         \
	WHY(MANY_MX, "the domain has too many MX records")                     \
	WHY(BY_HAND, "by hand")                                                \
	WHY(CROWD, "a crowd knocks, as if the primary were out of reach")

#define POLICY_WHY_ENUM(NAME, words) POLICY_##NAME,
enum policy_why { POLICY_WHY_TABLE(POLICY_WHY_ENUM) POLICY_WHYS };

const char *policy_why_words(enum policy_why why);

struct policy_gate {
	enum gate gate;
	enum policy_why why;
	size_t domain; /* which one decided; SIZE_MAX: none in particular */
};

/* Whether the domain's host number `host` is one of its primaries. */
bool policy_is_primary(const struct policy_domain *domain, size_t host);

/* A crowd at the gate knows better than the probes that closed it. */
struct policy_gate policy_gate_crowded(struct policy_gate decided, bool crowd);

/* What an administrator has ordered goes before what was decided. */
struct policy_gate policy_gate_ordered(struct policy_gate decided,
				       enum order_gate order);

/* The mode in force: that of the configuration, unless another is ordered. */
enum config_mode policy_mode(enum config_mode configured,
			     enum order_mode order);

/*
 * POLICY_UP where as many primaries of the domain as `require` asks for are
 * known to be up over that family; or else why a gate must not close.
 */
enum policy_why policy_domain(const struct config *config,
			      const struct policy_domain *domain,
			      enum family family);

/*
 * The gate of a guard for one family: closed only when that holds for every
 * domain.  Where several keep it open, one that is down is named first, and
 * one of which nothing is known yet last.
 */
struct policy_gate policy_gate(const struct config *config,
			       const struct policy_guard *guard,
			       enum family family);

/* Whether nothing is known yet that speaks against a closed gate. */
bool policy_is_undecided(enum policy_why why);

/* Whether it is because primaries are down that a gate is open. */
bool policy_is_outage(enum policy_why why);

/*
 * Whether mail can be delivered to the primaries at all, over any family: down
 * when those of one domain can't take it, else up when those of one do.
 * Domains for which nobody is better than we are don't count.
 */
enum policy_health policy_site(const struct config *config,
			       const struct policy_domain *domains,
			       size_t count);

/* Times of a verdict that holds for `ttl_s`, relative, in ns. */
struct policy_lifetime {
	uint64_t refresh_ns;
	uint64_t expires_ns;
};

/*
 * A verdict in use is asked for again when a quarter of its life is left, at
 * least 15 s before it ends: then a known source never waits.
 */
struct policy_lifetime policy_lifetime(uint32_t ttl_s);

/*
 * Whether a new verdict takes the place of one that is still valid: "unknown"
 * never does.
 */
bool policy_replaces(enum verdict next, enum verdict valid);

/*
 * Whether a source has been clean for two days, so that it stands well whatever
 * one list says of it now.  Monotonic times; `since_ns` is when it began.
 */
bool policy_is_long_clean(enum verdict verdict, uint64_t since_ns,
			  uint64_t now_ns);

/* How many sources may begin to be held in a second, on each CPU. */
uint32_t policy_holds_per_cpu(uint64_t hold_limit_ms, unsigned int cpus);

#endif
