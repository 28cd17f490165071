/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Turns the frame of a SYN into the RST that refuses it (RFC 9293, 3.10.7.1):
 * sequence 0, acknowledging all that came.  Its headers are made anew, without
 * options, so that it is never larger than what came.
 */
#ifndef POSTERN_REPLY_H
#define POSTERN_REPLY_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "parse.h"

#define REPLY_TTL 64

struct reply_ipv4 {
	struct iphdr ip;
	struct tcphdr tcp;
};

struct reply_ipv6 {
	struct ipv6hdr ip;
	struct tcphdr tcp;
};

/* Adds up 32-bit words, in any byte order: RFC 1071. */
static __always_inline __u64 reply_sum(const void *at, int words, __u64 sum)
{
	const __u32 *word = at;

#pragma unroll
	for (int i = 0; i < words; i++)
		sum += word[i];
	return sum;
}

static __always_inline __u16 reply_fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

static __always_inline void reply_tcp(struct tcphdr *to, const struct tcp *from,
				      __u32 size)
{
	__u32 header = tcp_header(from);
	__u32 data = size > header ? size - header : 0;

	__builtin_memset(to, 0, sizeof(*to));
	to->source = from->destination;
	to->dest = from->source;
	to->ack_seq = bpf_htonl(bpf_ntohl(from->sequence) + 1 + data);
	to->doff = sizeof(*to) / 4;
	to->rst = 1;
	to->ack = 1;
}

/* The pseudo header's length and protocol, as one word (RFC 9293, 3.1). */
static __always_inline __u64 reply_pseudo(void)
{
	return bpf_htonl((IPPROTO_TCP << 16) | sizeof(struct tcphdr));
}

/* In the place of the header that came, whose addresses it has. */
static __always_inline void reply_fill_ipv4(struct reply_ipv4 *reply,
					    const struct tcp *tcp, __u32 size)
{
	__be32 source = reply->ip.saddr, destination = reply->ip.daddr;

	__builtin_memset(reply, 0, sizeof(*reply));
	reply->ip.version = 4;
	reply->ip.ihl = sizeof(reply->ip) / 4;
	reply->ip.tot_len = bpf_htons(sizeof(*reply));
	reply->ip.frag_off = bpf_htons(0x4000); /* never to be fragmented */
	reply->ip.ttl = REPLY_TTL;
	reply->ip.protocol = IPPROTO_TCP;
	reply->ip.saddr = destination;
	reply->ip.daddr = source;
	reply->ip.check =
		reply_fold(reply_sum(&reply->ip, sizeof(reply->ip) / 4, 0));
	reply_tcp(&reply->tcp, tcp, size);
	reply->tcp.check = reply_fold(
		reply_sum(&reply->tcp, sizeof(reply->tcp) / 4,
			  reply_sum(&reply->ip.saddr, 2, reply_pseudo())));
}

static __always_inline void reply_fill_ipv6(struct reply_ipv6 *reply,
					    const struct tcp *tcp, __u32 size)
{
	struct in6_addr source = reply->ip.saddr;
	struct in6_addr destination = reply->ip.daddr;

	__builtin_memset(reply, 0, sizeof(*reply));
	reply->ip.version = 6;
	reply->ip.payload_len = bpf_htons(sizeof(reply->tcp));
	reply->ip.nexthdr = IPPROTO_TCP;
	reply->ip.hop_limit = REPLY_TTL;
	reply->ip.saddr = destination;
	reply->ip.daddr = source;
	reply_tcp(&reply->tcp, tcp, size);
	reply->tcp.check = reply_fold(
		reply_sum(&reply->tcp, sizeof(reply->tcp) / 4,
			  reply_sum(&reply->ip.saddr, 8, reply_pseudo())));
}

static __always_inline void reply_turn(struct ethhdr *ethernet)
{
	unsigned char address[ETH_ALEN];

	__builtin_memcpy(address, ethernet->h_dest, ETH_ALEN);
	__builtin_memcpy(ethernet->h_dest, ethernet->h_source, ETH_ALEN);
	__builtin_memcpy(ethernet->h_source, address, ETH_ALEN);
}

/*
 * Returns XDP_TX with the reply in place, or XDP_DROP where there can be none
 * (a frame of several buffers).
 */
static __always_inline int reply_with_reset(struct xdp_md *ctx,
					    const struct syn *syn)
{
	__u32 link = (__u32)syn->link_length & 31;
	const struct tcp *found = find_tcp(ctx, syn);
	__u32 size = link;
	void *data, *end;
	struct tcp tcp;
	__u64 came;

	if (!found)
		return XDP_DROP;
	tcp = *found;
	size += syn->family == FAMILY_IPV4 ? sizeof(struct reply_ipv4)
					   : sizeof(struct reply_ipv6);
	came = ctx->data_end - ctx->data;
	if (came < syn->transport + syn->size ||
	    bpf_xdp_adjust_tail(ctx, (int)size - (int)came))
		return XDP_DROP;
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if (data + sizeof(struct ethhdr) > end)
		return XDP_DROP;
	reply_turn(data);
	data += link;
	if (syn->family == FAMILY_IPV4) {
		if (data + sizeof(struct reply_ipv4) > end)
			return XDP_DROP;
		reply_fill_ipv4(data, &tcp, syn->size);
	} else {
		if (data + sizeof(struct reply_ipv6) > end)
			return XDP_DROP;
		reply_fill_ipv6(data, &tcp, syn->size);
	}
	return XDP_TX;
}

#endif
