/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gates, guards and domains, as `posternctl status` shows them. */

#include <string.h>

#include "worker/state.h"

static const char *gate_name(enum gate gate)
{
	return gate == GATE_CLOSED ? "closed" : "open";
}

/* What it would be without an order. */
static json_t *otherwise_json(const struct gate_state *state)
{
	const struct policy_gate *gate = &state->decided_alone;

	if (state->now.why != POLICY_BY_HAND)
		return json_null();
	return json_pack("{s:s, s:s}", "state", gate_name(gate->gate), "why",
			 policy_why_words(gate->why));
}

static json_t *gate_json(const struct worker *worker, size_t guard,
			 enum family family)
{
	const struct gate_state *state = &worker->gates[guard][family];
	char words[GATE_TEXT];

	return json_pack("{s:s, s:I, s:s, s:o}", "state",
			 gate_name(state->now.gate), "since",
			 (json_int_t)state->since_unix, "why",
			 gate_words(worker, guard, family, words), "otherwise",
			 otherwise_json(state));
}

/* An open gate has more to say than a closed one, and that if it is forced. */
static int weight(const struct gate_state *state)
{
	if (state->now.gate == GATE_OPEN)
		return 2;
	return state->decided_alone.gate == GATE_OPEN;
}

static bool says_more(const struct gate_state *a, const struct gate_state *b)
{
	if (weight(a) != weight(b))
		return weight(a) > weight(b);
	return a->now.gate == GATE_CLOSED && a->since_unix > b->since_unix;
}

/*
 * The guard that speaks for all: one whose gate is open, or else the one that
 * was the last to close.  Those without an address of the family don't count.
 */
static size_t speaker(const struct worker *worker, enum family family)
{
	size_t found = SIZE_MAX;

	for (size_t i = 0; i < config_guard_count(worker->config); i++) {
		const struct gate_state *state = &worker->gates[i][family];

		if (state->now.why == POLICY_NO_DOOR)
			continue;
		if (found == SIZE_MAX ||
		    says_more(state, &worker->gates[found][family]))
			found = i;
	}
	return found == SIZE_MAX ? 0 : found;
}

json_t *status_gate_json(const struct worker *worker, enum family family)
{
	return gate_json(worker, speaker(worker, family), family);
}

static json_t *doors_json(const struct worker *worker, size_t guard)
{
	struct addr doors[ADDRESSES_PROTECTED_MAX];
	size_t count = addresses_protected(worker->config, doors);
	json_t *all = json_array();
	char text[ADDR_TEXT];

	for (size_t i = 0; i < count; i++)
		if (config_guard_of(worker->config, &doors[i]) == guard)
			json_array_append_new(
				all, json_string(addr_format(&doors[i], text)));
	return all;
}

static json_t *domain_gate_json(enum policy_why why)
{
	return json_pack("{s:s, s:s}", "state",
			 gate_name(why == POLICY_UP ? GATE_CLOSED : GATE_OPEN),
			 "why", policy_why_words(why));
}

/* Of the families that the guard has addresses of, one that is open first. */
static json_t *domain_json(const struct worker *worker,
			   const struct policy_guard *guard, size_t number,
			   size_t index)
{
	const char *name = primaries_domain(worker->primaries, number, index);
	enum policy_why of[FAMILY_MAX], why = POLICY_UP;

	for (enum family family = 0; family < FAMILY_MAX; family++) {
		of[family] = policy_domain(worker->config,
					   &guard->domains[index], family);
		if (guard->doors[family] && why == POLICY_UP)
			why = of[family];
	}
	return json_pack("{s:s?, s:s, s:s, s:o, s:o}", "domain", name, "state",
			 gate_name(why == POLICY_UP ? GATE_CLOSED : GATE_OPEN),
			 "why", policy_why_words(why), "ipv4",
			 domain_gate_json(of[FAMILY_IPV4]), "ipv6",
			 domain_gate_json(of[FAMILY_IPV6]));
}

static json_t *domains_json(const struct worker *worker,
			    const struct policy_guard *guard, size_t number)
{
	json_t *all = json_array();

	for (size_t i = 0; i < guard->domain_count; i++)
		json_array_append_new(all,
				      domain_json(worker, guard, number, i));
	return all;
}

json_t *status_guards_json(const struct worker *worker)
{
	const struct policy_guard *guards = primaries_guards(worker->primaries);
	json_t *all = json_array();

	for (size_t i = 0; i < config_guard_count(worker->config); i++)
		json_array_append_new(
			all,
			json_pack("{s:s, s:o, s:{s:o, s:o}, s:o}", "name",
				  config_guard(worker->config, i).name, "doors",
				  doors_json(worker, i), "gate", "ipv4",
				  gate_json(worker, i, FAMILY_IPV4), "ipv6",
				  gate_json(worker, i, FAMILY_IPV6), "domains",
				  domains_json(worker, &guards[i], i)));
	return all;
}
