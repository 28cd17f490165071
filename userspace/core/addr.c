/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses and prefixes: parsing, printing, comparing. */

#include "core/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

struct addr addr_from_ipv4(struct in_addr in)
{
	struct addr addr;

	memcpy(addr.octets, mapped, sizeof(mapped));
	memcpy(addr.octets + sizeof(mapped), &in, sizeof(in));
	return addr;
}

struct addr addr_from_ipv6(const struct in6_addr *in6)
{
	struct addr addr;

	memcpy(addr.octets, in6, sizeof(addr.octets));
	return addr;
}

struct in_addr addr_to_ipv4(const struct addr *addr)
{
	struct in_addr in;

	memcpy(&in, addr->octets + sizeof(mapped), sizeof(in));
	return in;
}

enum family addr_family(const struct addr *addr)
{
	if (memcmp(addr->octets, mapped, sizeof(mapped)) == 0)
		return FAMILY_IPV4;
	return FAMILY_IPV6;
}

uint8_t addr_bits(enum family family)
{
	return family == FAMILY_IPV4 ? 32 : 128;
}

int addr_parse(const char *text, struct addr *out)
{
	struct in6_addr in6;
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) == 1)
		*out = addr_from_ipv4(in);
	else if (inet_pton(AF_INET6, text, &in6) == 1)
		*out = addr_from_ipv6(&in6);
	else
		return -EINVAL;
	return 0;
}

const char *addr_format(const struct addr *addr, char text[static ADDR_TEXT])
{
	if (addr_family(addr) == FAMILY_IPV4)
		inet_ntop(AF_INET, addr->octets + 12, text, ADDR_TEXT);
	else
		inet_ntop(AF_INET6, addr->octets, text, ADDR_TEXT);
	return text;
}

int addr_compare(const struct addr *a, const struct addr *b)
{
	return memcmp(a->octets, b->octets, sizeof(a->octets));
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return addr_compare(a, b) == 0;
}

socklen_t addr_to_sockaddr(const struct addr *addr, uint16_t port,
			   struct sockaddr_storage *storage)
{
	memset(storage, 0, sizeof(*storage));
	if (addr_family(addr) == FAMILY_IPV4) {
		struct sockaddr_in in = {.sin_family = AF_INET,
					 .sin_port = htons(port),
					 .sin_addr = addr_to_ipv4(addr)};

		memcpy(storage, &in, sizeof(in));
		return sizeof(in);
	}

	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
				   .sin6_port = htons(port)};

	memcpy(&in6.sin6_addr, addr->octets, sizeof(in6.sin6_addr));
	memcpy(storage, &in6, sizeof(in6));
	return sizeof(in6);
}

int addr_from_sockaddr(const struct sockaddr *sockaddr, struct addr *out)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	switch (sockaddr->sa_family) {
	case AF_INET:
		memcpy(&in, sockaddr, sizeof(in));
		*out = addr_from_ipv4(in.sin_addr);
		return 0;
	case AF_INET6:
		memcpy(&in6, sockaddr, sizeof(in6));
		*out = addr_from_ipv6(&in6.sin6_addr);
		return 0;
	default:
		return -EAFNOSUPPORT;
	}
}

struct addr addr_mask(const struct addr *addr, uint8_t length)
{
	unsigned int keep = length;
	struct addr masked = *addr;

	if (addr_family(addr) == FAMILY_IPV4)
		keep += 96;
	for (unsigned int i = 0; i < sizeof(masked.octets); i++) {
		unsigned int from = i * 8;

		if (keep <= from)
			masked.octets[i] = 0;
		else if (keep < from + 8)
			masked.octets[i] &= (uint8_t)(0xff00 >> (keep - from));
	}
	return masked;
}

int prefix_parse(const char *text, struct prefix *out)
{
	const char *slash = strchr(text, '/');
	char address[ADDR_TEXT];
	struct prefix prefix;
	struct addr masked;
	unsigned long length;
	size_t size;
	uint8_t bits;
	char *end;

	size = slash ? (size_t)(slash - text) : strlen(text);
	if (size >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, size);
	address[size] = '\0';
	if (addr_parse(address, &prefix.addr) != 0)
		return -EINVAL;

	bits = addr_bits(addr_family(&prefix.addr));
	prefix.length = bits;
	if (slash) {
		if (slash[1] < '0' || slash[1] > '9')
			return -EINVAL;
		length = strtoul(slash + 1, &end, 10);
		if (*end != '\0')
			return -EINVAL;
		if (length > bits)
			return -ERANGE;
		prefix.length = (uint8_t)length;
	}
	masked = addr_mask(&prefix.addr, prefix.length);
	if (!addr_equal(&masked, &prefix.addr))
		return -EDOM;
	*out = prefix;
	return 0;
}

const char *prefix_format(const struct prefix *prefix,
			  char text[static PREFIX_TEXT])
{
	char address[ADDR_TEXT];

	addr_format(&prefix->addr, address);
	if (prefix->length == addr_bits(addr_family(&prefix->addr)))
		snprintf(text, PREFIX_TEXT, "%s", address);
	else
		snprintf(text, PREFIX_TEXT, "%s/%u", address, prefix->length);
	return text;
}

bool prefix_contains(const struct prefix *prefix, const struct addr *addr)
{
	struct addr masked;

	if (addr_family(&prefix->addr) != addr_family(addr))
		return false;
	masked = addr_mask(addr, prefix->length);
	return addr_equal(&masked, &prefix->addr);
}
