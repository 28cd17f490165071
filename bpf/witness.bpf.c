/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sock_ops program: where a primary takes its connections on this machine,
 * tells the daemon who has completed one, so that its network is a witness.
 *
 * It is run when the last packet of a handshake has come and its numbers are
 * right, so the source has proven its address; who only sends a SYN, or forges
 * one, is never seen here.  (With TCP Fast Open it is a cookie that proves it.)
 * It changes nothing: neither the connection, nor what other programs of its
 * kind have said of it.
 */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "addr.h"
#include "shared.h"

#define GO_ON 1 /* 0 would take back what others have answered */

char _license[] SEC("license") = "GPL";

/*
 * The cookie of the daemon's network namespace, for the program sees those of
 * all.  0: this kernel can't tell (before 5.15), and addresses alone decide.
 */
const volatile __u64 own_netns;

/* These three are the XDP program's: the loader sees to it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct settings);
} settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, KNOWN_NETWORKS_MAX);
	__type(key, struct addr);
	__type(value, struct network);
} networks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, EVENTS_ROOM);
} events SEC(".maps");

/* What was spent of the second that began at `start`, on one CPU. */
struct arrivals {
	__u64 start; /* jiffies */
	__u64 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct arrivals);
} arrivals SEC(".maps");

static const __u32 zero;

/*
 * Verifiers want each word of the context loaded by itself, from an address
 * that is not computed.  The compiler would load two words at once, unless they
 * are volatile, and have one load for both families, unless it can't see that
 * theirs are alike.
 */
static __always_inline __be32 opaque(__be32 word)
{
	asm volatile("" : "+r"(word));
	return word;
}

static __always_inline struct addr
local_of(const volatile struct bpf_sock_ops *ctx)
{
	struct addr local;

	if (ctx->family == AF_INET)
		put_ipv4(&local, opaque(ctx->local_ip4));
	else
		put_ipv6(&local, ctx->local_ip6[0], ctx->local_ip6[1],
			 ctx->local_ip6[2], ctx->local_ip6[3]);
	return local;
}

static __always_inline struct addr
remote_of(const volatile struct bpf_sock_ops *ctx)
{
	struct addr remote;

	if (ctx->family == AF_INET)
		put_ipv4(&remote, opaque(ctx->remote_ip4));
	else
		put_ipv6(&remote, ctx->remote_ip6[0], ctx->remote_ip6[1],
			 ctx->remote_ip6[2], ctx->remote_ip6[3]);
	return remote;
}

static __always_inline int is_equal(const struct addr *a, const struct addr *b)
{
	__u64 one[2], other[2];

	__builtin_memcpy(one, a, sizeof(one));
	__builtin_memcpy(other, b, sizeof(other));
	return one[0] == other[0] && one[1] == other[1];
}

static __always_inline int is_primary(const struct rules *rules,
				      const struct addr *local, __be16 port)
{
	for (__u32 i = 0; i < PRIMARIES_HERE_MAX; i++) {
		if (i >= rules->here_count)
			return 0;
		if (rules->here[i].port == port &&
		    is_equal(&rules->here[i].address, local))
			return 1;
	}
	return 0;
}

static __always_inline int is_ipv4(const struct addr *addr)
{
	__u32 words[4];

	__builtin_memcpy(words, addr, sizeof(words));
	return !words[0] && !words[1] && words[2] == bpf_htonl(0xffff);
}

/* Not to be told of again before it is about to end. */
static __always_inline int is_known(const struct rules *rules,
				    const struct addr *source, __u64 now)
{
	const struct network *network;
	struct addr key = *source;

	if (is_ipv4(source))
		key.octets[15] = 0;
	else
		__builtin_memset(&key.octets[8], 0, 8);
	network = bpf_map_lookup_elem(&networks, &key);
	return network && network->witness > now + rules->witness_fresh;
}

static __always_inline int is_within_budget(const struct rules *rules,
					    __u64 now)
{
	struct arrivals *spent = bpf_map_lookup_elem(&arrivals, &zero);

	if (!spent)
		return 0;
	if (now - spent->start >= rules->second) {
		spent->start = now;
		spent->count = 0;
	}
	return spent->count++ < rules->arrivals_per_cpu;
}

static __always_inline void tell(const struct addr *source,
				 const struct addr *local)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event)
		return;
	event->source = *source;
	event->kind = EVENT_AT_PRIMARY;
	event->destination = *local;
	event->reason = REASON_MAX;
	bpf_ringbuf_submit(event, 0);
}

static __always_inline void on_arrival(struct bpf_sock_ops *ctx)
{
	const struct settings *now = bpf_map_lookup_elem(&settings, &zero);
	const struct rules *rules;
	struct addr local, source;
	__u64 jiffies;

	if (!now)
		return;
	rules = &now->rules[now->current & 1];
	if (!rules->here_count)
		return;
	if (own_netns && bpf_get_netns_cookie(ctx) != own_netns)
		return;
	local = local_of(ctx);
	if (!is_primary(rules, &local, bpf_htons((__u16)ctx->local_port)))
		return;
	source = remote_of(ctx);
	jiffies = bpf_jiffies64();
	/* Without a lease nobody reads what is told. */
	if (jiffies < now->lease && !is_equal(&source, &local) &&
	    !is_known(rules, &source, jiffies) &&
	    is_within_budget(rules, jiffies))
		tell(&source, &local);
}

SEC("sockops")
int witness(struct bpf_sock_ops *ctx)
{
	if (ctx->op == BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB)
		on_arrival(ctx);
	return GO_ON;
}
