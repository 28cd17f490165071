/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sk_lookup program: gives connections that the XDP program has deferred
 * to the doorman's listening socket instead of the MTA's.
 *
 * It is run where a listener is looked for, so packets of connections never
 * come here, but for the last one of a handshake with SYN cookies.  A doorman
 * that is dead has no socket any more, and one that hangs no lease: then the
 * MTA gets the connection, as if this program were not there.
 */
#include <linux/bpf.h>
#include <linux/in.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "addr.h"
#include "shared.h"

char _license[] SEC("license") = "GPL";

/* These two are the XDP program's: the loader sees to it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct settings);
} settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, DEFERRED_MAX);
	__type(key, struct flow);
	__type(value, struct deferral);
} deferred SEC(".maps");

/* The listening sockets, by enum family; they leave it when they are closed. */
struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, FAMILY_MAX);
	__type(key, __u32);
	__type(value, __u64);
} doorman SEC(".maps");

static const __u32 zero;

static __always_inline int is_port(const struct rules *rules, __be16 port)
{
	for (__u32 i = 0; i < PORTS_MAX; i++) {
		if (i >= rules->port_count)
			return 0;
		if (rules->ports[i] == port)
			return 1;
	}
	return 0;
}

static __always_inline void flow_of(const struct bpf_sk_lookup *ctx,
				    struct flow *flow)
{
	if (ctx->family == AF_INET) {
		put_ipv4(&flow->source, ctx->remote_ip4);
		put_ipv4(&flow->destination, ctx->local_ip4);
	} else {
		put_ipv6(&flow->source, ctx->remote_ip6[0], ctx->remote_ip6[1],
			 ctx->remote_ip6[2], ctx->remote_ip6[3]);
		put_ipv6(&flow->destination, ctx->local_ip6[0],
			 ctx->local_ip6[1], ctx->local_ip6[2],
			 ctx->local_ip6[3]);
	}
	flow->client_port = ctx->remote_port;
	flow->port = bpf_htons((__u16)ctx->local_port);
}

/* Returns 0 when there is no doorman. */
static __always_inline int hand_over(struct bpf_sk_lookup *ctx)
{
	__u32 family = ctx->family == AF_INET ? FAMILY_IPV4 : FAMILY_IPV6;
	struct bpf_sock *socket = bpf_map_lookup_elem(&doorman, &family);
	long error;

	if (!socket)
		return 0;
	error = bpf_sk_assign(ctx, socket, BPF_SK_LOOKUP_F_REPLACE);
	bpf_sk_release(socket);
	return error == 0;
}

SEC("sk_lookup")
int steer(struct bpf_sk_lookup *ctx)
{
	const struct deferral *deferral;
	const struct settings *now;
	struct flow flow;
	__u64 jiffies;

	if (ctx->protocol != IPPROTO_TCP)
		return SK_PASS;
	now = bpf_map_lookup_elem(&settings, &zero);
	if (!now || !is_port(&now->rules[now->current & 1],
			     bpf_htons((__u16)ctx->local_port)))
		return SK_PASS;
	flow_of(ctx, &flow);
	deferral = bpf_map_lookup_elem(&deferred, &flow);
	jiffies = bpf_jiffies64();
	if (!deferral || jiffies >= deferral->until)
		return SK_PASS;
	if (jiffies < now->lease && hand_over(ctx))
		return SK_PASS;
	/* Nobody is at the door.  A listing stays in force, and is refused. */
	return deferral->reason == REASON_LISTED ? SK_DROP : SK_PASS;
}
