/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decisions for those who watch (`posternctl watch`): a sample of each kind. */
#ifndef POSTERN_SHOW_H
#define POSTERN_SHOW_H

#include "question.h"

/* Whether this one is within the second's budget for its reason. */
static __always_inline int may_show(const struct question *q,
				    enum reason reason)
{
	__u64 number = ranges_opaque(reason) & (SHOWN_REASONS - 1);
	struct cpu_budget *budget = budget_now(q);

	if (!budget || budget->shown[number] >= q->rules->shown_per_cpu)
		return 0;
	/* Nobody may be reading, and holds must be told of all the same. */
	if (bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) >= SHOWN_ROOM)
		return 0;
	budget->shown[number]++;
	return 1;
}

/*
 * What is left out here shows all the same, for all decisions are counted:
 * userspace/worker/watch_tally.h.
 */
static __always_inline void show(const struct question *q,
				 const struct decision *decision,
				 enum action would)
{
	struct shown *shown;

	if (!may_show(q, decision->reason))
		return;
	shown = bpf_ringbuf_reserve(&events, sizeof(*shown), 0);
	if (!shown)
		return;
	shown->event.source = source_of(q);
	shown->event.kind = EVENT_SHOWN;
	shown->event.destination = destination_of(q);
	shown->event.reason = decision->reason;
	shown->action = decision->action;
	shown->would = would;
	shown->verdict = decision->verdict;
	shown->score = decision->score;
	shown->list = decision->list;
	shown->port = q->syn->port;
	shown->reserved = 0;
	bpf_ringbuf_submit(shown, 0);
}

#endif
