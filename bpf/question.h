/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one judgement needs to know, and how it tells the daemon: within the
 * budgets of this CPU's second.
 */
#ifndef POSTERN_QUESTION_H
#define POSTERN_QUESTION_H

#include "maps.h"
#include "parse.h"

/* What one judgement needs to know. */
struct question {
	struct xdp_md *ctx;
	const struct rules *rules;
	const struct syn *syn;
	__u64 now; /* jiffies */
	__u32 door;
	enum gate gate; /* of the door; open without a lease */
	__u64 believed; /* 1: the lease has not run out */
	int live;	/* 0: leave no trace */
};

static const __u32 zero;

/* An address as the maps have it. */
static __always_inline struct addr addr_of(enum family family,
					   const union address *address)
{
	const __be32 mapped[4] = {0, 0, bpf_htonl(0xffff), address->ipv4};
	struct addr addr;

	if (family == FAMILY_IPV4)
		__builtin_memcpy(&addr, mapped, sizeof(addr));
	else
		__builtin_memcpy(&addr, address->ipv6, sizeof(addr));
	return addr;
}

static __always_inline struct addr source_of(const struct question *q)
{
	return addr_of(q->syn->family, &q->syn->source);
}

/* This CPU's budget; a new second begins with a full one. */
static __always_inline struct cpu_budget *budget_now(const struct question *q)
{
	struct cpu_budget *budget = bpf_map_lookup_elem(&budgets, &zero);

	if (budget && q->now - budget->start >= q->rules->second) {
		budget->start = q->now;
		budget->events = 0;
		budget->knocks = 0;
		budget->holds = 0;
		budget->replies = 0;
		budget->defers = 0;
	}
	return budget;
}

/* An event of this second's budget, to be submitted or discarded; or NULL. */
static __always_inline struct event *event_new(const struct question *q,
					       enum event_kind kind)
{
	struct cpu_budget *budget = budget_now(q);
	struct event *event;
	__u32 *spent, limit;

	if (!budget)
		return 0;
	/* Whoever knocks at a closed gate must not use up what holds need. */
	spent = kind == EVENT_BYPASS ? &budget->knocks : &budget->events;
	limit = kind == EVENT_BYPASS ? q->rules->knocks_per_cpu
				     : q->rules->events_per_cpu;
	if (*spent >= limit)
		return 0;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return 0;
	++*spent;
	event->source = source_of(q);
	event->kind = kind;
	event->door = q->door;
	return event;
}

/* Returns 1 when the daemon will hear of it. */
static __always_inline int tell(const struct question *q, enum event_kind kind)
{
	struct event *event = event_new(q, kind);

	if (!event)
		return 0;
	bpf_ringbuf_submit(event, 0);
	return 1;
}

#endif
