/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From configuration to rules. */

#include "tables/rules.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/policy.h"
#include "tables/networks.h"

/*
 * How long a source that was let in late is not held again.  With hold-limit
 * (10 s at most) it is less than any verdict lives (60 s at least), or a
 * listed source would be let in as late just after its verdict has ended.
 */
#define HOLD_MEMORY_NS (30 * NS_PER_S)

/* Refreshes a second on top of the events of new holds. */
#define OTHER_EVENTS_PER_S 2000

/* One that is heard has the primary probed; more of them tell nothing new. */
#define KNOCKS_PER_CPU 10

/* Of other refusals: so many are remembered, whatever floods there are. */
#define REFUSED_PER_CPU 200

/* Decisions of each reason, for those who watch; on one CPU, at least. */
#define SHOWN_PER_S   200
#define SHOWN_PER_CPU 10

/* Resets a second; sources have proven nothing, so it is little. */
#define REPLIES_PER_S 20000

/*
 * Connections that are deferred a second.  Each is remembered for
 * DEFER_SECONDS, and the table of them does not turn over before.
 */
#define DEFERS_PER_S 500
_Static_assert(2 * DEFERS_PER_S * DEFER_SECONDS <= DEFERRED_MAX, "fits");

/* Events of who connects to primaries here, a second. */
#define ARRIVALS_PER_S 1000

/* A network that goes on connecting is told of so often. */
#define ARRIVALS_AGAIN_NS (600 * NS_PER_S)
_Static_assert(2 * ARRIVALS_AGAIN_NS < NETWORKS_WITNESS_NS, "in time");

/* Without sites nobody could be asked, so nobody has to wait. */
static enum unknown unknown_of(const struct config_dnsbl *dnsbl)
{
	return dnsbl->site_count ? dnsbl->unknown : UNKNOWN_PASS;
}

static void set_limits(const struct config_dnsbl *dnsbl,
		       const struct jiffies_clock *clock, unsigned int cpus,
		       struct rules *rules)
{
	rules->second = clock->hz;
	rules->hold_limit =
		clock_jiffies_of(clock, dnsbl->hold_limit_ms * NS_PER_MS);
	rules->hold_memory = clock_jiffies_of(clock, HOLD_MEMORY_NS);
	rules->holds_per_cpu = policy_holds_per_cpu(dnsbl->hold_limit_ms, cpus);
	rules->events_per_cpu =
		rules->holds_per_cpu + OTHER_EVENTS_PER_S / cpus;
	rules->knocks_per_cpu = KNOCKS_PER_CPU;
	rules->refused_per_cpu = REFUSED_PER_CPU;
	rules->shown_per_cpu = SHOWN_PER_S / cpus > SHOWN_PER_CPU
				       ? SHOWN_PER_S / cpus
				       : SHOWN_PER_CPU;
	rules->replies_per_cpu = REPLIES_PER_S / cpus;
	rules->defers_per_cpu = DEFERS_PER_S / cpus ? DEFERS_PER_S / cpus : 1;
	rules->arrivals_per_cpu =
		ARRIVALS_PER_S / cpus ? ARRIVALS_PER_S / cpus : 1;
	rules->witness_fresh = clock_jiffies_of(
		clock, NETWORKS_WITNESS_NS - ARRIVALS_AGAIN_NS);
}

void rules_make(const struct config *config, const struct jiffies_clock *clock,
		unsigned int cpus, struct rules *out)
{
	memset(out, 0, sizeof(*out));
	rules_set_mode(out, config->mode);
	for (size_t i = 0; i < config->monitored_count; i++)
		out->watched |= stage_reasons(config->monitored[i]);
	out->unknown = unknown_of(&config->dnsbl);
	out->bypass = config->bypass_action;
	out->listed = config->dnsbl.action;
	out->overload = config->dnsbl.overload;
	out->port_count = (__u32)config->port_count;
	for (size_t i = 0; i < config->port_count; i++)
		out->ports[i] = htons(config->ports[i]);
	set_limits(&config->dnsbl, clock, cpus, out);
	if (config->policy == POLICY_WITNESS)
		out->witness_wait = clock_jiffies_of(
			clock, config->witness_wait_ms * NS_PER_MS);
}

void rules_protect(struct rules *rules, const struct addr *addr)
{
	if (addr_family(addr) == FAMILY_IPV6) {
		if (rules->ipv6_count < DOORS_MAX)
			rules->ipv6[rules->ipv6_count++].address = *addr;
	} else if (rules->ipv4_count < DOORS_MAX) {
		rules->ipv4[rules->ipv4_count++].address =
			addr_to_ipv4(addr).s_addr;
	}
}

void rules_add_primary(struct rules *rules, const struct addr *addr,
		       uint16_t port)
{
	if (rules->here_count < PRIMARIES_HERE_MAX)
		rules->here[rules->here_count++] = (struct primary_here){
			.address = *addr,
			.port = htons(port),
		};
}

bool rules_has_door(const struct rules *rules, const struct addr *addr)
{
	bool found = false;

	if (addr_family(addr) == FAMILY_IPV6)
		for (__u32 i = 0; i < rules->ipv6_count; i++)
			found |= addr_equal(&rules->ipv6[i].address, addr);
	else
		for (__u32 i = 0; i < rules->ipv4_count; i++)
			found |= rules->ipv4[i].address ==
				 addr_to_ipv4(addr).s_addr;
	return found;
}

void rules_set_door(struct rules *rules, const struct addr *addr,
		    enum gate gate)
{
	for (__u32 i = 0; i < rules->ipv6_count; i++)
		if (addr_equal(&rules->ipv6[i].address, addr))
			rules->ipv6[i].gate = gate;
	for (__u32 i = 0; i < rules->ipv4_count; i++)
		if (addr_family(addr) == FAMILY_IPV4 &&
		    rules->ipv4[i].address == addr_to_ipv4(addr).s_addr)
			rules->ipv4[i].gate = gate;
}

void rules_set_mode(struct rules *rules, enum config_mode mode)
{
	rules->flags &= ~RULES_MONITOR;
	if (mode == MODE_MONITOR)
		rules->flags |= RULES_MONITOR;
}

void rules_set_show(struct rules *rules, bool show)
{
	rules->flags &= ~RULES_SHOW;
	if (show)
		rules->flags |= RULES_SHOW;
}

void rules_set_gate(struct rules *rules, enum family family, enum gate gate)
{
	if (family == FAMILY_IPV4)
		for (__u32 i = 0; i < rules->ipv4_count; i++)
			rules->ipv4[i].gate = gate;
	else
		for (__u32 i = 0; i < rules->ipv6_count; i++)
			rules->ipv6[i].gate = gate;
}
