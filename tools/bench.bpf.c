/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the bench needs besides the programs that it measures.
 * BPF_PROG_TEST_RUN repeats one frame, so these programs give it another
 * source each time, from those prepared in a map.
 *
 *   pick_*	and goes on with the program in `subject`, by a tail call to a
 *		fixed slot, which is a direct jump
 *   send	and sends it to an interface
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <bpf/bpf_helpers.h>

#include "bench_shared.h"

char _license[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct bench_sources_ipv4);
} sources_ipv4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BENCH_SOURCES);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct addr);
} sources_ipv6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} subject SEC(".maps");

__u32 position;	    /* of the next source */
__u32 send_to;	    /* the index of an interface */
__u32 send_partial; /* the sum of IPv4's header without its source */

static __always_inline __u32 next(void)
{
	return position++ & (BENCH_SOURCES - 1);
}

static __always_inline struct iphdr *set_source(struct xdp_md *ctx)
{
	struct iphdr *ip = (void *)(long)ctx->data + sizeof(struct ethhdr);
	const struct bench_sources_ipv4 *sources;
	__u32 zero = 0;

	sources = bpf_map_lookup_elem(&sources_ipv4, &zero);
	if (!sources || (void *)(ip + 1) > (void *)(long)ctx->data_end)
		return 0;
	ip->saddr = sources->at[next()];
	return ip;
}

SEC("xdp")
int pick_ipv4(struct xdp_md *ctx)
{
	if (set_source(ctx))
		bpf_tail_call(ctx, &subject, 0);
	return XDP_ABORTED;
}

SEC("xdp")
int pick_ipv6(struct xdp_md *ctx)
{
	struct ipv6hdr *ip = (void *)(long)ctx->data + sizeof(struct ethhdr);
	const struct addr *source;
	__u32 index = next();

	source = bpf_map_lookup_elem(&sources_ipv6, &index);
	if (!source || (void *)(ip + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	__builtin_memcpy(&ip->saddr, source, sizeof(ip->saddr));
	bpf_tail_call(ctx, &subject, 0);
	return XDP_ABORTED;
}

/* The stack wants its checksum right. */
SEC("xdp")
int send(struct xdp_md *ctx)
{
	struct iphdr *ip = set_source(ctx);
	__u32 sum;

	if (!ip)
		return XDP_ABORTED;
	sum = send_partial + (ip->saddr & 0xffff) + (ip->saddr >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	ip->check = (__u16)~sum;
	return send_to ? bpf_redirect(send_to, 0) : XDP_DROP;
}

SEC("xdp")
int pass(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

SEC("xdp")
int drop(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_DROP;
}
