/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The XDP program: parse, decide, count, act.  Its twin `explain` decides the
 * same way without a trace: no hold, no event, no count.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "parse.h"
#include "ranges.h"
#include "reply.h"
#include "shared.h"

char _license[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct settings);
} settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1); /* dnsbl.cache: the loader sets it */
	__type(key, struct addr);
	__type(value, struct source_verdict);
} verdicts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, PENDING_MAX);
	__type(key, struct addr);
	__type(value, struct hold);
} pending SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counters);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LISTS_MAX);
	__type(key, __u32);
	__type(value, struct list_counters);
} list_counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cpu_budget);
} budgets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, REPLY_NETWORKS_MAX);
	__type(key, struct addr);
	__type(value, struct reply_budget);
} replies SEC(".maps");

/* What one judgement needs to know. */
struct question {
	struct xdp_md *ctx;
	const struct rules *rules;
	const struct syn *syn;
	__u64 now; /* jiffies */
	__u32 door;
	enum gate gate;
	int believed; /* the lease has not run out */
	int live;     /* 0: leave no trace */
};

static const __u32 zero;

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
	event->source = q->syn->source;
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

/* Two tags at most stand before the headers, which are longer than these. */
static __always_inline void describe(const struct question *q,
				     struct hold *hold)
{
	void *data = (void *)(long)q->ctx->data;

	__builtin_memset(hold, 0, sizeof(*hold));
	hold->since = q->now;
	hold->asked = q->now;
	hold->destination = q->syn->destination;
	hold->ifindex = q->ctx->ingress_ifindex;
	hold->sequence = q->syn->sequence;
	hold->port = q->syn->port;
	hold->client_port = q->syn->client_port;
	if (data + LINK_HEADER_MAX > (void *)(long)q->ctx->data_end)
		return;
	hold->link_length = q->syn->link_length;
	__builtin_memcpy(hold->link, data, LINK_HEADER_MAX);
}

/*
 * Holds a new source, which is asked for at the same time.  Who can't be
 * asked for is not held either: that would be a delay for nothing.
 */
static __always_inline enum reason hold_new(const struct question *q)
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
	if (bpf_map_update_elem(&pending, &q->syn->source, &hold, BPF_ANY)) {
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
	struct hold *hold;
	__u64 age;

	hold = bpf_map_lookup_elem(&pending, &q->syn->source);
	if (!hold)
		return hold_new(q);
	age = q->now - hold->since;
	if (age <= q->rules->hold_limit) {
		if (q->live)
			ask_again(q, hold);
		return REASON_HELD;
	}
	if (age <= q->rules->hold_limit + q->rules->hold_memory)
		return REASON_LATE;
	return hold_new(q);
}

/* The verdict of the host, or else of its /64, as long as it is valid. */
static __always_inline struct source_verdict *
find_verdict(const struct question *q)
{
	struct source_verdict *verdict;
	struct addr network;

	verdict = bpf_map_lookup_elem(&verdicts, &q->syn->source);
	if (verdict && q->now < verdict->expires)
		return verdict;
	if (q->syn->family == FAMILY_IPV4)
		return 0;
	network = q->syn->source;
	__builtin_memset(&network.octets[8], 0, 8);
	verdict = bpf_map_lookup_elem(&verdicts, &network);
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
	struct hold *hold;

	if (!q->live || q->now >= verdict->watch)
		return;
	verdict->watch = 0;
	hold = bpf_map_lookup_elem(&pending, &q->syn->source);
	if (hold && !hold->back)
		hold->back = q->now;
}

static __always_inline enum reason by_verdict(const struct question *q,
					      struct source_verdict *verdict)
{
	refresh(q, verdict);
	watch(q, verdict);
	switch (verdict->verdict) {
	case VERDICT_LISTED:
		return REASON_LISTED;
	case VERDICT_CLEAN:
		return REASON_CLEAN;
	default:
		return REASON_UNKNOWN;
	}
}

static __always_inline enum reason by_list(const struct question *q, __u32 id,
					   const struct list *list)
{
	struct list_counters *counter;

	if (q->live) {
		counter = bpf_map_lookup_elem(&list_counters, &id);
		if (counter && q->syn->family == FAMILY_IPV4)
			counter->ipv4++;
		else if (counter)
			counter->ipv6++;
	}
	switch (list->kind) {
	case LIST_ALLOW:
		return REASON_ALLOWED;
	case LIST_BLOCK:
		return REASON_BLOCKED;
	default:
		return REASON_FEED;
	}
}

static __always_inline enum reason by_gate(const struct question *q)
{
	if (q->live)
		tell(q, EVENT_BYPASS);
	return REASON_BYPASS;
}

/* Is this one decided and counted, but not enforced? */
static __always_inline int is_watched(const struct question *q,
				      enum reason reason)
{
	return q->rules->watched & REASON_BIT(reason);
}

/* What is left when neither a list nor the gate decides. */
static __always_inline enum reason by_knowledge(const struct question *q,
						struct source_verdict *verdict)
{
	if (verdict)
		return by_verdict(q, verdict);
	if (!q->believed)
		return REASON_STALE;
	if (q->rules->unknown == UNKNOWN_HOLD)
		return hold(q);
	if (q->live)
		tell(q, EVENT_UNKNOWN);
	return REASON_UNKNOWN;
}

static __always_inline enum reason judge(const struct question *q,
					 struct decision *decision)
{
	struct source_verdict *verdict;
	const struct list *list;
	enum reason reason, by_watched = REASON_MAX;
	int closed, watched;

	list = ranges_lookup(q->syn->family, &q->syn->source, &decision->list);
	if (list && list->kind != LIST_NONE &&
	    (!list->expires || q->now < list->expires)) {
		reason = by_list(q, decision->list, list);
		decision->action = list->action;
		/* Some feeds are only counted, and the way goes on. */
		if (is_watched(q, reason))
			by_watched = reason;
		else if (reason != REASON_FEED || list->action != ACTION_PASS)
			return reason;
	} else {
		decision->list = 0;
	}
	closed = q->believed && q->gate == GATE_CLOSED;
	/* What is only watched must not hide what else is refused. */
	watched = closed && is_watched(q, REASON_BYPASS);
	closed = closed && !watched;
	/* With `drop` the outcome is the same, without the lookup. */
	if (closed && q->rules->bypass == ACTION_DROP)
		return by_gate(q);
	verdict = find_verdict(q);
	if (verdict) {
		decision->verdict = verdict->verdict;
		decision->score = verdict->score;
		decision->expires = verdict->expires;
	}
	if (closed && (decision->verdict != VERDICT_LISTED ||
		       is_watched(q, REASON_LISTED)))
		return by_gate(q);
	reason = by_knowledge(q, verdict);
	if (reason >= REASON_HELD && !is_watched(q, reason))
		return reason;
	if (by_watched != REASON_MAX)
		return by_watched;
	return watched ? by_gate(q) : reason;
}

/* What is done for a reason; decision->action is that of the list. */
static __always_inline enum action act_on(const struct question *q,
					  const struct decision *decision)
{
	if (decision->reason < REASON_HELD || q->rules->monitor ||
	    is_watched(q, decision->reason))
		return ACTION_PASS;
	switch (decision->reason) {
	case REASON_BYPASS:
		return q->rules->bypass;
	case REASON_LISTED:
		return q->rules->listed;
	case REASON_BLOCKED:
	case REASON_FEED:
		return decision->action;
	default:
		return ACTION_DROP;
	}
}

/*
 * Whether one more packet may go to the network of a source that has proven
 * nothing; else a forged SYN would make us send to whom others choose.
 */
static __always_inline int may_reply(const struct question *q)
{
	struct cpu_budget *budget = budget_now(q);
	struct reply_budget fresh = {.start = q->now, .count = 1};
	struct addr network = q->syn->source;
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

static __always_inline void count(const struct question *q, enum reason reason)
{
	struct counters *all = bpf_map_lookup_elem(&counters, &zero);
	__u64 *of_family;

	if (!all || reason >= REASON_MAX)
		return;
	of_family = q->syn->family == FAMILY_IPV4 ? &all->ipv4.allowed
						  : &all->ipv6.allowed;
	of_family[reason]++;
}

/*
 * Which door, and its gate, are read inside the loop: an index that is used
 * after it would make the verifier go on once for each of its values.
 */
static __always_inline int find_ipv4(struct question *q)
{
	const struct rules *rules = q->rules;
	__be32 want;

	__builtin_memcpy(&want, &q->syn->destination.octets[12], sizeof(want));
	for (__u32 i = 0; i < DOORS_MAX; i++) {
		if (i >= rules->ipv4_count)
			return 0;
		if (rules->ipv4[i].address == want) {
			q->door = i;
			q->gate = rules->ipv4[i].gate;
			return 1;
		}
	}
	return 0;
}

static __always_inline int find_ipv6(struct question *q)
{
	const struct rules *rules = q->rules;
	__u64 want[2], have[2];

	__builtin_memcpy(want, &q->syn->destination, sizeof(want));
	for (__u32 i = 0; i < DOORS_MAX; i++) {
		if (i >= rules->ipv6_count)
			return 0;
		__builtin_memcpy(have, &rules->ipv6[i].address, sizeof(have));
		if (have[0] == want[0] && have[1] == want[1]) {
			q->door = i;
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
static __always_inline int find_door(struct question *q)
{
	if (!q->syn->port_hidden && !is_port(q))
		return 0;
	return q->syn->family == FAMILY_IPV4 ? find_ipv4(q) : find_ipv6(q);
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
	struct settings *now;
	enum parsed parsed;

	decision->reason = REASON_MAX;
	decision->action = ACTION_PASS;
	parsed = parse(&cursor, syn);
	if (parsed == PARSED_OTHER)
		return;
	now = bpf_map_lookup_elem(&settings, &zero);
	if (!now)
		return;
	q.rules = &now->rules[now->current & 1];
	if (!find_door(&q))
		return;
	q.now = bpf_jiffies64();
	q.believed = q.now < now->lease;
	decision->gate = q.believed ? q.gate : GATE_OPEN;
	decision->reason =
		parsed == PARSED_EVASION ? REASON_EVASION : judge(&q, decision);
	decision->action = act_on(&q, decision);
	if (!live)
		return;
	count(&q, decision->reason);
	if (decision->action == ACTION_RESET && !may_reply(&q))
		decision->action = ACTION_DROP;
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
