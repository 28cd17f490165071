/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of sources in zones; written by hand: it is done for every question. */

#include "sources/dnsbl_name.h"

#include <string.h>

static char *put_octet(char *at, uint8_t octet)
{
	if (octet >= 100)
		*at++ = (char)('0' + octet / 100);
	if (octet >= 10)
		*at++ = (char)('0' + octet / 10 % 10);
	*at++ = (char)('0' + octet % 10);
	*at++ = '.';
	return at;
}

static char *put_nibbles(char *at, uint8_t octet)
{
	static const char digits[] = "0123456789abcdef";

	*at++ = digits[octet & 15];
	*at++ = '.';
	*at++ = digits[octet >> 4];
	*at++ = '.';
	return at;
}

const char *dnsbl_name(const struct addr *source, const char *zone,
		       char name[static SITE_ZONE_MAX])
{
	bool ipv4 = addr_family(source) == FAMILY_IPV4;
	unsigned int first = ipv4 ? 12 : 0;
	char *at = name;

	for (unsigned int i = sizeof(source->octets); i-- > first;)
		at = ipv4 ? put_octet(at, source->octets[i])
			  : put_nibbles(at, source->octets[i]);
	memcpy(at, zone, strlen(zone) + 1);
	return name;
}
