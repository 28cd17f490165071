/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From facts to rules: doors, gates and the rest of what the program is told;
 * and the commands that run when the primaries go down or come back.
 */

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "tables/rules.h"
#include "worker/state.h"

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

static bool is_door(const struct rules *rules, const struct addr *addr)
{
	for (__u32 i = 0; i < rules->ipv6_count; i++)
		if (addr_equal(&rules->ipv6[i].address, addr))
			return true;
	for (__u32 i = 0; i < rules->ipv4_count; i++)
		if (addr_family(addr) == FAMILY_IPV4 &&
		    memcmp(&rules->ipv4[i].address, addr->octets + 12,
			   sizeof(__be32)) == 0)
			return true;
	return false;
}

/*
 * What the probers know.  A door is no primary, whatever DNS says: our own
 * MTA, up as always, would close the gate to everybody.
 */
static size_t gather(const struct worker *worker, const struct rules *rules,
		     struct policy_target *out)
{
	const struct health_target *targets;
	size_t count = 0, taken = 0;

	if (!worker->health)
		return 0;
	targets = health_targets(worker->health, &count);
	if (count > HEALTH_TARGETS_MAX)
		count = HEALTH_TARGETS_MAX;
	for (size_t i = 0; i < count; i++)
		if (!is_door(rules, &targets[i].addr))
			out[taken++] = (struct policy_target){
				.primary = targets[i].primary,
				.family = addr_family(&targets[i].addr),
				.health = health_of(targets[i].state),
			};
	return taken;
}

static void make_rules(const struct worker *worker, struct rules *rules)
{
	struct addr doors[ADDRESSES_PROTECTED_MAX];
	size_t count = addresses_protected(worker->config, doors);

	/* All that may receive packets, not those that we may run on. */
	rules_make(worker->config, &worker->start.clock,
		   (unsigned int)sysconf(_SC_NPROCESSORS_CONF), rules);
	for (size_t i = 0; i < count; i++)
		rules_protect(rules, &doors[i]);
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

static void on_kept_long_enough(uv_timer_t *timer)
{
	gate_update(timer->data);
}

void gate_keep(struct worker *worker, uint64_t until_ns)
{
	const struct rules *rules = settings_rules(worker->settings);
	uint64_t now_ns = clock_monotonic_ns();

	worker->kept_until_ns = until_ns;
	if (until_ns <= now_ns)
		return;
	worker->gate[FAMILY_IPV4].was_closed = false;
	for (__u32 i = 0; i < rules->ipv4_count; i++)
		worker->gate[FAMILY_IPV4].was_closed |=
			rules->ipv4[i].gate == GATE_CLOSED;
	worker->gate[FAMILY_IPV6].was_closed = false;
	for (__u32 i = 0; i < rules->ipv6_count; i++)
		worker->gate[FAMILY_IPV6].was_closed |=
			rules->ipv6[i].gate == GATE_CLOSED;
	uv_timer_start(&worker->kept, on_kept_long_enough,
		       (until_ns - now_ns) / NS_PER_MS + 1, 0);
}

/* What nothing is known of yet stays as it was, for as long as it would. */
static struct policy_gate decide(const struct worker *worker,
				 const struct policy_target *targets,
				 size_t count, enum family family, size_t doors)
{
	struct policy_gate next =
		policy_gate(worker->config, targets, count, family, doors);

	if (next.why == POLICY_UNKNOWN && worker->gate[family].was_closed &&
	    clock_monotonic_ns() < worker->kept_until_ns)
		return (struct policy_gate){
			.gate = GATE_CLOSED,
			.why = POLICY_KEPT,
		};
	return next;
}

void gate_update(struct worker *worker)
{
	struct policy_target *targets;
	struct rules rules;
	size_t count;

	/* Closed only by what is known: without memory it would be a guess. */
	targets = calloc(HEALTH_TARGETS_MAX, sizeof(*targets));
	make_rules(worker, &rules);
	count = targets ? gather(worker, &rules, targets) : 0;
	set_gate(worker, FAMILY_IPV4,
		 decide(worker, targets, count, FAMILY_IPV4, rules.ipv4_count));
	set_gate(worker, FAMILY_IPV6,
		 decide(worker, targets, count, FAMILY_IPV6, rules.ipv6_count));
	for (enum family family = 0; family < FAMILY_MAX; family++)
		rules_set_gate(&rules, family, worker->gate[family].now.gate);
	if (memcmp(&rules, settings_rules(worker->settings), sizeof(rules)) !=
	    0)
		settings_publish(worker->settings, &rules);
	follow_site(worker, policy_site(worker->config, targets, count));
	free(targets);
}
