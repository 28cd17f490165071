/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a frame to the initial SYN that it may carry: who sends it, to which
 * address and port.  One inline function a header, each with its own bounds
 * check, no map.  Everything that is not TCP or starts no connection leaves
 * at once.
 *
 * A malformed packet is none of our business (the stack drops it), unless it
 * is made to slip a SYN past a filter.
 */
#ifndef POSTERN_PARSE_H
#define POSTERN_PARSE_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>

#include "shared.h"

#define VLAN_TAGS_MAX	    2
#define EXTENSIONS_MAX	    8
#define FRAGMENT_OFFSET	    0x1fff
#define FRAGMENT_MORE	    0x2000
#define IPV6_FRAGMENT_SHIFT 3
#define IPV6_FRAGMENT_MORE  1

enum parsed {
	PARSED_OTHER,	/* none of our business */
	PARSED_SYN,	/* to be judged, if it is for us */
	PARSED_EVASION, /* made to slip past filters, if it is for us */
};

struct syn {
	struct addr source;
	struct addr destination;
	enum family family;
	__be16 port;
	int port_hidden; /* by an evasion */
	__be16 client_port;
	__be32 sequence;
	__u32 data_length;   /* of the TCP segment */
	__u32 link_length;   /* of Ethernet and its tags */
	__u32 packet_length; /* of IP, from its header on */
};

/*
 * An offset, not a pointer, says how far we are: where paths of the program
 * meet, the verifier then finds the same state, and goes on only once.
 */
struct cursor {
	void *data;
	void *end;
	__u64 offset;
};

/* Headers further back than this are not looked at. */
#define HEADERS_MAX 1023

struct vlan_tag {
	__be16 control;
	__be16 protocol;
};

struct tcp_ports {
	__be16 source;
	__be16 destination;
};

struct ipv6_extension {
	__u8 next;
	__u8 length; /* in units of 8 octets, without the first (AH: of 4) */
};

struct ipv6_fragment {
	__u8 next;
	__u8 reserved;
	__be16 offset;
	__be32 id;
};

/* How much of a datagram a packet carries. */
enum part {
	PART_WHOLE,
	PART_FIRST,
};

/* The next `size` octets; 0: the frame has not that many. */
static __always_inline void *peek(const struct cursor *cursor, __u64 size)
{
	__u64 offset = cursor->offset;
	void *at;

	if (offset > HEADERS_MAX)
		return 0;
	at = cursor->data + offset;
	return at + size > cursor->end ? 0 : at;
}

static __always_inline void *take(struct cursor *cursor, __u64 size)
{
	void *at = peek(cursor, size);

	if (at)
		cursor->offset += size;
	return at;
}

/* Returns the protocol behind Ethernet and its VLAN tags; 0: truncated. */
static __always_inline __be16 parse_ethernet(struct cursor *cursor)
{
	struct ethhdr *ethernet = take(cursor, sizeof(*ethernet));
	struct vlan_tag *tag;
	__be16 protocol;

	if (!ethernet)
		return 0;
	protocol = ethernet->h_proto;
	for (int i = 0; i < VLAN_TAGS_MAX; i++) {
		if (protocol != bpf_htons(ETH_P_8021Q) &&
		    protocol != bpf_htons(ETH_P_8021AD))
			break;
		tag = take(cursor, sizeof(*tag));
		if (!tag)
			return 0;
		protocol = tag->protocol;
	}
	return protocol;
}

/* A first fragment too short for TCP's flags: RFC 1858. */
static __always_inline enum parsed parse_short(const struct cursor *cursor,
					       __u32 size, struct syn *syn)
{
	struct tcp_ports *ports = peek(cursor, sizeof(*ports));

	if (ports && size >= sizeof(*ports))
		syn->port = ports->destination;
	else
		syn->port_hidden = 1;
	return PARSED_EVASION;
}

/*
 * PARSED_SYN also for what carries data, asks for Fast Open or ECN: the stack
 * takes all of these for the start of a connection.  SYN+FIN starts none on
 * Linux, and has no use but to probe filters.  A header length below 5 or
 * beyond the packet is dropped by the stack.
 */
static __always_inline enum parsed parse_tcp(struct cursor *cursor, __u32 size,
					     enum part part, struct syn *syn)
{
	struct tcphdr *tcp = peek(cursor, sizeof(*tcp));
	__u32 header;

	/* Padding of the frame is no part of the packet, hence `size`. */
	if (!tcp || size < sizeof(*tcp))
		return part == PART_FIRST ? parse_short(cursor, size, syn)
					  : PARSED_OTHER;
	header = tcp->doff * 4;
	if (!tcp->syn || tcp->ack || tcp->rst || header < sizeof(*tcp) ||
	    (header > size && part == PART_WHOLE))
		return PARSED_OTHER;
	syn->port = tcp->dest;
	syn->client_port = tcp->source;
	syn->sequence = tcp->seq;
	if (size > header)
		syn->data_length = size - header;
	return tcp->fin ? PARSED_EVASION : PARSED_SYN;
}

static __always_inline struct addr addr_mapped(__be32 address)
{
	struct addr addr = {};

	addr.octets[10] = 0xff;
	addr.octets[11] = 0xff;
	__builtin_memcpy(&addr.octets[12], &address, sizeof(address));
	return addr;
}

static __always_inline enum parsed parse_ipv4(struct cursor *cursor,
					      struct syn *syn)
{
	struct iphdr *ip = take(cursor, sizeof(*ip));
	enum part part = PART_WHOLE;
	enum parsed parsed;
	__u32 header, total;
	__u16 fragment;

	if (!ip || ip->protocol != IPPROTO_TCP || ip->version != 4)
		return PARSED_OTHER;
	header = ip->ihl * 4;
	total = bpf_ntohs(ip->tot_len);
	if (header < sizeof(*ip) || total < header ||
	    !take(cursor, header - sizeof(*ip)))
		return PARSED_OTHER;
	fragment = bpf_ntohs(ip->frag_off);
	if ((fragment & FRAGMENT_OFFSET) > 1)
		return PARSED_OTHER;
	if (fragment & FRAGMENT_MORE)
		part = PART_FIRST;
	if ((fragment & FRAGMENT_OFFSET) == 1) {
		/* It would overwrite flags already seen: RFC 3128. */
		parsed = PARSED_EVASION;
		syn->port_hidden = 1;
	} else {
		parsed = parse_tcp(cursor, total - header, part, syn);
	}
	if (parsed == PARSED_OTHER)
		return PARSED_OTHER;
	syn->family = FAMILY_IPV4;
	syn->packet_length = total;
	syn->source = addr_mapped(ip->saddr);
	syn->destination = addr_mapped(ip->daddr);
	return parsed;
}

/* One bit for each; a switch would have the verifier go on once for each. */
static __always_inline int is_extension(__u8 protocol)
{
	const __u64 extensions = 1ULL << IPPROTO_HOPOPTS |
				 1ULL << IPPROTO_ROUTING |
				 1ULL << IPPROTO_FRAGMENT | 1ULL << IPPROTO_AH |
				 1ULL << IPPROTO_DSTOPTS;

	return protocol < 64 && (extensions >> protocol & 1);
}

/* Returns whether the headers of a packet go on behind a fragment header. */
static __always_inline int enter_fragment(const struct ipv6_fragment *fragment,
					  enum part *part, int *evasion)
{
	__u16 offset = bpf_ntohs(fragment->offset);

	/* An atomic fragment is a whole packet: RFC 6946. */
	if (offset & IPV6_FRAGMENT_MORE)
		*part = PART_FIRST;
	offset >>= IPV6_FRAGMENT_SHIFT;
	*evasion = offset == 1 && fragment->next == IPPROTO_TCP;
	return offset == 0;
}

/*
 * Walks to the header behind the extension headers (RFC 8200, 4.1).  Returns
 * its protocol, or IPPROTO_NONE where the walk ends otherwise.  *evasion is
 * set when it ended in what only serves to hide a SYN: a chain that goes on
 * beyond what we follow, a second fragment header, or the second fragment of
 * TCP.
 */
static __always_inline __u8 skip_extensions(struct cursor *cursor, __u8 next,
					    enum part *part, int *evasion)
{
	int fragmented = 0;

	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		struct ipv6_extension *extension;

		if (!is_extension(next))
			return next;
		/* All of them have 8 octets at least. */
		extension = take(cursor, sizeof(struct ipv6_fragment));
		if (!extension) {
			/* It has to carry the whole chain: RFC 7112. */
			*evasion = *part == PART_FIRST;
			return IPPROTO_NONE;
		}
		if (next == IPPROTO_FRAGMENT) {
			if (fragmented++)
				break;
			if (!enter_fragment((void *)extension, part, evasion))
				return IPPROTO_NONE;
		} else {
			cursor->offset += extension->length *
					  (next == IPPROTO_AH ? 4 : 8);
		}
		if (cursor->offset > HEADERS_MAX)
			break;
		next = extension->next;
	}
	if (!is_extension(next))
		return next;
	*evasion = 1;
	return IPPROTO_NONE;
}

static __always_inline int is_mapped(const struct in6_addr *address)
{
	return address->in6_u.u6_addr32[0] == 0 &&
	       address->in6_u.u6_addr32[1] == 0 &&
	       address->in6_u.u6_addr32[2] == bpf_htonl(0xffff);
}

static __always_inline enum parsed parse_ipv6(struct cursor *cursor,
					      struct syn *syn)
{
	struct ipv6hdr *ip = take(cursor, sizeof(*ip));
	enum part part = PART_WHOLE;
	enum parsed parsed;
	__u64 payload = cursor->offset;
	__u32 length;
	int evasion = 0;
	__u8 protocol;

	if (!ip || ip->version != 6)
		return PARSED_OTHER;
	length = bpf_ntohs(ip->payload_len);
	/* As in jumbograms; but Linux does not insist on their option. */
	if (!length && ip->nexthdr == IPPROTO_HOPOPTS)
		length = (__u32)(cursor->end - cursor->data - payload);
	protocol = skip_extensions(cursor, ip->nexthdr, &part, &evasion);
	/* What was found behind the packet's end is not what others find. */
	if (part == PART_FIRST && cursor->offset - payload > length)
		evasion = 1;
	if (protocol != IPPROTO_TCP && !evasion)
		return PARSED_OTHER;
	if (evasion) {
		parsed = PARSED_EVASION;
		syn->port_hidden = 1;
	} else {
		__u32 walked = (__u32)(cursor->offset - payload);

		if (length < walked)
			return PARSED_OTHER;
		parsed = parse_tcp(cursor, length - walked, part, syn);
	}
	if (parsed == PARSED_OTHER)
		return PARSED_OTHER;
	/* No such source may be on a wire (RFC 4942, 2.2): never IPv4. */
	if (is_mapped(&ip->saddr))
		parsed = PARSED_EVASION;
	syn->family = FAMILY_IPV6;
	syn->packet_length = sizeof(*ip) + length;
	__builtin_memcpy(&syn->source, &ip->saddr, sizeof(syn->source));
	__builtin_memcpy(&syn->destination, &ip->daddr,
			 sizeof(syn->destination));
	return parsed;
}

static __always_inline enum parsed parse(struct cursor *cursor, struct syn *syn)
{
	__be16 protocol = parse_ethernet(cursor);

	syn->link_length = (__u32)cursor->offset;
	if (protocol == bpf_htons(ETH_P_IP))
		return parse_ipv4(cursor, syn);
	if (protocol == bpf_htons(ETH_P_IPV6))
		return parse_ipv6(cursor, syn);
	return PARSED_OTHER;
}

#endif
