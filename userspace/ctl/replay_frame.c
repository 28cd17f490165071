/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Link layers of captures, and Ethernet in their place. */

#include "ctl/replay_frame.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <string.h>

/* As in bpf/parse.h: behind more tags the filter looks for nothing. */
#define VLAN_TAGS_MAX 2
#define VLAN_TAG_SIZE 4

#define ETHERNET_TYPE 12 /* its offset */

/* AF_INET and AF_INET6 of the systems that write them into captures. */
#define FAMILY_INET	     2
#define FAMILY_INET6_LINUX   10
#define FAMILY_INET6_NETBSD  24
#define FAMILY_INET6_FREEBSD 28
#define FAMILY_INET6_DARWIN  30

static uint16_t get_u16(const unsigned char *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void put_u16(unsigned char *at, uint16_t value)
{
	at[0] = (unsigned char)(value >> 8);
	at[1] = (unsigned char)value;
}

static uint16_t type_of_cooked(const unsigned char *header)
{
	return get_u16(header + 14);
}

static uint16_t type_of_cooked_2(const unsigned char *header)
{
	return get_u16(header);
}

/* In the byte order of whatever machine it was; families are small. */
static uint16_t type_of_loopback(const unsigned char *header)
{
	uint32_t family = (uint32_t)get_u16(header) << 16 | get_u16(header + 2);

	if (family > UINT16_MAX)
		family = __builtin_bswap32(family);
	switch (family) {
	case FAMILY_INET:
		return ETH_P_IP;
	case FAMILY_INET6_LINUX:
	case FAMILY_INET6_NETBSD:
	case FAMILY_INET6_FREEBSD:
	case FAMILY_INET6_DARWIN:
		return ETH_P_IPV6;
	default:
		return 0;
	}
}

static uint16_t type_of_raw(const unsigned char *packet)
{
	switch (packet[0] >> 4) {
	case 4:
		return ETH_P_IP;
	case 6:
		return ETH_P_IPV6;
	default:
		return 0;
	}
}

static uint16_t type_of_ipv4(const unsigned char *packet)
{
	(void)packet;
	return ETH_P_IP;
}

static uint16_t type_of_ipv6(const unsigned char *packet)
{
	(void)packet;
	return ETH_P_IPV6;
}

/*
 * A header of such a size, which tells the type that Ethernet would; Ethernet
 * stays as it is.
 */
static const struct {
	size_t least; /* octets that are looked at */
	size_t size;
	uint16_t (*type)(const unsigned char *header);
} links[REPLAY_LINK_MAX] = {
	[REPLAY_LINK_COOKED] = {16, 16, type_of_cooked},
	[REPLAY_LINK_COOKED_2] = {20, 20, type_of_cooked_2},
	[REPLAY_LINK_LOOPBACK] = {4, 4, type_of_loopback},
	[REPLAY_LINK_RAW] = {1, 0, type_of_raw},
	[REPLAY_LINK_RAW_IPV4] = {1, 0, type_of_ipv4},
	[REPLAY_LINK_RAW_IPV6] = {1, 0, type_of_ipv6},
};

static void append(struct replay_frame *frame, const unsigned char *octets,
		   size_t size)
{
	size_t room = REPLAY_FRAME_MAX - frame->size;

	if (size > room)
		size = room;
	memcpy(frame->octets + frame->size, octets, size);
	frame->size += size;
}

void replay_frame_make(enum replay_link link, const unsigned char *captured,
		       size_t size, struct replay_frame *out)
{
	out->size = 0;
	if (size < links[link].least)
		return;
	if (links[link].type) {
		memset(out->octets, 0, ETH_HLEN);
		put_u16(out->octets + ETHERNET_TYPE,
			links[link].type(captured));
		out->size = ETH_HLEN;
	}
	append(out, captured + links[link].size, size - links[link].size);
}

static void get_ends(const unsigned char *addresses, enum family family,
		     struct replay_ends *out)
{
	struct in_addr source, destination;

	out->family = family;
	if (family == FAMILY_IPV6) {
		memcpy(&out->source, addresses, sizeof(out->source));
		memcpy(&out->destination, addresses + sizeof(out->source),
		       sizeof(out->destination));
		return;
	}
	memcpy(&source, addresses, sizeof(source));
	memcpy(&destination, addresses + sizeof(source), sizeof(destination));
	out->source = addr_from_ipv4(source);
	out->destination = addr_from_ipv4(destination);
}

bool replay_frame_ends(const struct replay_frame *frame,
		       struct replay_ends *out)
{
	size_t at = ETH_HLEN;
	uint16_t type = 0;

	for (int tags = 0; tags <= VLAN_TAGS_MAX; tags++) {
		if (frame->size < at)
			return false;
		type = get_u16(frame->octets + at - sizeof(type));
		if (type != ETH_P_8021Q && type != ETH_P_8021AD)
			break;
		at += VLAN_TAG_SIZE;
	}
	if (type == ETH_P_IP && frame->size >= at + sizeof(struct iphdr))
		get_ends(frame->octets + at + offsetof(struct iphdr, saddr),
			 FAMILY_IPV4, out);
	else if (type == ETH_P_IPV6 &&
		 frame->size >= at + sizeof(struct ipv6hdr))
		get_ends(frame->octets + at + offsetof(struct ipv6hdr, saddr),
			 FAMILY_IPV6, out);
	else
		return false;
	return true;
}

const char *replay_format(enum family family, const struct addr *addr,
			  char text[static ADDR_TEXT])
{
	if (family == FAMILY_IPV4)
		return addr_format(addr, text);
	inet_ntop(AF_INET6, addr->octets, text, ADDR_TEXT);
	return text;
}
