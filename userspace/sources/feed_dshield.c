/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DShield's block list: columns with the first and the last address of a
 * network, its length (or netmask), and more that is not needed.
 */

#include <string.h>

#include "sources/feed_entry.h"
#include "sources/feed_scan.h"

static int reject(struct feed_reading *reading, const char *reason)
{
	return feed_problem(reading, FEED_REJECTED, "%s", reason);
}

static int take(struct feed_reading *reading, char *line, size_t length)
{
	const char *at = feed_skip_blanks(line);
	uint32_t first, last, hosts;
	uint8_t bits;

	(void)length;
	if (*at == '\0' || *at == '#' || *at == '\r' ||
	    strncmp(at, "Start", 5) == 0)
		return 0;
	if (!feed_scan_ipv4(&at, &first) || !feed_is_blank(*at))
		return reject(reading, "no first address");
	at = feed_skip_blanks(at);
	if (!feed_scan_ipv4(&at, &last) || !feed_is_blank(*at))
		return reject(reading, "no last address");
	at = feed_skip_blanks(at);
	if (!feed_scan_length(&at, FAMILY_IPV4, &bits) ||
	    (*at != '\0' && *at != '\r' && !feed_is_blank(*at)))
		return reject(reading, "no length");
	hosts = (uint32_t)(UINT64_C(0xffffffff) >> bits);
	if (bits == 0)
		return reject(reading, "it is everybody");
	if ((first & hosts) != 0 || last != (first | hosts))
		return reject(reading, "addresses and length don't agree");
	return feed_add_ipv4(reading, FEED_LAYER, first, last);
}

const struct feed_parser feed_dshield = {.line = take};
