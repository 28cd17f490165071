/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builds frames from a description in which only what is unusual needs to be
 * said: all zero is a plain SYN over IPv4 from SOURCE_IPV4 to port 25 of
 * DOOR_IPV4.
 */
#ifndef POSTERN_TESTS_FRAME_H
#define POSTERN_TESTS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"

#define SOURCE_IPV4 "198.51.100.7"
#define SOURCE_IPV6 "2001:db8:77::7"
#define DOOR_IPV4   "192.0.2.25"
#define DOOR_IPV6   "2001:db8:25::25"
#define PORT	    25

#define FRAME_MAX	 2048
#define PACKET_TAGS_MAX	 3
#define TCP_FIN		 0x01
#define TCP_SYN		 0x02
#define TCP_RST		 0x04
#define TCP_PSH		 0x08
#define TCP_ACK		 0x10
#define TCP_URG		 0x20
#define TCP_ECE		 0x40
#define TCP_CWR		 0x80
#define TCP_NONE	 0x100 /* no flag at all */
#define PORT_ZERO	 0x10000
#define FRAGMENTS_MORE	 0x2000 /* in `fragment` */
#define FRAGMENTS_NEVER	 0x4000
#define PACKET_NO_OCTETS -1

struct packet {
	const char *from; /* whose family is that of the packet */
	const char *to;
	uint32_t port; /* PORT_ZERO: 0 */

	/* Ethernet: types of VLAN tags, the outermost first, then of IP. */
	uint16_t tags[PACKET_TAGS_MAX];
	uint16_t type; /* 0: that of the family */

	uint8_t version;   /* 0: that of the family */
	uint8_t protocol;  /* 0: TCP */
	int length_lie;	   /* added to the length that IP tells */
	bool length_zero;  /* IP tells none */
	uint8_t ihl;	   /* words of the header; 0: 5 */
	uint8_t ihl_lie;   /* what it tells instead, plus 1 */
	uint16_t fragment; /* IPv4: the field, host byte order */

	/*
	 * IPv6: a letter for each extension header: h hop-by-hop, r routing,
	 * d destination options, D such of 24 octets, L of 800, a
	 * authentication, f atomic fragment, m first fragment, 1 and 2
	 * fragments at that offset.
	 */
	const char *chain;

	uint16_t flags; /* 0: SYN */
	uint8_t doff;	/* what it tells; 0: what is there */
	uint8_t tcp_options;
	uint16_t data;
	int carried; /* octets of the segment that are there; 0: all of them,
			PACKET_NO_OCTETS: none */

	size_t cut;    /* the frame ends there */
	size_t padded; /* the frame goes on till there */
};

struct frame {
	unsigned char octets[FRAME_MAX];
	size_t size;
};

void frame_build(const struct packet *packet, struct frame *out);

/* Those of the packet, or what stands for them. */
struct addr packet_source(const struct packet *packet);
struct addr packet_destination(const struct packet *packet);

#endif
