/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gate: who knocks at it while it is closed, and what that ends in. */
#ifndef POSTERN_GATE_H
#define POSTERN_GATE_H

#include "hold.h"
#include "lists.h"
#include "verdict.h"

struct outcome {
	__u8 reason;
	__u8 action;
};

#define KINDS	4 /* of lists */
#define ACTIONS 4 /* or more than there are: a power of two */

/*
 * How a SYN ends at a closed gate that drops, by its list's kind and action.
 * On a list or not is a matter of chance in a flood, which no processor can
 * predict.  So there is one way for both, where only what is read differs.
 * Some feeds are only counted.  (Volatile: else it would get a map of its own.)
 */
static const volatile struct outcome at_closed_gate[KINDS][ACTIONS] = {
	[LIST_NONE] = {[0 ... ACTIONS - 1] = {REASON_BYPASS, ACTION_DROP}},
	[LIST_ALLOW] = {[0 ... ACTIONS - 1] = {REASON_ALLOWED, ACTION_PASS}},
	[LIST_BLOCK] =
		{
			[ACTION_PASS] = {REASON_BLOCKED, ACTION_PASS},
			[ACTION_DROP] = {REASON_BLOCKED, ACTION_DROP},
			[ACTION_RESET] = {REASON_BLOCKED, ACTION_RESET},
		},
	[LIST_FEED] =
		{
			[ACTION_PASS] = {REASON_BYPASS, ACTION_DROP},
			[ACTION_DROP] = {REASON_FEED, ACTION_DROP},
			[ACTION_RESET] = {REASON_FEED, ACTION_RESET},
		},
};

/*
 * Who knocks at the closed gate is told of, and remembered: should the gate
 * open, it need not wait for its own timer.  A knock that can't be told of is
 * one of many.  Returns 0, or -1 where it is not remembered.
 */
static __always_inline int knock_new(const struct question *q)
{
	struct event *event = event_new(q, EVENT_BYPASS);
	struct addr source = source_of(q);
	struct hold hold;
	long error;

	if (!event)
		return -1;
	describe(q, &hold);
	hold.asked = 0;
	error = bpf_map_update_elem(&pending, &source, &hold, BPF_ANY);
	bpf_ringbuf_submit(event, 0);
	return error ? -1 : 0;
}

/* What `pending` has of this very SYN, sent before; or NULL. */
static __always_inline struct hold *find_knock(const struct question *q)
{
	const struct tcp *tcp = find_tcp(q->ctx, q->syn);
	struct addr source = source_of(q);
	struct hold *hold = bpf_map_lookup_elem(&pending, &source);

	return hold && tcp && hold->sequence == tcp->sequence ? hold : 0;
}

/*
 * The budgets first, and not the other way round, as the compiler would: once
 * they are spent, nothing depends on the reason.
 */
static __always_inline void knock(const struct question *q, enum reason reason)
{
	struct cpu_budget *budget;

	if (!q->live)
		return;
	budget = budget_now(q);
	if (!budget)
		return;
	if (budget->refused < q->rules->refused_per_cpu)
		tell_refused(q, reason);
	if (budget->knocks >= q->rules->knocks_per_cpu)
		return;
	if (ranges_opaque(reason) != REASON_BYPASS)
		return;
	if (find_knock(q))
		tell(q, EVENT_BYPASS);
	else
		knock_new(q);
}

static __always_inline enum reason by_closed_gate(const struct question *q,
						  const struct listing *listing,
						  struct decision *decision)
{
	const volatile struct outcome *outcome =
		&at_closed_gate[listing->kind & (KINDS - 1)]
			       [listing->action & (ACTIONS - 1)];
	enum reason reason = outcome->reason;

	decision->action = outcome->action;
	count_list(q, listing->id);
	knock(q, reason);
	return reason;
}

/* Is this one decided and counted, but not enforced? */
static __always_inline int is_watched(const struct question *q,
				      enum reason reason)
{
	return q->watched & REASON_BIT(reason);
}

/*
 * For how many jiffies nobody is told of a refusal: while the primary is in
 * doubt, for that may end, and until it must be known who is a witness, for
 * logs come late.  A drop tells nobody.
 */
static __always_inline __u64 patience(const struct question *q)
{
	if (q->rules->bypass == ACTION_DROP || is_watched(q, REASON_BYPASS))
		return 0;
	return q->gate == GATE_DOUBTED ? q->rules->hold_limit
				       : q->rules->witness_wait;
}

static __always_inline enum reason at_gate(const struct question *q)
{
	__u64 limit = patience(q);
	struct hold *hold;

	if (!q->live)
		return limit ? REASON_HELD : REASON_BYPASS;
	hold = find_knock(q);
	if (!hold)
		return knock_new(q) == 0 && limit ? REASON_HELD : REASON_BYPASS;
	tell(q, EVENT_BYPASS);
	return limit && q->now - hold->since <= limit ? REASON_HELD
						      : REASON_BYPASS;
}

static __always_inline enum reason by_gate(struct question *q,
					   struct decision *decision)
{
	enum reason reason = at_gate(q);

	/* Who waits here waits for the gate, and not for a verdict. */
	q->watched &= ~REASON_BIT(REASON_HELD);
	decision->action = reason == REASON_HELD ? ACTION_DROP
						 : refuse(q, q->rules->bypass);
	return reason;
}

/* May the whole network of the source pass the closed gate? */
static __always_inline int is_witness(const struct question *q)
{
	struct network *network;

	if (!q->rules->networks)
		return 0;
	network = find_network(q);
	return network && q->now < network->witness;
}

#endif
