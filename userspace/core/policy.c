/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decisions. */

#include "core/policy.h"

#define NS_PER_SECOND	1000000000ULL
#define REFRESH_LEAST_S 15

/* By when nearly every system has resent its first SYN. */
#define RETRANSMISSION_MS 1500

#define POLICY_WHY_WORDS(NAME, words) [POLICY_##NAME] = words,
static const char *const why_words[] = {POLICY_WHY_TABLE(POLICY_WHY_WORDS)};

const char *policy_why_words(enum policy_why why)
{
	return why_words[why];
}

/* Primaries that have an address of some families, by their health. */
struct tally {
	size_t up;
	size_t down; /* all their addresses are */
	size_t all;
};

/* The best of those addresses of one primary that are in `families`. */
static bool best_health(const struct policy_target *targets, size_t count,
			size_t primary, unsigned int families,
			enum policy_health *out)
{
	bool any = false, unknown = false, up = false;

	for (size_t i = 0; i < count; i++) {
		if (targets[i].primary != primary ||
		    !(families & (1U << targets[i].family)))
			continue;
		any = true;
		up |= targets[i].health == POLICY_HEALTH_UP;
		unknown |= targets[i].health == POLICY_HEALTH_UNKNOWN;
	}
	*out = up	 ? POLICY_HEALTH_UP
	       : unknown ? POLICY_HEALTH_UNKNOWN
			 : POLICY_HEALTH_DOWN;
	return any;
}

static struct tally tally(const struct config *config,
			  const struct policy_target *targets, size_t count,
			  unsigned int families)
{
	struct tally result = {0};

	for (size_t i = 0; i < config->primary_count; i++) {
		enum policy_health health;

		if (!best_health(targets, count, i, families, &health))
			continue;
		result.all++;
		result.up += health == POLICY_HEALTH_UP;
		result.down += health == POLICY_HEALTH_DOWN;
	}
	return result;
}

/* With `all`, a primary without an address of the family is missing, too. */
static size_t required(const struct config *config)
{
	return config->health.require_all ? config->primary_count
					  : config->health.require;
}

struct policy_gate policy_gate(const struct config *config,
			       const struct policy_target *targets,
			       size_t target_count, enum family family,
			       size_t doors)
{
	struct policy_gate result = {.gate = GATE_OPEN};
	struct tally of = tally(config, targets, target_count, 1U << family);

	if (config->policy == POLICY_OFF) {
		result.why = POLICY_OFF_BY_CONFIG;
	} else if (doors == 0) {
		result.why = POLICY_NO_DOOR;
	} else if (of.all == 0) {
		result.why = POLICY_NO_ADDRESS;
	} else if (of.up >= required(config)) {
		result.gate = GATE_CLOSED;
		result.why = POLICY_UP;
	} else if (of.up > 0) {
		result.why = POLICY_TOO_FEW;
	} else if (of.down == of.all) {
		result.why = POLICY_DOWN;
	} else {
		result.why = POLICY_UNKNOWN;
	}
	return result;
}

enum policy_health policy_site(const struct config *config,
			       const struct policy_target *targets,
			       size_t target_count)
{
	struct tally of = tally(config, targets, target_count, ~0U);

	if (of.all == 0)
		return POLICY_HEALTH_UNKNOWN;
	if (of.up >= required(config))
		return POLICY_HEALTH_UP;
	return of.all - of.down >= required(config) ? POLICY_HEALTH_UNKNOWN
						    : POLICY_HEALTH_DOWN;
}

struct policy_lifetime policy_lifetime(uint32_t ttl_s)
{
	uint32_t before = ttl_s / 4;

	if (before < REFRESH_LEAST_S)
		before = REFRESH_LEAST_S;
	if (before > ttl_s)
		before = ttl_s;
	return (struct policy_lifetime){
		.refresh_ns = (ttl_s - before) * NS_PER_SECOND,
		.expires_ns = ttl_s * NS_PER_SECOND,
	};
}

bool policy_replaces(enum verdict next, enum verdict valid)
{
	return next != VERDICT_UNKNOWN || valid == VERDICT_UNKNOWN;
}

uint32_t policy_holds_per_cpu(uint64_t hold_limit_ms, unsigned int cpus)
{
	/* A table must not turn over before the usual retransmission. */
	uint64_t life_ms = hold_limit_ms < RETRANSMISSION_MS ? RETRANSMISSION_MS
							     : hold_limit_ms;
	uint64_t all = (uint64_t)PENDING_MAX * 1000 / (2 * life_ms);
	uint64_t each = all / (cpus ? cpus : 1);

	return each ? (uint32_t)each : 1;
}
