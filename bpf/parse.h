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
#include <linux/in6.h>
#include <linux/ip.h>

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
	PARSED_HIDING,	/* the same, and hides its port */
};

/* An address as its family has it on the wire. */
union address {
	__be32 ipv4;
	__be64 ipv6[2];
};

/*
 * Only what tells whether it is for us, and where the rest is: whoever is not
 * pays for what is read here.
 */
struct syn {
	enum family family;
	union address source;
	union address destination;
	__u64 link_length; /* of Ethernet and its tags */
	__u64 transport;   /* where TCP begins in the frame; 0: not known */
	__u32 size;	   /* of the segment: its header, and data */
	__be16 port;
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

/* As ethhdr, but not packed: that has its protocol read by octets. */
struct ethernet {
	__u8 destination[ETH_ALEN];
	__u8 source[ETH_ALEN];
	__be16 protocol;
};

struct vlan_tag {
	__be16 control;
	__be16 protocol;
};

/* As ipv6hdr, but with addresses of two words. */
struct ipv6 {
	__u8 version; /* and half of the traffic class */
	__u8 flow[3];
	__be16 length; /* of what follows */
	__u8 next;
	__u8 hop_limit;
	__be64 source[2];
	__be64 destination[2];
};

#define IPV6_VERSION	  0x60
#define IPV6_VERSION_MASK 0xf0

struct tcp_ports {
	__be16 source;
	__be16 destination;
};

/* As tcphdr, but with all flags in one field: they are compared at once. */
struct tcp {
	__be16 source;
	__be16 destination;
	__be32 sequence;
	__be32 acknowledgement;
	__u8 offset; /* of the data, in words of 4 octets: the upper half */
	__u8 flags;
	__be16 window;
	__be16 checksum;
	__be16 urgent;
};

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

/* The length of the header in octets. */
static __always_inline __u32 tcp_header(const struct tcp *tcp)
{
	return tcp->offset >> 4 << 2;
}

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
	if (at + size > cursor->end)
		return 0;
	__builtin_assume(at != 0);
	return at;
}

static __always_inline void *take(struct cursor *cursor, __u64 size)
{
	void *at = peek(cursor, size);

	if (at)
		cursor->offset += size;
	return at;
}

/*
 * How far `at` is from the start of the frame.  As the difference of two
 * pointers that is any number to the verifier: all the ways that headers can
 * be long lead to one state.
 */
static __always_inline __u64 distance(const struct cursor *cursor, void *at)
{
	asm volatile("" : "+r"(at));
	return (__u64)(at - cursor->data);
}

/* Returns the protocol behind Ethernet and its VLAN tags; 0: truncated. */
static __always_inline __be16 parse_ethernet(struct cursor *cursor)
{
	struct ethernet *ethernet = take(cursor, sizeof(*ethernet));
	struct vlan_tag *tag;
	__be16 protocol;

	if (!ethernet)
		return 0;
	protocol = ethernet->protocol;
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
	const struct tcp_ports *ports = peek(cursor, sizeof(*ports));

	if (!ports || size < sizeof(*ports))
		return PARSED_HIDING;
	syn->port = ports->destination;
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
	struct tcp *tcp = peek(cursor, sizeof(*tcp));
	__u32 header;
	__u8 flags;

	/* Padding of the frame is no part of the packet, hence `size`. */
	if (!tcp || size < sizeof(*tcp))
		return part == PART_FIRST ? parse_short(cursor, size, syn)
					  : PARSED_OTHER;
	flags = tcp->flags;
	if ((flags & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN)
		return PARSED_OTHER;
	header = tcp_header(tcp);
	if (header < sizeof(*tcp) || (header > size && part == PART_WHOLE))
		return PARSED_OTHER;
	syn->port = tcp->destination;
	syn->transport = distance(cursor, tcp);
	syn->size = size;
	return flags & TCP_FIN ? PARSED_EVASION : PARSED_SYN;
}

/* Another fragment than the first, or one of several. */
static __always_inline enum parsed parse_ipv4_part(struct cursor *cursor,
						   __u32 size, __u16 fragment,
						   struct syn *syn)
{
	if ((fragment & FRAGMENT_OFFSET) > 1)
		return PARSED_OTHER;
	/* It would overwrite flags already seen: RFC 3128. */
	if ((fragment & FRAGMENT_OFFSET) == 1)
		return PARSED_HIDING;
	return parse_tcp(cursor, size, PART_FIRST, syn);
}

/* The length of the header, which is taken; 0: it has none. */
static __always_inline __u32 take_options(struct cursor *cursor,
					  const struct iphdr *ip)
{
	__u32 header = ip->ihl * 4;

	if (ip->version != 4 || header < sizeof(*ip) ||
	    !take(cursor, header - sizeof(*ip)))
		return 0;
	return header;
}

#define IPV4_WITHOUT_OPTIONS 0x45

static __always_inline enum parsed parse_ipv4(struct cursor *cursor,
					      struct syn *syn)
{
	struct iphdr *ip = take(cursor, sizeof(*ip));
	__u32 header = sizeof(*ip), total;
	__u16 fragment;

	if (!ip || ip->protocol != IPPROTO_TCP)
		return PARSED_OTHER;
	if (*(__u8 *)ip != IPV4_WITHOUT_OPTIONS)
		header = take_options(cursor, ip);
	total = bpf_ntohs(ip->tot_len);
	if (!header || total < header)
		return PARSED_OTHER;
	syn->family = FAMILY_IPV4;
	syn->link_length = distance(cursor, ip);
	syn->transport = 0;
	syn->source.ipv4 = ip->saddr;
	syn->destination.ipv4 = ip->daddr;
	fragment = bpf_ntohs(ip->frag_off) & (FRAGMENT_OFFSET | FRAGMENT_MORE);
	if (fragment)
		return parse_ipv4_part(cursor, total - header, fragment, syn);
	return parse_tcp(cursor, total - header, PART_WHOLE, syn);
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

/*
 * The header behind those of IPv6 has to be TCP, or what only serves to hide a
 * SYN.
 */
static __always_inline enum parsed parse_extensions(struct cursor *cursor,
						    __u8 next, __u32 length,
						    struct syn *syn)
{
	__u64 payload = cursor->offset, walked;
	enum part part = PART_WHOLE;
	int evasion = 0;
	__u8 protocol;

	protocol = skip_extensions(cursor, next, &part, &evasion);
	walked = cursor->offset - payload;
	/* What was found behind the packet's end is not what others find. */
	if (evasion || (part == PART_FIRST && walked > length))
		return PARSED_HIDING;
	if (protocol != IPPROTO_TCP || length < walked)
		return PARSED_OTHER;
	return parse_tcp(cursor, length - (__u32)walked, part, syn);
}

/* No such source may be on a wire (RFC 4942, 2.2): never is it IPv4. */
static __always_inline int is_mapped(const union address *address)
{
	return address->ipv6[0] == 0 &&
	       bpf_be64_to_cpu(address->ipv6[1]) >> 32 == 0xffff;
}

static __always_inline enum parsed parse_ipv6(struct cursor *cursor,
					      struct syn *syn)
{
	struct ipv6 *ip = take(cursor, sizeof(*ip));
	enum parsed parsed;
	__u32 length;

	if (!ip || (ip->version & IPV6_VERSION_MASK) != IPV6_VERSION)
		return PARSED_OTHER;
	syn->transport = 0;
	length = bpf_ntohs(ip->length);
	if (ip->next == IPPROTO_TCP) {
		parsed = parse_tcp(cursor, length, PART_WHOLE, syn);
	} else {
		/* As in jumbograms; Linux doesn't insist on their option. */
		if (!length && ip->next == IPPROTO_HOPOPTS)
			length = (__u32)(cursor->end - cursor->data -
					 cursor->offset);
		parsed = parse_extensions(cursor, ip->next, length, syn);
	}
	if (parsed == PARSED_OTHER)
		return PARSED_OTHER;
	syn->family = FAMILY_IPV6;
	syn->link_length = distance(cursor, ip);
	syn->source.ipv6[0] = ip->source[0];
	syn->source.ipv6[1] = ip->source[1];
	syn->destination.ipv6[0] = ip->destination[0];
	syn->destination.ipv6[1] = ip->destination[1];
	return parsed;
}

/*
 * The end of the packet.  Read here often, its place in *ctx would be kept in a
 * register, and the verifier takes no other pointer to it than ctx itself.
 */
static __always_inline void *packet_end(const struct xdp_md *ctx)
{
	void *end;

	asm volatile("%0 = *(u32 *)(%1 + %2)"
		     : "=r"(end)
		     : "r"(ctx),
		       "i"(__builtin_offsetof(struct xdp_md, data_end)));
	return end;
}

/* The header of TCP, where it is known; else NULL. */
static __always_inline const struct tcp *find_tcp(const struct xdp_md *ctx,
						  const struct syn *syn)
{
	/* Never more; but 5.10 wants to see that. */
	__u64 offset = syn->transport & HEADERS_MAX;
	void *data = (void *)(long)ctx->data;
	const struct tcp *tcp = data + offset;

	if (!offset)
		return 0;
	return (void *)(tcp + 1) > packet_end(ctx) ? 0 : tcp;
}

#endif
