/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The XDP program: parse, decide, count, act.  Its twin `explain` decides the
 * same way without a trace: no hold, no event, no count.
 *
 *	maps.h      what it knows and remembers
 *	parse.h     from a frame to a SYN
 *	question.h  one judgement, and events
 *	lists.h     the list that a source is on, by ranges.h
 *	verdict.h   what DNSBLs say of it, and what is known of its network
 *	hold.h      waiting for that
 *	gate.h      the gate
 *	act.h       resets (reply.h), and word for the doorman (steer.bpf.c)
 *	show.h      decisions, for those who watch
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "act.h"
#include "gate.h"
#include "hold.h"
#include "lists.h"
#include "show.h"
#include "verdict.h"

char _license[] SEC("license") = "GPL";

/* What is left when neither a list nor the gate decides. */
static __always_inline enum reason by_knowledge(const struct question *q,
						struct source_verdict *verdict,
						struct decision *decision)
{
	enum reason reason;

	if (verdict)
		return by_verdict(q, verdict, decision);
	if (!q->believed)
		return REASON_STALE;
	if (q->rules->unknown == UNKNOWN_HOLD) {
		reason = hold(q);
		if (reason == REASON_HELD)
			decision->action = ACTION_DROP;
		else if (reason == REASON_OVERLOAD)
			decision->action = q->rules->overload;
		return reason;
	}
	if (q->live)
		tell(q, EVENT_UNKNOWN);
	return REASON_UNKNOWN;
}

/* One after the other: list, gate, verdict. */
static __always_inline enum reason by_all(struct question *q,
					  const struct listing *listing,
					  struct decision *decision)
{
	enum reason reason, by_watched = REASON_MAX;
	struct source_verdict *verdict;
	int closed, watched, witness;

	closed = q->gate != GATE_OPEN;
	reason = by_list(q, listing, decision);
	/* What is only watched must not hide what else is refused. */
	if (is_watched(q, reason))
		by_watched = reason;
	else if (reason != REASON_MAX)
		return reason;
	witness = closed && is_witness(q);
	if (witness && q->live)
		tell(q, EVENT_WITNESS);
	closed = closed && !witness;
	watched = closed && is_watched(q, REASON_BYPASS);
	closed = closed && !watched;
	if (closed && q->rules->bypass == ACTION_DROP)
		return by_gate(q, decision);
	verdict = find_verdict(q);
	if (verdict) {
		decision->verdict = verdict->verdict;
		decision->score = verdict->score;
		decision->expires = verdict->expires;
	}
	if (closed && (decision->verdict != VERDICT_LISTED ||
		       is_watched(q, REASON_LISTED)))
		return by_gate(q, decision);
	reason = by_knowledge(q, verdict, decision);
	if (reason >= REASON_HELD && !is_watched(q, reason))
		return reason;
	if (by_watched != REASON_MAX)
		return by_watched;
	if (witness && (reason == REASON_CLEAN || reason == REASON_UNKNOWN))
		return REASON_WITNESS;
	/* Of two that are watched the first one counts, as if enforced. */
	if (reason == REASON_LISTED && q->rules->bypass != ACTION_DROP)
		return reason;
	return watched ? by_gate(q, decision) : reason;
}

/* Returns why, and sets what is done where that is not to let it in. */
static __always_inline enum reason judge(struct question *q,
					 struct decision *decision)
{
	struct listing listing = find_list(q);
	enum reason reason;

	decision->list = listing.id;
	/* With `drop` the outcome is the same, without the lookup. */
	if (q->gate != GATE_OPEN && q->rules->bypass == ACTION_DROP &&
	    !q->watched && !q->rules->networks)
		return by_closed_gate(q, &listing, decision);
	reason = by_all(q, &listing, decision);
	tell_refused(q, reason);
	return reason;
}

static __always_inline void count(const struct question *q, enum reason reason)
{
	struct counters *all = bpf_map_lookup_elem(&counters, &zero);
	__u64 number = ranges_opaque(reason);
	__u64 *of_family;

	if (!all || number >= REASON_MAX)
		return;
	of_family = q->syn->family == FAMILY_IPV4 ? &all->ipv4.allowed
						  : &all->ipv6.allowed;
	of_family[number]++;
}

/*
 * The gate is read inside the loop: an index that is used after it would make
 * the verifier go on once for each of its values.
 */
static __always_inline int find_ipv4(struct question *q)
{
	const struct rules *rules = q->rules;

	for (__u32 i = 0; i < DOORS_MAX; i++) {
		if (i >= rules->ipv4_count)
			return 0;
		if (rules->ipv4[i].address == q->syn->destination.ipv4) {
			q->gate = rules->ipv4[i].gate;
			return 1;
		}
	}
	return 0;
}

static __always_inline int find_ipv6(struct question *q)
{
	const __be64 *want = q->syn->destination.ipv6;
	const struct rules *rules = q->rules;
	__be64 have[2];

	for (__u32 i = 0; i < DOORS_MAX; i++) {
		if (i >= rules->ipv6_count)
			return 0;
		__builtin_memcpy(have, &rules->ipv6[i].address, sizeof(have));
		if (have[0] == want[0] && have[1] == want[1]) {
			q->gate = rules->ipv6[i].gate;
			return 1;
		}
	}
	return 0;
}

static __always_inline int is_port(const struct question *q)
{
	for (__u32 i = 0; i < PORTS_MAX; i++) {
		if (i >= q->rules->port_count)
			return 0;
		if (q->rules->ports[i] == q->syn->port)
			return 1;
	}
	return 0;
}

/* Is it for us?  An evasion may hide its port, but not its address. */
static __always_inline int find_door(struct question *q, enum parsed parsed)
{
	if (parsed != PARSED_HIDING && !is_port(q))
		return 0;
	return q->syn->family == FAMILY_IPV4 ? find_ipv4(q) : find_ipv6(q);
}

static __always_inline int is_evasion(const struct syn *syn, enum parsed parsed)
{
	return parsed != PARSED_SYN ||
	       (syn->family == FAMILY_IPV6 && is_mapped(&syn->source));
}

static __always_inline void count_and_act(const struct question *q,
					  struct decision *decision)
{
	count(q, decision->reason);
	decision->action = carry_out(q, decision);
}

/* In monitor mode, or while somebody watches. */
static __always_inline void end_unusually(const struct question *q,
					  struct decision *decision)
{
	enum action would = ACTION_PASS;

	if (q->rules->flags & RULES_MONITOR ||
	    is_watched(q, decision->reason)) {
		would = decision->action;
		decision->action = ACTION_PASS;
	}
	if (!q->live)
		return;
	count_and_act(q, decision);
	if (q->rules->flags & RULES_SHOW)
		show(q, decision, would);
}

/*
 * From a SYN or an evasion on.  Each family has its own copy, so that nothing
 * has to ask for it.
 */
static __always_inline void decide_on(struct question *q, enum parsed parsed,
				      struct decision *decision)
{
	struct settings *now = bpf_map_lookup_elem(&settings, &zero);

	if (!now)
		return;
	/* Once and for all: the compiler would find it anew each time. */
	q->rules = ranges_fixed(&now->rules[now->current & 1]);
	if (!find_door(q, parsed))
		return;
	q->watched = q->rules->watched;
	q->now = bpf_jiffies64();
	/* No branches: for each of two ways the rest would be verified anew. */
	q->believed = ranges_le(q->now + 1, now->lease & ~(1ULL << 63));
	q->gate &= -q->believed;
	decision->gate = q->gate;
	if (is_evasion(q->syn, parsed)) {
		decision->reason = REASON_EVASION;
		decision->action = ACTION_DROP;
		tell_refused(q, REASON_EVASION);
	} else {
		decision->reason = judge(q, decision);
	}
	if (q->rules->flags) {
		end_unusually(q, decision);
		return;
	}
	if (is_watched(q, decision->reason))
		decision->action = ACTION_PASS;
	if (q->live)
		count_and_act(q, decision);
}

/* The whole way of a frame; both programs are this. */
static __always_inline void decide(struct xdp_md *ctx, int live,
				   struct syn *syn, struct decision *decision)
{
	struct cursor cursor = {
		.data = (void *)(long)ctx->data,
		.end = (void *)(long)ctx->data_end,
	};
	struct question q = {.ctx = ctx, .live = live, .syn = syn};
	enum parsed parsed;
	__be16 protocol;

	decision->reason = REASON_MAX;
	decision->action = ACTION_PASS;
	protocol = parse_ethernet(&cursor);
	if (protocol == bpf_htons(ETH_P_IP)) {
		parsed = parse_ipv4(&cursor, syn);
		if (parsed != PARSED_OTHER)
			decide_on(&q, parsed, decision);
	} else if (protocol == bpf_htons(ETH_P_IPV6)) {
		parsed = parse_ipv6(&cursor, syn);
		if (parsed != PARSED_OTHER)
			decide_on(&q, parsed, decision);
	}
}

SEC("xdp")
int postern(struct xdp_md *ctx)
{
	struct decision decision = {};
	struct syn syn = {};

	decide(ctx, 1, &syn, &decision);
	switch (decision.action) {
	case ACTION_DROP:
		return XDP_DROP;
	case ACTION_RESET:
		return reply_with_reset(ctx, &syn);
	default:
		return XDP_PASS;
	}
}

/* Run by BPF_PROG_TEST_RUN only; writes its decision over the frame. */
SEC("xdp")
int explain(struct xdp_md *ctx)
{
	struct decision decision = {};
	struct decision *out;
	struct syn syn = {};

	decide(ctx, 0, &syn, &decision);
	out = (void *)(long)ctx->data;
	if ((void *)(out + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	*out = decision;
	return XDP_PASS;
}

/* Run by BPF_PROG_TEST_RUN only: reads both clocks at one moment. */
SEC("xdp")
int clock(struct xdp_md *ctx)
{
	struct clock_sample *out = (void *)(long)ctx->data;

	if ((void *)(out + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	out->jiffies = bpf_jiffies64();
	out->monotonic_ns = bpf_ktime_get_ns();
	return XDP_PASS;
}
