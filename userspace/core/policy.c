/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decisions. */

#include "core/policy.h"

#define NS_PER_SECOND	1000000000ULL
#define REFRESH_LEAST_S 15

/* By when nearly every system has resent its first SYN. */
#define RETRANSMISSION_MS 1500

#define LONG_CLEAN_NS (2 * 86400 * NS_PER_SECOND)

#define POLICY_WHY_WORDS(NAME, words) [POLICY_##NAME] = words,
static const char *const why_words[] = {POLICY_WHY_TABLE(POLICY_WHY_WORDS)};

const char *policy_why_words(enum policy_why why)
{
	return why_words[why];
}

/* Worse than any preference. */
#define NOT_FOUND (UINT16_MAX + 1U)

/* Primaries that have an address of some families, by their health. */
struct tally {
	size_t up;
	size_t down; /* all their addresses are */
	size_t all;
	size_t primaries; /* with an address or without */
};

/* The better of two, of which an unknown one may still turn out to be up. */
static enum policy_health better(enum policy_health a, enum policy_health b)
{
	if (a == POLICY_HEALTH_UP || b == POLICY_HEALTH_UP)
		return POLICY_HEALTH_UP;
	if (a == POLICY_HEALTH_UNKNOWN || b == POLICY_HEALTH_UNKNOWN)
		return POLICY_HEALTH_UNKNOWN;
	return POLICY_HEALTH_DOWN;
}

/* Returns false for a host without an address in `families`. */
static bool health_of(const struct policy_host *host, unsigned int families,
		      enum policy_health *out)
{
	enum policy_health health = POLICY_HEALTH_DOWN;
	bool any = false;

	for (enum family family = 0; family < FAMILY_MAX; family++) {
		if (!host->has[family] || !(families & (1U << family)))
			continue;
		any = true;
		health = better(health, host->health[family]);
	}
	*out = health;
	return any;
}

/* Where senders find us: our best preference among the MX hosts. */
static unsigned int our_preference(const struct policy_domain *domain)
{
	unsigned int best = NOT_FOUND;

	for (size_t i = 0; i < domain->host_count; i++)
		if (domain->hosts[i].ours && domain->hosts[i].preference < best)
			best = domain->hosts[i].preference;
	return best;
}

static bool is_primary(const struct policy_domain *domain, size_t host,
		       unsigned int ours)
{
	return domain->records == POLICY_RECORDS_NAMED ||
	       (ours != NOT_FOUND && domain->hosts[host].preference < ours);
}

bool policy_is_primary(const struct policy_domain *domain, size_t host)
{
	return is_primary(domain, host, our_preference(domain));
}

static struct tally tally(const struct policy_domain *domain,
			  unsigned int families)
{
	unsigned int ours = our_preference(domain);
	struct tally result = {0};

	for (size_t i = 0; i < domain->host_count; i++) {
		enum policy_health health;

		if (!is_primary(domain, i, ours))
			continue;
		result.primaries++;
		if (!health_of(&domain->hosts[i], families, &health))
			continue;
		result.all++;
		result.up += health == POLICY_HEALTH_UP;
		result.down += health == POLICY_HEALTH_DOWN;
	}
	return result;
}

/* With `all`, a primary without an address of the family is missing, too. */
static size_t required(const struct config *config, size_t primaries)
{
	return config->health.require_all ? primaries : config->health.require;
}

/* One that is not resolved and may be better than us may be us. */
static bool is_resolved(const struct policy_domain *domain, unsigned int ours)
{
	for (size_t i = 0; i < domain->host_count; i++)
		if (!domain->hosts[i].resolved &&
		    domain->hosts[i].preference < ours)
			return false;
	return true;
}

/* What the records alone say against a closed gate; POLICY_UP: nothing. */
static enum policy_why judge_records(const struct policy_domain *domain)
{
	unsigned int ours = our_preference(domain);

	switch (domain->records) {
	case POLICY_RECORDS_NAMED:
		return domain->host_count ? POLICY_UP : POLICY_NO_PRIMARY;
	case POLICY_RECORDS_UNKNOWN:
		return POLICY_UNRESOLVED;
	case POLICY_RECORDS_NULL:
		return POLICY_NULL_MX;
	case POLICY_RECORDS_NONE:
		return POLICY_NO_MX;
	case POLICY_RECORDS_MANY:
		return POLICY_MANY_MX;
	case POLICY_RECORDS_MX:
		break;
	}
	if (!is_resolved(domain, ours))
		return POLICY_UNRESOLVED;
	if (ours == NOT_FOUND)
		return POLICY_ELSEWHERE;
	return tally(domain, 0).primaries ? POLICY_UP : POLICY_BEST;
}

enum policy_why policy_domain(const struct config *config,
			      const struct policy_domain *domain,
			      enum family family)
{
	enum policy_why why = judge_records(domain);
	struct tally of;

	if (why != POLICY_UP)
		return why;
	of = tally(domain, 1U << family);
	if (of.all == 0)
		return is_resolved(domain, NOT_FOUND) ? POLICY_NO_ADDRESS
						      : POLICY_UNKNOWN;
	if (of.up >= required(config, of.primaries))
		return POLICY_UP;
	if (of.up > 0)
		return POLICY_TOO_FEW;
	return of.down == of.all ? POLICY_DOWN : POLICY_UNKNOWN;
}

bool policy_is_undecided(enum policy_why why)
{
	return why == POLICY_UNKNOWN || why == POLICY_UNRESOLVED;
}

bool policy_is_outage(enum policy_why why)
{
	return why == POLICY_DOWN || why == POLICY_TOO_FEW;
}

/* Of several domains that keep a gate open, which one is named. */
static int weight(enum policy_why why)
{
	if (why == POLICY_UP)
		return 0;
	if (policy_is_undecided(why))
		return 1;
	return why == POLICY_DOWN ? 3 : 2;
}

/* Every domain counts, a family without a door or a policy that is off not. */
static struct policy_gate judge_domains(const struct config *config,
					const struct policy_guard *guard,
					enum family family)
{
	struct policy_gate result = {
		.gate = GATE_CLOSED,
		.why = POLICY_UP,
		.domain = SIZE_MAX,
	};

	for (size_t i = 0; i < guard->domain_count; i++) {
		enum policy_why why =
			policy_domain(config, &guard->domains[i], family);

		if (weight(why) <= weight(result.why))
			continue;
		result.gate = GATE_OPEN;
		result.why = why;
		result.domain = i;
	}
	return result;
}

struct policy_gate policy_gate(const struct config *config,
			       const struct policy_guard *guard,
			       enum family family)
{
	struct policy_gate result = {.gate = GATE_OPEN, .domain = SIZE_MAX};

	if (config->policy == POLICY_OFF)
		result.why = POLICY_OFF_BY_CONFIG;
	else if (guard->doors[family] == 0)
		result.why = POLICY_NO_DOOR;
	else if (guard->domain_count == 0)
		result.why = POLICY_NO_PRIMARY;
	else
		result = judge_domains(config, guard, family);
	return result;
}

struct policy_gate policy_gate_crowded(struct policy_gate decided, bool crowd)
{
	if (!crowd || decided.gate == GATE_OPEN)
		return decided;
	return (struct policy_gate){.gate = GATE_OPEN, .why = POLICY_CROWD};
}

struct policy_gate policy_gate_ordered(struct policy_gate decided,
				       enum order_gate order)
{
	if (order == ORDER_GATE_AUTO || decided.why == POLICY_NO_DOOR)
		return decided;
	return (struct policy_gate){
		.gate = order == ORDER_GATE_CLOSE ? GATE_CLOSED : GATE_OPEN,
		.why = POLICY_BY_HAND,
		.domain = SIZE_MAX,
	};
}

enum config_mode policy_mode(enum config_mode configured, enum order_mode order)
{
	switch (order) {
	case ORDER_MODE_MONITOR:
		return MODE_MONITOR;
	case ORDER_MODE_ENFORCE:
		return MODE_ENFORCE;
	default:
		return configured;
	}
}

/* Returns false for a domain without a primary that we know of. */
static bool domain_site(const struct config *config,
			const struct policy_domain *domain,
			enum policy_health *out)
{
	struct tally of = tally(domain, ~0U);
	size_t least = required(config, of.primaries);

	if (judge_records(domain) != POLICY_UP || of.all == 0)
		return false;
	if (of.up >= least)
		*out = POLICY_HEALTH_UP;
	else if (of.all - of.down < least)
		*out = POLICY_HEALTH_DOWN;
	else
		*out = POLICY_HEALTH_UNKNOWN;
	return true;
}

enum policy_health policy_site(const struct config *config,
			       const struct policy_domain *domains,
			       size_t count)
{
	enum policy_health result = POLICY_HEALTH_UNKNOWN;

	for (size_t i = 0; i < count; i++) {
		enum policy_health health;

		if (!domain_site(config, &domains[i], &health))
			continue;
		if (health == POLICY_HEALTH_DOWN)
			return POLICY_HEALTH_DOWN;
		if (health == POLICY_HEALTH_UP)
			result = POLICY_HEALTH_UP;
	}
	return result;
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

bool policy_is_long_clean(enum verdict verdict, uint64_t since_ns,
			  uint64_t now_ns)
{
	return verdict == VERDICT_CLEAN && since_ns <= now_ns &&
	       now_ns - since_ns >= LONG_CLEAN_NS;
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
