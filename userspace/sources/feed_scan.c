/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads addresses off a line. */

#include "sources/feed_scan.h"

#include <arpa/inet.h>
#include <string.h>

bool feed_scan_number(const char **at, unsigned int most, unsigned int *out)
{
	const char *next = *at;
	unsigned int number = 0;

	if (!feed_is_digit(*next))
		return false;
	for (; feed_is_digit(*next); next++) {
		number = number * 10 + (unsigned int)(*next - '0');
		if (number > most)
			return false;
	}
	*at = next;
	*out = number;
	return true;
}

bool feed_scan_ipv4(const char **at, uint32_t *out)
{
	const char *next = *at;
	uint32_t address = 0;

	for (unsigned int i = 0; i < 4; i++) {
		unsigned int octet;

		if (i > 0 && *next++ != '.')
			return false;
		if (*next == '0' && feed_is_digit(next[1]))
			return false;
		if (!feed_scan_number(&next, 255, &octet))
			return false;
		address = address << 8 | octet;
	}
	*at = next;
	*out = address;
	return true;
}

bool feed_scan_ipv6(const char **at, struct addr *out)
{
	size_t length = strspn(*at, "0123456789abcdefABCDEF:.");
	char text[INET6_ADDRSTRLEN];
	struct in6_addr in6;

	if (length < 2 || length >= sizeof(text))
		return false;
	memcpy(text, *at, length);
	text[length] = '\0';
	if (inet_pton(AF_INET6, text, &in6) != 1)
		return false;
	*out = addr_from_ipv6(&in6);
	*at += length;
	return true;
}

bool feed_scan_netmask(const char **at, uint8_t *out)
{
	const char *next = *at;
	uint32_t mask;

	if (!feed_scan_ipv4(&next, &mask) || (~mask & (~mask + 1)) != 0)
		return false;
	*out = (uint8_t)__builtin_popcount(mask);
	*at = next;
	return true;
}

bool feed_scan_length(const char **at, enum family family, uint8_t *out)
{
	unsigned int length;

	if (family == FAMILY_IPV4 && feed_scan_netmask(at, out))
		return true;
	if (!feed_scan_number(at, addr_bits(family), &length))
		return false;
	*out = (uint8_t)length;
	return true;
}
