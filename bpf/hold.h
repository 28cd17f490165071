/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Holding the first SYN of a source that nothing is known of. */
#ifndef POSTERN_HOLD_H
#define POSTERN_HOLD_H

#include "question.h"

/* Two tags at most stand before the headers, which are longer than these. */
static __always_inline void describe(const struct question *q,
				     struct hold *hold)
{
	void *data = (void *)(long)q->ctx->data;
	const struct tcp *tcp = find_tcp(q->ctx, q->syn);

	__builtin_memset(hold, 0, sizeof(*hold));
	hold->since = q->now;
	hold->asked = q->now;
	hold->destination = addr_of(q->syn->family, &q->syn->destination);
	hold->ifindex = q->ctx->ingress_ifindex;
	hold->port = q->syn->port;
	if (!tcp || data + LINK_HEADER_MAX > packet_end(q->ctx))
		return;
	hold->sequence = tcp->sequence;
	hold->client_port = tcp->source;
	hold->link_length = (__u32)q->syn->link_length;
	__builtin_memcpy(hold->link, data, LINK_HEADER_MAX);
}

/*
 * Holds a new source, which is asked for at the same time.  Who can't be
 * asked for is not held either: that would be a delay for nothing.
 */
static __always_inline enum reason hold_new(const struct question *q,
					    const struct addr *source)
{
	struct cpu_budget *budget;
	struct event *event;
	struct hold hold;

	if (!q->live)
		return REASON_HELD;
	budget = budget_now(q);
	if (!budget || budget->holds >= q->rules->holds_per_cpu)
		return REASON_OVERLOAD;
	event = event_new(q, EVENT_UNKNOWN);
	if (!event)
		return REASON_OVERLOAD;
	describe(q, &hold);
	if (bpf_map_update_elem(&pending, source, &hold, BPF_ANY)) {
		bpf_ringbuf_discard(event, 0);
		return REASON_OVERLOAD;
	}
	bpf_ringbuf_submit(event, 0);
	budget->holds++;
	return REASON_HELD;
}

/*
 * A daemon that was replaced meanwhile does not know of a hold: so its source's
 * retransmissions ask anew, about one a second.
 */
static __always_inline void ask_again(const struct question *q,
				      struct hold *hold)
{
	__u64 second = q->rules->second;

	if (q->now - hold->asked < second - second / 8)
		return;
	if (tell(q, EVENT_UNKNOWN))
		hold->asked = q->now;
}

static __always_inline enum reason hold(const struct question *q)
{
	struct addr source = source_of(q);
	struct hold *hold;
	__u64 age;

	hold = bpf_map_lookup_elem(&pending, &source);
	if (!hold || !hold->asked)
		return hold_new(q, &source);
	age = q->now - hold->since;
	if (age <= q->rules->hold_limit) {
		if (q->live)
			ask_again(q, hold);
		return REASON_HELD;
	}
	if (age <= q->rules->hold_limit + q->rules->hold_memory)
		return REASON_LATE;
	return hold_new(q, &source);
}

#endif
