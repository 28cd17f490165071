/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of a source, and of its network. */
#ifndef POSTERN_VERDICT_H
#define POSTERN_VERDICT_H

#include "question.h"

/* What is known of the network of a source; or NULL. */
static __always_inline struct network *find_network(const struct question *q)
{
	struct addr key = source_of(q);

	if (q->syn->family == FAMILY_IPV4)
		key.octets[15] = 0;
	else
		__builtin_memset(&key.octets[8], 0, 8);
	return bpf_map_lookup_elem(&networks, &key);
}

/*
 * How somebody is refused.  Deferring ends with a network's patience, and
 * where nobody answers the door; the gate is open then, and a listing stays
 * in force.
 */
static __always_inline enum action refuse(const struct question *q,
					  enum action action)
{
	struct network *network;

	if (action != ACTION_DEFER)
		return action;
	if (!q->believed)
		return ACTION_DROP;
	network = find_network(q);
	if (network && q->now < network->weary && q->now >= network->witness)
		return ACTION_DROP;
	return ACTION_DEFER;
}

/* The verdict of the host, or else of its /64, as long as it is valid. */
static __always_inline struct source_verdict *
find_verdict(const struct question *q)
{
	struct addr source = source_of(q);
	struct source_verdict *verdict;

	verdict = bpf_map_lookup_elem(&verdicts, &source);
	if (verdict && q->now < verdict->expires)
		return verdict;
	if (q->syn->family == FAMILY_IPV4)
		return 0;
	__builtin_memset(&source.octets[8], 0, 8);
	verdict = bpf_map_lookup_elem(&verdicts, &source);
	if (verdict && q->now < verdict->expires)
		return verdict;
	return 0;
}

static __always_inline void refresh(const struct question *q,
				    struct source_verdict *verdict)
{
	if (!q->live || q->now < verdict->refresh)
		return;
	if (tell(q, EVENT_REFRESH))
		verdict->refresh = ~0ULL;
}

/* A source that was held has come again: did the nudge make it? */
static __always_inline void watch(const struct question *q,
				  struct source_verdict *verdict)
{
	struct addr source = source_of(q);
	struct hold *hold;

	if (!q->live || q->now >= verdict->watch)
		return;
	verdict->watch = 0;
	hold = bpf_map_lookup_elem(&pending, &source);
	if (hold && !hold->back)
		hold->back = q->now;
}

static __always_inline enum reason by_verdict(const struct question *q,
					      struct source_verdict *verdict,
					      struct decision *decision)
{
	refresh(q, verdict);
	watch(q, verdict);
	switch (verdict->verdict) {
	case VERDICT_LISTED:
		decision->action = refuse(q, q->rules->listed);
		return REASON_LISTED;
	case VERDICT_CLEAN:
		return REASON_CLEAN;
	default:
		return REASON_UNKNOWN;
	}
}

#endif
