/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From facts to rules: doors, gates and the rest of what the program is told;
 * and the commands that run when the primaries go down or come back.
 */

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/log.h"
#include "worker/state.h"

/* How long a source that was let in late is not held again. */
#define HOLD_MEMORY_NS (60 * NS_PER_S)

/* Knocks and refreshes a second on top of the events of new holds. */
#define OTHER_EVENTS_PER_S 2000

/* Resets a second; sources have proven nothing, so it is little. */
#define REPLIES_PER_S 20000

#define TARGETS_MAX ((size_t)CONFIG_PRIMARIES_MAX * CONFIG_ADDRESSES_MAX)
#define FOUND_MAX   ((size_t)2 * DOORS_MAX)

static const char *const family_names[FAMILY_MAX] = {"IPv4", "IPv6"};

static enum policy_health health_of(enum health_state state)
{
	switch (state) {
	case HEALTH_UP:
		return POLICY_HEALTH_UP;
	case HEALTH_DOWN:
		return POLICY_HEALTH_DOWN;
	default:
		return POLICY_HEALTH_UNKNOWN;
	}
}

static size_t gather(const struct worker *worker, struct policy_target *out)
{
	const struct health_target *targets;
	size_t count = 0;

	if (!worker->health)
		return 0;
	targets = health_targets(worker->health, &count);
	if (count > TARGETS_MAX)
		count = TARGETS_MAX;
	for (size_t i = 0; i < count; i++)
		out[i] = (struct policy_target){
			.primary = targets[i].primary,
			.family = addr_family(&targets[i].addr),
			.health = health_of(targets[i].state),
		};
	return count;
}

static void add_door(struct rules *rules, const struct addr *addr)
{
	if (addr_family(addr) == FAMILY_IPV6) {
		if (rules->ipv6_count < DOORS_MAX)
			rules->ipv6[rules->ipv6_count++].address = *addr;
	} else if (rules->ipv4_count < DOORS_MAX) {
		memcpy(&rules->ipv4[rules->ipv4_count++].address,
		       addr->octets + 12, sizeof(__be32));
	}
}

/* The addresses of the configuration, or else those of the interfaces. */
static void add_doors(const struct config *config, struct rules *rules)
{
	struct addr found[FOUND_MAX];

	for (size_t i = 0; i < config->protect_count; i++)
		add_door(rules, &config->protect[i]);
	if (config->protect_count)
		return;
	for (size_t i = 0; i < config->interface_count; i++) {
		int count =
			addresses_of(config->interfaces[i], found, FOUND_MAX);

		for (int d = 0; d < count && d < (int)FOUND_MAX; d++)
			add_door(rules, &found[d]);
	}
}

static void add_limits(const struct worker *worker, struct rules *rules)
{
	const struct config_dnsbl *dnsbl = &worker->config->dnsbl;
	const struct jiffies_clock *clock = &worker->start.clock;
	unsigned int cpus = uv_available_parallelism();

	rules->unknown = worker->dnsbl ? dnsbl->unknown : UNKNOWN_PASS;
	rules->second = clock->hz;
	rules->hold_limit =
		clock_jiffies_of(clock, dnsbl->hold_limit_ms * NS_PER_MS);
	rules->hold_memory = clock_jiffies_of(clock, HOLD_MEMORY_NS);
	rules->holds_per_cpu = policy_holds_per_cpu(dnsbl->hold_limit_ms, cpus);
	rules->events_per_cpu =
		rules->holds_per_cpu + OTHER_EVENTS_PER_S / cpus;
}

static void make_rules(const struct worker *worker, struct rules *rules)
{
	const struct config *config = worker->config;

	memset(rules, 0, sizeof(*rules));
	rules->monitor = config->mode == MODE_MONITOR;
	rules->bypass = config->bypass_action;
	rules->listed = config->dnsbl.action;
	rules->port_count = (__u32)config->port_count;
	for (size_t i = 0; i < config->port_count; i++)
		rules->ports[i] = htons(config->ports[i]);
	add_limits(worker, rules);
	add_doors(config, rules);
}

static void log_gate(enum family family, const struct policy_gate *gate)
{
	log_notice("the gate is %s for %s: %s",
		   gate->gate == GATE_CLOSED ? "closed" : "open",
		   family_names[family], policy_why_words(gate->why));
}

static void set_gate(struct worker *worker, enum family family,
		     struct policy_gate next)
{
	struct gate_state *state = &worker->gate[family];

	if (state->decided && state->now.gate == next.gate &&
	    state->now.why == next.why)
		return;
	if (!state->decided || state->now.gate != next.gate)
		state->since_unix = time(NULL);
	state->decided = true;
	state->now = next;
	log_gate(family, &next);
}

static void run_hook(struct worker *worker, enum hook hook)
{
	struct message message = {.kind = MESSAGE_HOOK, .hook = hook};

	worker_tell(worker, &message);
}

static void on_settled(uv_timer_t *timer)
{
	struct worker *worker = timer->data;

	worker->flush_due = false;
	run_hook(worker, HOOK_UP);
}

/* on-up waits until the primary has been up for `settle`. */
static void follow_site(struct worker *worker, enum policy_health next)
{
	enum policy_health before = worker->site;

	if (next == POLICY_HEALTH_UNKNOWN || next == before)
		return;
	worker->site = next;
	if (next == POLICY_HEALTH_DOWN) {
		uv_timer_stop(&worker->settle);
		worker->flush_due = true;
		run_hook(worker, HOOK_DOWN);
	} else if (worker->flush_due) {
		uv_timer_start(&worker->settle, on_settled,
			       worker->config->health.settle_ms, 0);
	}
}

static void on_lease_over(uv_timer_t *timer)
{
	gate_update(timer->data);
}

void gate_inherit(struct worker *worker)
{
	const struct rules *rules = settings_rules(worker->settings);
	uint64_t now_ns = clock_monotonic_ns();

	worker->inherited_until_ns = clock_ns_at(
		&worker->start.clock, settings_lease(worker->settings));
	if (worker->inherited_until_ns <= now_ns)
		return;
	for (__u32 i = 0; i < rules->ipv4_count; i++)
		worker->gate[FAMILY_IPV4].was_closed |=
			rules->ipv4[i].gate == GATE_CLOSED;
	for (__u32 i = 0; i < rules->ipv6_count; i++)
		worker->gate[FAMILY_IPV6].was_closed |=
			rules->ipv6[i].gate == GATE_CLOSED;
	uv_timer_start(&worker->inherited, on_lease_over,
		       (worker->inherited_until_ns - now_ns) / NS_PER_MS + 1,
		       0);
}

/* What nothing is known of yet stays as it was, for as long as it would. */
static struct policy_gate decide(const struct worker *worker,
				 const struct policy_target *targets,
				 size_t count, enum family family, size_t doors)
{
	struct policy_gate next =
		policy_gate(worker->config, targets, count, family, doors);

	if (next.why == POLICY_UNKNOWN && worker->gate[family].was_closed &&
	    clock_monotonic_ns() < worker->inherited_until_ns)
		return (struct policy_gate){
			.gate = GATE_CLOSED,
			.why = POLICY_INHERITED,
		};
	return next;
}

void gate_update(struct worker *worker)
{
	struct policy_target *targets;
	struct rules rules;
	size_t count;

	/* Closed only by what is known: without memory it would be a guess. */
	targets = calloc(TARGETS_MAX, sizeof(*targets));
	count = targets ? gather(worker, targets) : 0;
	make_rules(worker, &rules);
	set_gate(worker, FAMILY_IPV4,
		 decide(worker, targets, count, FAMILY_IPV4, rules.ipv4_count));
	set_gate(worker, FAMILY_IPV6,
		 decide(worker, targets, count, FAMILY_IPV6, rules.ipv6_count));
	for (__u32 i = 0; i < rules.ipv4_count; i++)
		rules.ipv4[i].gate = worker->gate[FAMILY_IPV4].now.gate;
	for (__u32 i = 0; i < rules.ipv6_count; i++)
		rules.ipv6[i].gate = worker->gate[FAMILY_IPV6].now.gate;
	if (memcmp(&rules, settings_rules(worker->settings), sizeof(rules)) !=
	    0)
		settings_publish(worker->settings, &rules);
	follow_site(worker, policy_site(worker->config, targets, count));
	free(targets);
}
