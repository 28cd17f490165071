/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes of one SYN as many as one likes: each time it is run the frame gets
 * another source address and client port, with the checksums that go with
 * them, and is sent.  KEEP4 and KEEP6 are the leading bits of the address that
 * stay; lib/storm runs it.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "GPL";

static __always_inline __sum16 changed(__sum16 sum, __be32 before, __be32 after)
{
	__s64 total = bpf_csum_diff(&before, sizeof(before), &after,
				    sizeof(after), (__u16)~sum);

	total = (total & 0xffff) + (total >> 16 & 0xffff);
	total = (total & 0xffff) + (total >> 16);
	return (__sum16)~total;
}

/* A word of an address of which the first `keep` bits stay. */
static __always_inline __be32 mixed(__be32 word, int keep)
{
	__u32 mask = keep <= 0 ? ~0U : keep >= 32 ? 0 : ~0U >> keep;

	return (word & ~bpf_htonl(mask)) |
	       (bpf_get_prandom_u32() & bpf_htonl(mask));
}

/* Below those that connect(2) chooses. */
static __always_inline void from_another_port(struct tcphdr *tcp)
{
	__be16 before = tcp->source;

	tcp->source = bpf_htons(0x4000 | (bpf_get_prandom_u32() & 0x3fff));
	tcp->check = changed(tcp->check, before, tcp->source);
}

static __always_inline int ipv4(struct iphdr *ip, void *end)
{
	struct tcphdr *tcp = (void *)(ip + 1);
	__be32 source;

	if ((void *)(tcp + 1) > end)
		return XDP_ABORTED;
	source = mixed(ip->saddr, KEEP4);
	ip->check = changed(ip->check, ip->saddr, source);
	tcp->check = changed(tcp->check, ip->saddr, source);
	ip->saddr = source;
	from_another_port(tcp);
	return XDP_TX;
}

static __always_inline int ipv6(struct ipv6hdr *ip, void *end)
{
	struct tcphdr *tcp = (void *)(ip + 1);

	if ((void *)(tcp + 1) > end)
		return XDP_ABORTED;
#pragma unroll
	for (int i = 0; i < 4; i++) {
		__be32 *word = &ip->saddr.in6_u.u6_addr32[i];
		__be32 next = mixed(*word, KEEP6 - 32 * i);

		tcp->check = changed(tcp->check, *word, next);
		*word = next;
	}
	from_another_port(tcp);
	return XDP_TX;
}

SEC("xdp") int storm(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *ethernet = (void *)(long)ctx->data;

	if ((void *)(ethernet + 1) > end)
		return XDP_ABORTED;
	if (ethernet->h_proto == bpf_htons(ETH_P_IP) &&
	    (void *)(ethernet + 1) + sizeof(struct iphdr) <= end)
		return ipv4((void *)(ethernet + 1), end);
	if (ethernet->h_proto == bpf_htons(ETH_P_IPV6) &&
	    (void *)(ethernet + 1) + sizeof(struct ipv6hdr) <= end)
		return ipv6((void *)(ethernet + 1), end);
	return XDP_ABORTED;
}
