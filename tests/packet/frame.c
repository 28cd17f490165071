/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From descriptions to frames. */

#include "frame.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEGMENT_MAX 1024

struct extension {
	char letter;
	uint8_t protocol;
	uint8_t length; /* as it stands in the header */
	uint16_t octets;
	uint16_t fragment; /* offset and flags, host byte order */
};

static const struct extension extensions[] = {
	{'h', IPPROTO_HOPOPTS, 0, 8, 0},    {'r', IPPROTO_ROUTING, 0, 8, 0},
	{'d', IPPROTO_DSTOPTS, 0, 8, 0},    {'D', IPPROTO_DSTOPTS, 2, 24, 0},
	{'L', IPPROTO_DSTOPTS, 99, 800, 0}, {'a', IPPROTO_AH, 4, 24, 0},
	{'f', IPPROTO_FRAGMENT, 0, 8, 0},   {'m', IPPROTO_FRAGMENT, 0, 8, 1},
	{'1', IPPROTO_FRAGMENT, 0, 8, 8},   {'2', IPPROTO_FRAGMENT, 0, 8, 16},
};

static struct addr addr_of(const char *text)
{
	struct addr addr;

	if (addr_parse(text, &addr)) {
		fprintf(stderr, "no address: %s\n", text);
		abort();
	}
	return addr;
}

/* A source is IPv6 where it is written so, whatever it is mapped to. */
static bool is_ipv6(const struct packet *packet)
{
	return packet->from && strchr(packet->from, ':');
}

struct addr packet_source(const struct packet *packet)
{
	return addr_of(packet->from ? packet->from : SOURCE_IPV4);
}

struct addr packet_destination(const struct packet *packet)
{
	if (packet->to)
		return addr_of(packet->to);
	return addr_of(is_ipv6(packet) ? DOOR_IPV6 : DOOR_IPV4);
}

static void put(struct frame *frame, const void *octets, size_t size)
{
	if (size > FRAME_MAX - frame->size)
		abort();
	memcpy(frame->octets + frame->size, octets, size);
	frame->size += size;
}

static void put_u8(struct frame *frame, unsigned int value)
{
	uint8_t octet = (uint8_t)value;

	put(frame, &octet, sizeof(octet));
}

static void put_u16(struct frame *frame, unsigned int value)
{
	put_u8(frame, value >> 8);
	put_u8(frame, value);
}

static void put_many(struct frame *frame, unsigned int value, size_t count)
{
	while (count--)
		put_u8(frame, value);
}

static void put_ethernet(struct frame *frame, const struct packet *packet)
{
	static const unsigned char addresses[] = {2, 0, 0, 0, 0, 0x25,
						  2, 0, 0, 0, 0, 0x77};
	unsigned int type = is_ipv6(packet) ? ETH_P_IPV6 : ETH_P_IP;

	put(frame, addresses, sizeof(addresses));
	for (size_t i = 0; i < PACKET_TAGS_MAX && packet->tags[i]; i++) {
		put_u16(frame, packet->tags[i]);
		put_u16(frame, 100 + (unsigned int)i);
	}
	put_u16(frame, packet->type ? packet->type : type);
}

/* The TCP segment, as far as the packet carries it. */
static void put_segment(struct frame *frame, const struct packet *packet)
{
	unsigned int header = 20U + packet->tcp_options;
	unsigned int flags = packet->flags ? packet->flags : TCP_SYN;
	struct frame segment = {.size = 0};

	put_u16(&segment, 40000);
	put_u16(&segment, packet->port ? packet->port : PORT);
	put_u16(&segment, 0x1234);
	put_u16(&segment, 0x5678);
	put_many(&segment, 0, 4);
	put_u8(&segment, (packet->doff ? packet->doff : header / 4) << 4);
	put_u8(&segment, flags);
	put_u16(&segment, 64240);
	put_many(&segment, 0, 4);
	put_many(&segment, 1, packet->tcp_options); /* no-operation */
	put_many(&segment, 'x', packet->data);
	if (packet->carried == PACKET_NO_OCTETS)
		segment.size = 0;
	else if (packet->carried)
		segment.size = (size_t)packet->carried;
	put(frame, segment.octets, segment.size);
}

static void put_ipv4(struct frame *frame, const struct packet *packet,
		     const struct frame *segment)
{
	struct addr from = packet_source(packet);
	struct addr to = packet_destination(packet);
	unsigned int words = packet->ihl ? packet->ihl : 5;
	unsigned int told = packet->ihl_lie ? packet->ihl_lie - 1U : words;
	unsigned int version = packet->version ? packet->version : 4;
	int length = (int)(words * 4 + segment->size) + packet->length_lie;

	put_u8(frame, version << 4 | told);
	put_u8(frame, 0);
	put_u16(frame, packet->length_zero ? 0 : (unsigned int)length);
	put_u16(frame, 0x4711);
	put_u16(frame, packet->fragment);
	put_u8(frame, 64);
	put_u8(frame, packet->protocol ? packet->protocol : IPPROTO_TCP);
	put_u16(frame, 0);
	put(frame, from.octets + 12, 4);
	put(frame, to.octets + 12, 4);
	if (words > 5)
		put_many(frame, 1, (words - 5) * 4); /* no-operation */
	put(frame, segment->octets, segment->size);
}

static const struct extension *extension_of(char letter)
{
	for (size_t i = 0; i < sizeof(extensions) / sizeof(*extensions); i++)
		if (extensions[i].letter == letter)
			return &extensions[i];
	fprintf(stderr, "no extension header: %c\n", letter);
	abort();
}

static unsigned int next_protocol(const struct packet *packet,
				  const char *chain)
{
	if (*chain)
		return extension_of(*chain)->protocol;
	return packet->protocol ? packet->protocol : IPPROTO_TCP;
}

static void put_chain(struct frame *frame, const struct packet *packet)
{
	const char *chain = packet->chain ? packet->chain : "";

	for (; *chain; chain++) {
		const struct extension *one = extension_of(*chain);

		put_u8(frame, next_protocol(packet, chain + 1));
		put_u8(frame, one->length);
		put_u16(frame, one->fragment);
		put_many(frame, 0, one->octets - 4U);
	}
}

static void put_ipv6(struct frame *frame, const struct packet *packet,
		     const struct frame *segment)
{
	struct addr from = packet_source(packet);
	struct addr to = packet_destination(packet);
	unsigned int version = packet->version ? packet->version : 6;
	struct frame payload = {.size = 0};
	int length;

	put_chain(&payload, packet);
	put(&payload, segment->octets, segment->size);
	length = (int)payload.size + packet->length_lie;
	put_u8(frame, version << 4);
	put_many(frame, 0, 3);
	put_u16(frame, packet->length_zero ? 0 : (unsigned int)length);
	put_u8(frame,
	       next_protocol(packet, packet->chain ? packet->chain : ""));
	put_u8(frame, 64);
	put(frame, from.octets, 16);
	put(frame, to.octets, 16);
	put(frame, payload.octets, payload.size);
}

void frame_build(const struct packet *packet, struct frame *out)
{
	struct frame segment = {.size = 0};

	memset(out, 0, sizeof(*out));
	put_ethernet(out, packet);
	put_segment(&segment, packet);
	if (is_ipv6(packet))
		put_ipv6(out, packet, &segment);
	else
		put_ipv4(out, packet, &segment);
	if (packet->padded > out->size)
		put_many(out, 0, packet->padded - out->size);
	if (packet->cut)
		out->size = packet->cut;
}
