/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decision, as a list of whom each stage would refuse, in the order of
 * postern(7): the first one that is enforced refuses it; else the first one
 * that is only watched is counted; else it is let in.
 */

#include <string.h>

#include "core/stage.h"
#include "model.h"

const char *const model_hosts[MODEL_HOSTS] = {
	"198.51.100.7",	     "198.51.100.8",   "198.51.101.7",
	"203.0.113.9",	     "2001:db8:77::7", "2001:db8:77::8",
	"2001:db8:77:1::77", "2001:db8:78::7", "::ffff:198.51.100.7",
};

const char *const model_networks[MODEL_NETWORKS] = {
	"198.51.100.0",	 "198.51.101.0",    "203.0.113.0",
	"2001:db8:77::", "2001:db8:77:1::", "2001:db8:78::",
};

const char *const model_prefixes[MODEL_PREFIXES] = {
	"198.51.100.7/32",  "198.51.100.0/29",	  "198.51.100.0/24",
	"198.51.100.0/23",  "203.0.113.8/31",	  "0.0.0.0/0",
	"2001:db8:77::/64", "2001:db8:77::7/128", "2001:db8:77::/48",
	"2001:db8:76::/47", "2001:db8::/32",	  "::/0",
};

const char *const model_doors[FAMILY_MAX][MODEL_DOORS] = {
	[FAMILY_IPV4] = {DOOR_IPV4, "192.0.2.26", "198.51.100.8"},
	[FAMILY_IPV6] = {DOOR_IPV6, "2001:db8:25::26", "2001:db8:77::8"},
};

/* One judgement, as far as it has come. */
struct judgement {
	const struct model_state *state;
	const struct model_syn *syn;
	bool explained;
	bool believed;
	enum gate gate;
	bool done;
	bool noted; /* a stage that is only watched would have refused */
	enum reason noted_reason;
	struct model_answer *out;
};

static bool is_same(const char *text, const struct addr *addr)
{
	struct addr parsed;

	return addr_parse(text, &parsed) == 0 && addr_equal(&parsed, addr);
}

static bool is_watched(const struct model_state *state, enum stage stage)
{
	return state->watched >> stage & 1;
}

static void end(struct judgement *j, enum reason reason, enum action action)
{
	j->out->reason = reason;
	j->out->action = action;
	j->done = true;
}

/* A stage would refuse it. */
static void refuse(struct judgement *j, enum stage stage, enum reason reason,
		   enum action action)
{
	if (j->done)
		return;
	if (!is_watched(j->state, stage)) {
		end(j, reason, action);
		return;
	}
	if (!j->noted)
		j->noted_reason = reason;
	j->noted = true;
}

/* Nothing that is enforced speaks against it. */
static void let_in(struct judgement *j, enum reason reason, enum action action)
{
	if (j->done)
		return;
	if (j->noted)
		end(j, j->noted_reason, ACTION_PASS);
	else
		end(j, reason, action);
}

static bool is_on(const struct model_list *list, const struct addr *addr,
		  enum family family)
{
	struct prefix prefix;

	for (size_t i = 0; i < MODEL_PREFIXES; i++) {
		bool ipv4 = i < MODEL_PREFIXES / 2;

		if (!(list->prefixes >> i & 1) ||
		    ipv4 != (family == FAMILY_IPV4) ||
		    prefix_parse(model_prefixes[i], &prefix))
			continue;
		if (prefix_contains(&prefix, addr))
			return true;
	}
	return false;
}

/* The first list that has it decides, as long as that list is valid. */
static unsigned int find_list(const struct judgement *j)
{
	for (unsigned int n = 1; n < LIST_NUMBERS; n++) {
		const struct model_list *list = &j->state->lists[n];

		if (is_on(list, &j->syn->source, j->syn->family))
			return list->expires >= 0 ? n : 0;
	}
	return 0;
}

static void ask_lists(struct judgement *j)
{
	unsigned int n = find_list(j);
	enum action action = j->state->lists[n].action;

	j->out->list = n;
	if (n == LIST_NUMBER_ALLOWED)
		end(j, REASON_ALLOWED, ACTION_PASS);
	else if (n == LIST_NUMBER_BLOCKED)
		refuse(j, STAGE_LISTS, REASON_BLOCKED, action);
	else if (n && action != ACTION_PASS) /* else it only counts */
		refuse(j, STAGE_LISTS, REASON_FEED, action);
}

/* The number of the /24 or /64 of the source; MODEL_NETWORKS: none of ours. */
static size_t network_of(const struct model_syn *syn)
{
	uint8_t bits = syn->family == FAMILY_IPV4 ? 24 : 64;
	struct addr network = addr_mask(&syn->source, bits);
	size_t i = 0;

	while (i < MODEL_NETWORKS && !is_same(model_networks[i], &network))
		i++;
	return i;
}

static const struct model_network *find_network(const struct judgement *j)
{
	size_t i = network_of(j->syn);

	return i < MODEL_NETWORKS && j->state->networks[i].exists
		       ? &j->state->networks[i]
		       : NULL;
}

static bool is_witness(const struct judgement *j)
{
	const struct model_network *network = find_network(j);

	return network && network->witness > 0;
}

/* That of the host goes before that of its /64. */
static const struct model_verdict *find_verdict(const struct judgement *j)
{
	size_t network = network_of(j->syn);

	for (size_t i = 0; i < MODEL_HOSTS; i++) {
		const struct model_verdict *verdict = &j->state->hosts[i];

		if (verdict->exists && verdict->expires > 0 &&
		    is_same(model_hosts[i], &j->syn->source))
			return verdict;
	}
	if (j->syn->family == FAMILY_IPV4 || network == MODEL_NETWORKS ||
	    !j->state->networks64[network].exists ||
	    j->state->networks64[network].expires <= 0)
		return NULL;
	return &j->state->networks64[network];
}

/* Deferring needs a doorman who answers, and patience with the network. */
static enum action how(const struct judgement *j, enum action action)
{
	const struct model_network *network = find_network(j);

	if (action != ACTION_DEFER)
		return action;
	if (!j->believed)
		return ACTION_DROP;
	return network && network->weary > 0 && network->witness <= 0
		       ? ACTION_DROP
		       : ACTION_DEFER;
}

/*
 * Who would be told of a refusal waits, while the primary is in doubt or a
 * witness may yet speak; not in silence, and not where the gate is watched.
 */
static bool waits_at_gate(const struct judgement *j)
{
	const struct model_state *state = j->state;
	int limit = j->gate == GATE_DOUBTED ? state->hold_limit
					    : state->witness_wait;

	if (limit == 0 || state->bypass == ACTION_DROP ||
	    is_watched(state, STAGE_BYPASS))
		return false;
	if (j->explained)
		return true;
	if (state->pending.exists &&
	    state->pending.sequence == j->syn->sequence)
		return state->pending.age <= limit;
	return state->knocks > 0;
}

static void ask_gate(struct judgement *j)
{
	if (j->gate == GATE_OPEN || is_witness(j))
		return;
	if (waits_at_gate(j))
		refuse(j, STAGE_BYPASS, REASON_HELD, ACTION_DROP);
	else
		refuse(j, STAGE_BYPASS, REASON_BYPASS,
		       how(j, j->state->bypass));
}

static void ask_listing(struct judgement *j,
			const struct model_verdict *verdict)
{
	if (verdict && verdict->verdict == VERDICT_LISTED)
		refuse(j, STAGE_VERDICTS, REASON_LISTED,
		       how(j, j->state->listed));
}

/* No verdict, but a daemon that can find one. */
static void ask_to_wait(struct judgement *j)
{
	const struct model_state *state = j->state;
	int age = state->pending.age;
	bool known = state->pending.exists && state->pending.asked &&
		     age <= state->hold_limit + state->hold_memory;

	if (known && age > state->hold_limit)
		let_in(j, REASON_LATE, ACTION_PASS);
	else if (known || j->explained || (state->holds && state->events))
		refuse(j, STAGE_VERDICTS, REASON_HELD, ACTION_DROP);
	else
		let_in(j, REASON_OVERLOAD, state->overload);
}

static void ask_the_rest(struct judgement *j,
			 const struct model_verdict *verdict)
{
	bool witness = j->gate != GATE_OPEN && is_witness(j);
	enum reason reason = REASON_UNKNOWN;

	if (verdict && verdict->verdict == VERDICT_LISTED) {
		let_in(j, REASON_LISTED, ACTION_PASS);
		return;
	}
	if (verdict && verdict->verdict == VERDICT_CLEAN)
		reason = REASON_CLEAN;
	else if (!verdict && !j->believed)
		reason = REASON_STALE;
	else if (!verdict && j->state->unknown == UNKNOWN_HOLD)
		ask_to_wait(j);
	if (witness && reason != REASON_STALE)
		reason = REASON_WITNESS;
	let_in(j, reason, ACTION_PASS);
}

static void judge(struct judgement *j)
{
	const struct model_verdict *verdict = find_verdict(j);

	if (j->syn->kind == MODEL_EVASION) {
		refuse(j, STAGE_EVASION, REASON_EVASION, ACTION_DROP);
		let_in(j, REASON_EVASION, ACTION_PASS);
		return;
	}
	ask_lists(j);
	if (j->state->bypass == ACTION_DROP)
		ask_gate(j);
	ask_listing(j, verdict);
	ask_gate(j);
	ask_the_rest(j, verdict);
}

/* Is it for us?  An evasion that hides its port may be. */
static bool find_door(struct judgement *j)
{
	const struct model_state *state = j->state;
	enum family family = j->syn->family;
	bool port = j->syn->port_hidden;

	for (size_t i = 0; i < state->port_count; i++)
		port = port || state->ports[i] == j->syn->port;
	for (size_t i = 0; port && i < state->door_count[family]; i++) {
		if (!is_same(model_doors[family][i], &j->syn->destination))
			continue;
		j->gate = j->believed ? state->gates[family][i] : GATE_OPEN;
		return true;
	}
	return false;
}

/* What can't be done within its budget is dropped, or let in as overload. */
static int carry_out(const struct judgement *j)
{
	switch (j->out->action) {
	case ACTION_PASS:
		return XDP_PASS;
	case ACTION_DROP:
		return XDP_DROP;
	case ACTION_RESET:
		return j->state->replies && j->syn->complete ? XDP_TX
							     : XDP_DROP;
	case ACTION_DEFER:
		return j->state->defers || j->out->reason == REASON_OVERLOAD
			       ? XDP_PASS
			       : XDP_DROP;
	}
	return -1;
}

void model_decide(const struct model_state *state, const struct model_syn *syn,
		  bool explained, struct model_answer *out)
{
	struct judgement j = {
		.state = state,
		.syn = syn,
		.explained = explained,
		.believed = state->lease > 0,
		.out = out,
	};

	*out = (struct model_answer){
		.reason = REASON_MAX,
		.action = ACTION_PASS,
		.returned = XDP_PASS,
	};
	if (syn->kind == MODEL_OTHER || !find_door(&j))
		return;
	judge(&j);
	if (state->monitor)
		out->action = ACTION_PASS;
	out->returned = carry_out(&j);
}
