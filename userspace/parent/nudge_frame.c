/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bare ACK, byte for byte. */

#include "parent/nudge_frame.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <string.h>

#define TTL    64
#define WINDOW 64240

/* Far from what the client could have sent: beyond any window. */
#define NUMBER_OFFSET 0x40000000U
#define NUMBER_MASK   0x0fffffffU

static uint32_t sum(const void *at, size_t octets, uint32_t start)
{
	const uint8_t *octet = at;
	uint32_t total = start;

	for (size_t i = 0; i + 1 < octets; i += 2)
		/* The analyser loses sight of the header's bit fields. */
		/* NOLINTNEXTLINE(clang-analyzer-core.Undefined*) */
		total += ((uint32_t)octet[i] << 8) | octet[i + 1];
	return total;
}

static uint16_t fold(uint32_t total)
{
	total = (total & 0xffff) + (total >> 16);
	total = (total & 0xffff) + (total >> 16);
	return htons((uint16_t)~total);
}

static struct tcphdr make_tcp(const struct hold *hold, uint32_t number)
{
	return (struct tcphdr){
		.source = hold->port,
		.dest = hold->client_port,
		.seq = htonl(number),
		.ack_seq = htonl(ntohl(hold->sequence) + NUMBER_OFFSET +
				 (number & NUMBER_MASK)),
		.doff = sizeof(struct tcphdr) / 4,
		.ack = 1,
		.window = htons(WINDOW),
	};
}

/* `addresses`: source and destination, one after the other, as they stand. */
static void put_tcp(uint8_t *at, struct tcphdr tcp, const void *addresses,
		    size_t octets)
{
	uint32_t total = sum(addresses, octets, IPPROTO_TCP + sizeof(tcp));

	tcp.check = fold(sum(&tcp, sizeof(tcp), total));
	memcpy(at, &tcp, sizeof(tcp));
}

static size_t put_ipv4(uint8_t *at, const struct hold *hold,
		       const struct addr *source, uint32_t number)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = sizeof(ip) / 4,
		.tot_len = htons(sizeof(ip) + sizeof(struct tcphdr)),
		.frag_off = htons(0x4000),
		.ttl = TTL,
		.protocol = IPPROTO_TCP,
		.saddr = addr_to_ipv4(&hold->destination).s_addr,
		.daddr = addr_to_ipv4(source).s_addr,
	};

	ip.check = fold(sum(&ip, sizeof(ip), 0));
	memcpy(at, &ip, sizeof(ip));
	put_tcp(at + sizeof(ip), make_tcp(hold, number),
		at + offsetof(struct iphdr, saddr), 2 * sizeof(ip.saddr));
	return sizeof(ip) + sizeof(struct tcphdr);
}

static size_t put_ipv6(uint8_t *at, const struct hold *hold,
		       const struct addr *source, uint32_t number)
{
	struct ipv6hdr ip = {
		.version = 6,
		.payload_len = htons(sizeof(struct tcphdr)),
		.nexthdr = IPPROTO_TCP,
		.hop_limit = TTL,
	};

	memcpy(&ip.saddr, &hold->destination, sizeof(ip.saddr));
	memcpy(&ip.daddr, source, sizeof(ip.daddr));
	memcpy(at, &ip, sizeof(ip));
	put_tcp(at + sizeof(ip), make_tcp(hold, number),
		at + offsetof(struct ipv6hdr, saddr), 2 * sizeof(ip.saddr));
	return sizeof(ip) + sizeof(struct tcphdr);
}

/* The way back: the stations change places, tags and type stay. */
static void put_link(uint8_t *at, const struct hold *hold)
{
	memcpy(at, hold->link, hold->link_length);
	memcpy(at, hold->link + ETH_ALEN, ETH_ALEN);
	memcpy(at + ETH_ALEN, hold->link, ETH_ALEN);
}

size_t nudge_frame(const struct hold *hold, const struct addr *source,
		   uint32_t number, uint8_t frame[static NUDGE_FRAME_MAX])
{
	size_t link = hold->link_length;

	if (link < ETH_HLEN || link > LINK_HEADER_MAX || hold->port == 0 ||
	    addr_family(source) != addr_family(&hold->destination))
		return 0;
	put_link(frame, hold);
	if (addr_family(source) == FAMILY_IPV4)
		return link + put_ipv4(frame + link, hold, source, number);
	return link + put_ipv6(frame + link, hold, source, number);
}
