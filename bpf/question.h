/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one judgement needs to know, and how it tells the daemon: within the
 * budgets of this CPU's second.
 */
#ifndef POSTERN_QUESTION_H
#define POSTERN_QUESTION_H

#include "maps.h"
#include "parse.h"
#include "ranges.h"

/* What one judgement needs to know. */
struct question {
	struct xdp_md *ctx;
	const struct rules *rules;
	const struct syn *syn;
	__u64 now;	/* jiffies */
	enum gate gate; /* of the destination; open without a lease */
	__u64 believed; /* 1: the lease has not run out */
	__u32 watched;	/* reasons that are not enforced: a bit each */
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

static __always_inline struct addr destination_of(const struct question *q)
{
	return addr_of(q->syn->family, &q->syn->destination);
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
		budget->refused = 0;
		__builtin_memset(budget->shown, 0, sizeof(budget->shown));
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
	/* Whoever is refused must not use up what holds need. */
	switch (kind) {
	case EVENT_BYPASS:
	case EVENT_WITNESS:
		spent = &budget->knocks;
		limit = q->rules->knocks_per_cpu;
		break;
	case EVENT_REFUSED:
		spent = &budget->refused;
		limit = q->rules->refused_per_cpu;
		break;
	default:
		spent = &budget->events;
		limit = q->rules->events_per_cpu;
	}
	if (*spent >= limit)
		return 0;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return 0;
	++*spent;
	event->source = source_of(q);
	event->kind = kind;
	event->destination = destination_of(q);
	event->reason = kind == EVENT_BYPASS ? REASON_BYPASS : REASON_MAX;
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

/*
 * For the history of refusals, as long as this second's budget lasts.  Knocks
 * at the closed gate are told of anyway.
 */
static __always_inline void tell_refused(const struct question *q,
					 enum reason reason)
{
	__u64 number = ranges_opaque(reason);
	struct event *event;

	if (!q->live || number < REASON_BLOCKED || number >= REASON_BYPASS)
		return;
	event = event_new(q, EVENT_REFUSED);
	if (!event)
		return;
	event->reason = number;
	bpf_ringbuf_submit(event, 0);
}

#endif
