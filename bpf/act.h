/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is done beside passing and dropping, within its budgets. */
#ifndef POSTERN_ACT_H
#define POSTERN_ACT_H

#include "question.h"
#include "reply.h"

/*
 * Whether one more packet may go to the network of a source that has proven
 * nothing; else a forged SYN would make us send to whom others choose.
 */
static __always_inline int may_reply(const struct question *q)
{
	struct cpu_budget *budget = budget_now(q);
	struct reply_budget fresh = {.start = q->now, .count = 1};
	struct addr network = source_of(q);
	struct reply_budget *of_network;

	if (!budget || budget->replies >= q->rules->replies_per_cpu)
		return 0;
	if (q->syn->family == FAMILY_IPV4)
		network.octets[15] = 0;
	else
		__builtin_memset(&network.octets[6], 0, 10);
	of_network = bpf_map_lookup_elem(&replies, &network);
	if (!of_network || q->now - of_network->start >= q->rules->second)
		return bpf_map_update_elem(&replies, &network, &fresh,
					   BPF_ANY) == 0 &&
		       ++budget->replies;
	if (of_network->count >= REPLIES_PER_NETWORK)
		return 0;
	__sync_fetch_and_add(&of_network->count, 1);
	return ++budget->replies;
}

/* Returns 0 where the packet has no such ports. */
static __always_inline int flow_of(const struct question *q, struct flow *flow)
{
	const struct tcp *tcp = find_tcp(q->ctx, q->syn);

	if (!tcp)
		return 0;
	flow->source = source_of(q);
	flow->destination = addr_of(q->syn->family, &q->syn->destination);
	flow->client_port = tcp->source;
	flow->port = q->syn->port;
	return 1;
}

/* Leaves word for steer.bpf.c.  Returns 0 when the second's budget is spent. */
static __always_inline int leave_word(const struct question *q,
				      enum reason reason)
{
	struct cpu_budget *budget = budget_now(q);
	struct deferral deferral = {
		.until = q->now + DEFER_SECONDS * q->rules->second,
		.reason = reason,
	};
	struct flow flow;

	if (!budget || budget->defers >= q->rules->defers_per_cpu ||
	    !flow_of(q, &flow))
		return 0;
	if (bpf_map_update_elem(&deferred, &flow, &deferral, BPF_ANY))
		return 0;
	return ++budget->defers;
}

/* It was deferred lately, by the same port, and is welcome now. */
static __always_inline void take_back_word(const struct question *q)
{
	struct flow flow;

	if (q->rules->bypass != ACTION_DEFER &&
	    q->rules->listed != ACTION_DEFER &&
	    q->rules->overload != ACTION_DEFER)
		return;
	if (flow_of(q, &flow))
		bpf_map_delete_elem(&deferred, &flow);
}

/* What is to be done beside dropping or passing it, within its bounds. */
static __always_inline enum action carry_out(const struct question *q,
					     const struct decision *decision)
{
	switch (decision->action) {
	case ACTION_RESET:
		return may_reply(q) ? ACTION_RESET : ACTION_DROP;
	case ACTION_DEFER:
		if (leave_word(q, decision->reason))
			return ACTION_DEFER;
		/* Who is suspected of nothing is never dropped. */
		return decision->reason == REASON_OVERLOAD ? ACTION_PASS
							   : ACTION_DROP;
	case ACTION_PASS:
		take_back_word(q);
		return ACTION_PASS;
	default:
		return decision->action;
	}
}

#endif
