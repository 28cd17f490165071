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

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, DEFERRED_MAX);
	__type(key, struct flow);
	__type(value, struct deferral);
} deferred SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, KNOWN_NETWORKS_MAX);
	__type(key, struct addr);
	__type(value, struct network);
} networks SEC(".maps");

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

/* The list that the source is on, and how far that decides. */
struct listing {
	__u32 id; /* 0: on none */
	enum list_kind kind;
	enum action action;
};

static __always_inline struct listing find_list(const struct question *q)
{
	struct listing listing = {0};
	const struct list *list;
	__u32 id;

	if (q->syn->family == FAMILY_IPV4)
		list = ranges_lookup_ipv4(q->syn->source.ipv4, &id);
	else
		list = ranges_lookup_ipv6(q->syn->source.ipv6, &id);
	/* Without a deadline it is 0, less one the last moment there is. */
	if (!list || q->now > list->expires - 1)
		return listing;
	listing.id = id;
	listing.kind = list->kind;
	listing.action = list->action;
	return listing;
}

static __always_inline void count_list(const struct question *q, __u32 id)
{
	struct list_counters *counter;
	__u64 *of_family;

	if (!q->live)
		return;
	counter = bpf_map_lookup_elem(&list_counters, &id);
	if (!counter)
		return;
	of_family =
		q->syn->family == FAMILY_IPV4 ? &counter->ipv4 : &counter->ipv6;
	/* Not for those on none, but without a branch. */
	*of_family += ranges_le(1, id);
}

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
 * The budget first, and not the other way round, as the compiler would: once
 * it is spent, nothing depends on the reason.
 */
static __always_inline void knock(const struct question *q, enum reason reason)
{
	struct cpu_budget *budget;

	if (!q->live)
		return;
	budget = budget_now(q);
	if (!budget || budget->knocks >= q->rules->knocks_per_cpu)
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

/* What a list says; REASON_MAX where the way goes on. */
static __always_inline enum reason by_list(const struct question *q,
					   const struct listing *listing,
					   struct decision *decision)
{
	if (listing->kind == LIST_NONE)
		return REASON_MAX;
	count_list(q, listing->id);
	if (listing->kind == LIST_ALLOW)
		return REASON_ALLOWED;
	/* Some feeds are only counted. */
	if (listing->kind == LIST_FEED && listing->action == ACTION_PASS)
		return REASON_MAX;
	decision->action = listing->action;
	return listing->kind == LIST_BLOCK ? REASON_BLOCKED : REASON_FEED;
}

/* Is this one decided and counted, but not enforced? */
static __always_inline int is_watched(const struct question *q,
				      enum reason reason)
{
	return q->rules->watched & REASON_BIT(reason);
}

/* While the primary is in doubt, nobody is told of a refusal: it may end. */
static __always_inline int is_doubted(const struct question *q)
{
	return q->gate == GATE_DOUBTED && q->rules->bypass != ACTION_DROP &&
	       !is_watched(q, REASON_BYPASS);
}

static __always_inline enum reason at_gate(const struct question *q)
{
	int doubted = is_doubted(q);
	struct hold *hold;

	if (!q->live)
		return doubted ? REASON_HELD : REASON_BYPASS;
	hold = find_knock(q);
	if (!hold)
		return knock_new(q) == 0 && doubted ? REASON_HELD
						    : REASON_BYPASS;
	tell(q, EVENT_BYPASS);
	return doubted && q->now - hold->since <= q->rules->hold_limit
		       ? REASON_HELD
		       : REASON_BYPASS;
}

static __always_inline enum reason by_gate(const struct question *q,
					   struct decision *decision)
{
	enum reason reason = at_gate(q);

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

/* Returns why, and sets what is done where that is not to let it in. */
static __always_inline enum reason judge(const struct question *q,
					 struct decision *decision)
{
	enum reason reason, by_watched = REASON_MAX;
	struct listing listing = find_list(q);
	struct source_verdict *verdict;
	int closed, watched, witness;

	decision->list = listing.id;
	closed = q->gate != GATE_OPEN;
	/* With `drop` the outcome is the same, without the lookup. */
	if (closed && q->rules->bypass == ACTION_DROP && !q->rules->watched &&
	    !q->rules->networks)
		return by_closed_gate(q, &listing, decision);
	reason = by_list(q, &listing, decision);
	/* What is only watched must not hide what else is refused. */
	if (is_watched(q, reason))
		by_watched = reason;
	else if (reason != REASON_MAX)
		return reason;
	witness = closed && is_witness(q);
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
	return watched ? by_gate(q, decision) : reason;
}

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
 * Which door, and its gate, are read inside the loop: an index that is used
 * after it would make the verifier go on once for each of its values.
 */
static __always_inline int find_ipv4(struct question *q)
{
	const struct rules *rules = q->rules;

	for (__u32 i = 0; i < DOORS_MAX; i++) {
		if (i >= rules->ipv4_count)
			return 0;
		if (rules->ipv4[i].address == q->syn->destination.ipv4) {
			q->door = i;
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
	q->now = bpf_jiffies64();
	/* No branches: for each of two ways the rest would be verified anew. */
	q->believed = ranges_le(q->now + 1, now->lease & ~(1ULL << 63));
	q->gate &= -q->believed;
	decision->gate = q->gate;
	if (is_evasion(q->syn, parsed)) {
		decision->reason = REASON_EVASION;
		decision->action = ACTION_DROP;
	} else {
		decision->reason = judge(q, decision);
	}
	if (q->rules->monitor || is_watched(q, decision->reason))
		decision->action = ACTION_PASS;
	if (!q->live)
		return;
	count(q, decision->reason);
	decision->action = carry_out(q, decision);
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
