/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What follows from what is known: facts and configuration go in, a decision
 * comes out.  Pure: no I/O, no clock.
 */
#ifndef POSTERN_CORE_POLICY_H
#define POSTERN_CORE_POLICY_H

#include "core/config.h"
#include "shared.h"

/* What is known of one address of a primary. */
enum policy_health {
	POLICY_HEALTH_UNKNOWN,
	POLICY_HEALTH_UP,
	POLICY_HEALTH_DOWN,
};

struct policy_target {
	size_t primary; /* index in config.primaries */
	enum family family;
	enum policy_health health;
};

/* The words complete "the gate is ...: ...". */
#define POLICY_WHY_TABLE(WHY)                                                  \
	WHY(UP, "the primary is up")                                           \
	WHY(DOWN, "the primary is down")                                       \
	WHY(TOO_FEW, "too few primaries are up")                               \
	WHY(UNKNOWN, "the primary has not been probed yet")                    \
	WHY(NO_ADDRESS, "no primary has an address of this family")            \
	WHY(OFF_BY_CONFIG, "bypass.policy is off")                             \
	WHY(KEPT, "as before the restart, until the first probe")              \
	WHY(NO_DOOR, "no address of this family is protected")

#define POLICY_WHY_ENUM(NAME, words) POLICY_##NAME,
enum policy_why { POLICY_WHY_TABLE(POLICY_WHY_ENUM) POLICY_WHYS };

const char *policy_why_words(enum policy_why why);

struct policy_gate {
	enum gate gate;
	enum policy_why why;
};

/*
 * The gate of one family: closed only when as many primaries as `require`
 * asks for are known to be up over that family.  `doors` is the number of
 * protected addresses of the family.
 */
struct policy_gate policy_gate(const struct config *config,
			       const struct policy_target *targets,
			       size_t target_count, enum family family,
			       size_t doors);

/*
 * Whether mail can be delivered to the primaries at all, over any family: up
 * when enough are up, down when enough can't be up, unknown in between.
 */
enum policy_health policy_site(const struct config *config,
			       const struct policy_target *targets,
			       size_t target_count);

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

/* How many sources may begin to be held in a second, on each CPU. */
uint32_t policy_holds_per_cpu(uint64_t hold_limit_ms, unsigned int cpus);

#endif
