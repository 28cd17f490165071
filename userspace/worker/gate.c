/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From facts to rules: doors, gates and what else the program is told. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "tables/rules.h"
#include "worker/state.h"

static const char *const family_names[FAMILY_MAX] = {"IPv4", "IPv6"};

/* No feed may cut off what has just turned out to be a primary. */
static void keep_targets(const struct worker *worker)
{
	const struct health_target *targets;
	struct addr *primaries;
	size_t count = 0;

	if (worker->closing)
		return;
	targets = primaries_targets(worker->primaries, &count);
	primaries = calloc(count + 1, sizeof(*primaries));
	for (size_t i = 0; primaries && i < count; i++)
		primaries[i] = targets[i].addr;
	if (primaries)
		feeds_keep(worker->feeds, primaries, count);
	free(primaries);
}

/* Without any the program need not ask for them. */
static bool has_networks(const struct worker *worker)
{
	return networks_count(worker->networks) > 0;
}

static void make_rules(const struct worker *worker, const struct addr *doors,
		       size_t count, struct rules *rules)
{
	/* All that may receive packets, not those that we may run on. */
	rules_make(worker->config, &worker->start.clock,
		   (unsigned int)sysconf(_SC_NPROCESSORS_CONF), rules);
	for (size_t i = 0; i < count; i++)
		rules_protect(rules, &doors[i]);
	rules_set_mode(rules, gate_mode(worker));
	rules_set_show(rules, watch_is_on(worker->watch));
	rules->networks = has_networks(worker);
	witnesses_add_here(worker, rules);
}

enum config_mode gate_mode(const struct worker *worker)
{
	const struct order *order = orders_get(worker->orders, ORDER_MODE);

	return policy_mode(worker->config->mode, (enum order_mode)order->value);
}

const char *gate_words(const struct worker *worker, size_t guard,
		       enum family family, char text[static GATE_TEXT])
{
	const struct policy_gate *gate = &worker->gates[guard][family].now;
	const char *words = policy_why_words(gate->why);
	const char *domain = NULL;

	if (gate->domain != SIZE_MAX)
		domain = primaries_domain(worker->primaries, guard,
					  gate->domain);
	if (domain)
		snprintf(text, GATE_TEXT, "%s (%s)", words, domain);
	else
		snprintf(text, GATE_TEXT, "%s", words);
	return text;
}

static void log_gate(const struct worker *worker, size_t guard,
		     enum family family)
{
	const struct policy_gate *gate = &worker->gates[guard][family].now;
	const char *name = config_guard(worker->config, guard).name;
	char words[GATE_TEXT];

	log_notice("the gate%s%s is %s for %s: %s", *name ? " of guard " : "",
		   name, gate->gate == GATE_CLOSED ? "closed" : "open",
		   family_names[family],
		   gate_words(worker, guard, family, words));
}

static void set_gate(struct worker *worker, size_t guard, enum family family,
		     struct policy_gate decided)
{
	const struct order *order = orders_get(worker->orders, ORDER_GATE);
	struct gate_state *state = &worker->gates[guard][family];
	struct policy_gate next =
		policy_gate_ordered(decided, (enum order_gate)order->value);
	bool same = state->decided && state->now.gate == next.gate;
	bool told = same && state->now.why == next.why;

	state->decided_alone = decided;
	if (!same)
		state->since_unix = time(NULL);
	state->decided = true;
	state->now = next;
	if (told)
		return;
	log_gate(worker, guard, family);
	remember_gate(worker, guard, family);
}

void gate_carry(struct worker *worker, const struct config *next)
{
	struct gate_state before[CONFIG_GUARDS_MAX][FAMILY_MAX];

	remember_guards(worker, next);
	memcpy(before, worker->gates, sizeof(before));
	memset(worker->gates, 0, sizeof(worker->gates));
	for (size_t i = 0; i < config_guard_count(worker->config); i++) {
		size_t now = config_guard_named(
			next, config_guard(worker->config, i).name);

		if (now != SIZE_MAX)
			memcpy(worker->gates[now], before[i],
			       sizeof(before[i]));
	}
}

static bool belongs_ipv4(const struct worker *worker, __be32 address,
			 size_t guard)
{
	struct addr addr = addr_from_ipv4((struct in_addr){address});

	return config_guard_of(worker->config, &addr) == guard;
}

/* Is one of the guard's gates closed, by these rules? */
static bool is_closed(const struct worker *worker, const struct rules *rules,
		      size_t guard, enum family family)
{
	bool closed = false;

	if (family == FAMILY_IPV4)
		for (__u32 i = 0; i < rules->ipv4_count; i++)
			closed |= rules->ipv4[i].gate != GATE_OPEN &&
				  belongs_ipv4(worker, rules->ipv4[i].address,
					       guard);
	else
		for (__u32 i = 0; i < rules->ipv6_count; i++)
			closed |= rules->ipv6[i].gate != GATE_OPEN &&
				  config_guard_of(worker->config,
						  &rules->ipv6[i].address) ==
					  guard;
	return closed;
}

/* By what the program was told before, so that a restart changes nothing. */
static void note_change(struct worker *worker, const struct rules *next,
			size_t guard, enum family family)
{
	const struct rules *rules = settings_rules(worker->settings);

	if (is_closed(worker, next, guard, family) !=
	    is_closed(worker, rules, guard, family))
		worker->gates[guard][family].hook_due = true;
}

static void run_hook(struct worker *worker, size_t guard, enum family family)
{
	const struct rules *rules = settings_rules(worker->settings);
	struct gate_state *state = &worker->gates[guard][family];
	bool closed = is_closed(worker, rules, guard, family);
	const struct message message = {
		.kind = MESSAGE_HOOK,
		.hook =
			{
				.hook = closed ? HOOK_CLOSE : HOOK_OPEN,
				.guard = (uint32_t)guard,
				.family = family,
				.why = state->now.why,
			},
	};

	state->hook_due = false;
	worker_tell(worker, &message);
}

void gate_run_hooks(struct worker *worker)
{
	for (size_t i = 0; i < config_guard_count(worker->config); i++)
		for (enum family family = 0; family < FAMILY_MAX; family++)
			if (worker->gates[i][family].hook_due)
				run_hook(worker, i, family);
}

static void on_kept_long_enough(uv_timer_t *timer)
{
	gate_update(timer->data);
}

void gate_keep(struct worker *worker, uint64_t until_ns)
{
	uint64_t now_ns = clock_monotonic_ns();

	worker->kept_until_ns = until_ns;
	if (until_ns <= now_ns)
		return;
	worker->kept = *settings_rules(worker->settings);
	uv_timer_start(&worker->kept_timer, on_kept_long_enough,
		       (until_ns - now_ns) / NS_PER_MS + 1, 0);
}

/* What nothing is known of yet stays as it was, for as long as it would. */
static struct policy_gate decide(const struct worker *worker,
				 const struct policy_guard *guards,
				 size_t guard, enum family family)
{
	struct policy_gate next =
		policy_gate(worker->config, &guards[guard], family);

	next = policy_gate_crowded(next, worker->crowd[family]);
	if (policy_is_undecided(next.why) &&
	    clock_monotonic_ns() < worker->kept_until_ns &&
	    is_closed(worker, &worker->kept, guard, family))
		return (struct policy_gate){
			.gate = GATE_CLOSED,
			.why = POLICY_KEPT,
			.domain = next.domain,
		};
	return next;
}

static enum policy_health site_of(const struct worker *worker,
				  const struct policy_guard *guards,
				  size_t count)
{
	size_t domains = 0;

	for (size_t i = 0; i < count; i++)
		domains += guards[i].domain_count;
	return policy_site(worker->config, guards[0].domains, domains);
}

static enum gate gate_for(const struct worker *worker, const struct addr *door)
{
	size_t guard = config_guard_of(worker->config, door);
	const struct gate_state *state =
		&worker->gates[guard][addr_family(door)];

	return state->doubted ? GATE_DOUBTED : state->now.gate;
}

static void publish(struct worker *worker, const struct addr *doors,
		    size_t count)
{
	struct rules rules;

	make_rules(worker, doors, count, &rules);
	for (size_t i = 0; i < count; i++)
		rules_set_door(&rules, &doors[i], gate_for(worker, &doors[i]));
	for (size_t i = 0; i < config_guard_count(worker->config); i++)
		for (enum family family = 0; family < FAMILY_MAX; family++)
			note_change(worker, &rules, i, family);
	if (memcmp(&rules, settings_rules(worker->settings), sizeof(rules)) !=
	    0)
		settings_publish(worker->settings, &rules);
	witnesses_follow(worker);
}

/* Only a gate that follows the primaries may turn out to be wrong. */
static bool is_doubted(const struct worker *worker, size_t guard,
		       enum family family)
{
	const struct policy_gate *now = &worker->gates[guard][family].now;

	return now->gate == GATE_CLOSED && now->why == POLICY_UP &&
	       primaries_in_doubt(worker->primaries, guard, family);
}

static void welcome(void *context, const struct addr *source)
{
	remember_opened(context, source);
	lookups_welcome(context, source);
}

static void dismiss(void *context, const struct addr *source)
{
	lookups_nudge(context, source);
}

/*
 * Those who knocked last are let in by the attempt that they are at; or, if
 * they were held for an answer that is no, need not wait for it.
 */
static void answer_knocks(struct worker *worker, size_t guard,
			  enum family family, const struct gate_state *before)
{
	const struct gate_state *state = &worker->gates[guard][family];

	if (before->now.gate == GATE_CLOSED && state->now.gate == GATE_OPEN)
		recent_take(&worker->recent, worker->config, guard, family,
			    welcome, worker);
	else if (before->doubted && !state->doubted &&
		 worker->config->bypass_action != ACTION_DROP)
		recent_take(&worker->recent, worker->config, guard, family,
			    dismiss, worker);
}

static bool came_back(const struct gate_state *before,
		      const struct gate_state *now)
{
	return before->decided && policy_is_outage(before->decided_alone.why) &&
	       now->decided_alone.gate == GATE_CLOSED;
}

void gate_decide(struct worker *worker)
{
	struct gate_state before[CONFIG_GUARDS_MAX][FAMILY_MAX];
	size_t guard_count = config_guard_count(worker->config);
	struct addr doors[ADDRESSES_PROTECTED_MAX];
	const struct policy_guard *guards;
	enum policy_health site;
	size_t count;

	memcpy(before, worker->gates, sizeof(before));
	count = addresses_protected(worker->config, doors);
	primaries_protect(worker->primaries, doors, count);
	guards = primaries_guards(worker->primaries);
	for (size_t i = 0; i < guard_count; i++) {
		for (enum family family = 0; family < FAMILY_MAX; family++) {
			set_gate(worker, i, family,
				 decide(worker, guards, i, family));
			worker->gates[i][family].doubted =
				is_doubted(worker, i, family);
		}
	}
	publish(worker, doors, count);
	for (size_t i = 0; i < guard_count; i++)
		for (enum family family = 0; family < FAMILY_MAX; family++) {
			answer_knocks(worker, i, family, &before[i][family]);
			if (came_back(&before[i][family],
				      &worker->gates[i][family]))
				recovery_came_back(worker->recovery);
		}
	site = site_of(worker, guards, guard_count);
	recovery_follow(worker->recovery, site);
	if (worker->verifier)
		verifier_allow(worker->verifier, site == POLICY_HEALTH_UP);
	keep_targets(worker);
}

void gate_update(struct worker *worker)
{
	gate_decide(worker);
	gate_run_hooks(worker);
}

void gate_knock(struct worker *worker, const struct event *event)
{
	const struct addr *door = &event->destination;
	enum family family = addr_family(&event->source);
	struct gate_state *state;
	size_t guard;

	/* A reload may have come since, or the address may have gone. */
	if (!rules_has_door(settings_rules(worker->settings), door))
		return;
	guard = config_guard_of(worker->config, door);
	state = &worker->gates[guard][family];
	/* It was on its way when the gate opened. */
	if (state->now.gate == GATE_OPEN) {
		welcome(worker, &event->source);
		return;
	}
	recent_note(&worker->recent, &event->source, door);
	primaries_hint(worker->primaries, guard, family);
	if (is_doubted(worker, guard, family) != state->doubted)
		gate_update(worker);
}

static bool any_closed(const struct worker *worker, enum family family)
{
	bool closed = false;

	for (size_t i = 0; i < config_guard_count(worker->config); i++)
		closed |= worker->gates[i][family].now.gate == GATE_CLOSED;
	return closed;
}

void gate_check(struct worker *worker)
{
	const struct rules *rules = settings_rules(worker->settings);
	bool changed = rules->networks != has_networks(worker);

	for (enum family family = 0; family < FAMILY_MAX; family++) {
		bool crowd = knocks_crowd(worker->knocked, family,
					  any_closed(worker, family));

		changed |= crowd != worker->crowd[family];
		worker->crowd[family] = crowd;
	}
	if (changed)
		gate_update(worker);
}
