/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses one a line, as most lists are (FireHOL, Emerging Threats, PSBL,
 * blocklist.de): prefixes, ranges, address and netmask, with comments after
 * `#`, `;` or `//`.  Spamhaus' DROP in its old form is the same, with nothing
 * but prefixes.
 */

#include <errno.h>
#include <string.h>

#include "sources/feed_entry.h"
#include "sources/feed_scan.h"

/* Ends a line, of which `from` is a part, before its comment, CR and blanks. */
static void strip(const char *line, char *from, char *end)
{
	for (char *at = from; at < end; at++) {
		bool comment = *at == '#' || *at == ';';

		/* Not the `/` of a prefix. */
		if (*at == '/' && at[1] == '/' &&
		    (at == line || feed_is_blank(at[-1])))
			comment = true;
		if (!comment)
			continue;
		end = at;
		break;
	}
	while (end > from && (feed_is_blank(end[-1]) || end[-1] == '\r' ||
			      end[-1] == '\v' || end[-1] == '\f'))
		end--;
	*end = '\0';
}

/* What may follow a number or address. */
static bool is_end(const char *at)
{
	return *feed_skip_blanks(at) == '\0';
}

static int reject(struct feed_reading *reading, const char *reason)
{
	return feed_problem(reading, FEED_REJECTED, "%s", reason);
}

static int add_masked(struct feed_reading *reading, const struct prefix *given)
{
	struct prefix prefix = {addr_mask(&given->addr, given->length),
				given->length};
	char text[PREFIX_TEXT];

	if (given->length == 0)
		return reject(reading, "it is everybody");
	if (!addr_equal(&prefix.addr, &given->addr))
		feed_problem(reading, FEED_NOTED,
			     "bits are set beyond the length: taken as %s",
			     prefix_format(&prefix, text));
	return feed_add_prefix(reading, FEED_LAYER, &prefix);
}

/* The same of IPv4, where it has to be fast. */
static int add_ipv4(struct feed_reading *reading, uint32_t address,
		    uint8_t length)
{
	uint32_t hosts = (uint32_t)(UINT64_C(0xffffffff) >> length);

	if (length == 0)
		return reject(reading, "it is everybody");
	if (address & hosts)
		feed_problem(reading, FEED_NOTED,
			     "bits are set beyond the length: taken as "
			     "%u.%u.%u.%u/%u",
			     (address & ~hosts) >> 24,
			     (address & ~hosts) >> 16 & 255,
			     (address & ~hosts) >> 8 & 255,
			     address & ~hosts & 255, length);
	return feed_add_ipv4(reading, FEED_LAYER, address & ~hosts,
			     address | hosts);
}

static int take_ipv4(struct feed_reading *reading, uint32_t address,
		     const char *at)
{
	const char *next = feed_skip_blanks(at);
	uint32_t last;
	uint8_t length;

	if (*next == '\0')
		return add_ipv4(reading, address, 32);
	if (*at == '/') {
		at++;
		if (!feed_scan_length(&at, FAMILY_IPV4, &length) || !is_end(at))
			return reject(reading, "no length of IPv4 after `/`");
		return add_ipv4(reading, address, length);
	}
	if (*next == '-') {
		next = feed_skip_blanks(next + 1);
		if (!feed_scan_ipv4(&next, &last) || !is_end(next))
			return reject(reading, "no address of IPv4 after `-`");
		if (last < address)
			return reject(reading, "the range ends before it "
					       "begins");
		if (address == 0 && last == UINT32_MAX)
			return reject(reading, "it is everybody");
		return feed_add_ipv4(reading, FEED_LAYER, address, last);
	}
	if (feed_is_blank(*at) && feed_scan_netmask(&next, &length) &&
	    is_end(next))
		return add_ipv4(reading, address, length);
	return reject(reading, feed_is_blank(*at) ? "text after the address"
						  : "no address");
}

static int take_ipv6(struct feed_reading *reading, const struct addr *address,
		     const char *at)
{
	const char *next = feed_skip_blanks(at);
	struct prefix prefix = {*address, 128};
	struct addr last;

	if (addr_family(address) == FAMILY_IPV4)
		return reject(reading, "IPv4 written as IPv6, which no source "
				       "is");
	if (*next == '\0')
		return add_masked(reading, &prefix);
	if (*at == '/') {
		at++;
		if (!feed_scan_length(&at, FAMILY_IPV6, &prefix.length) ||
		    !is_end(at))
			return reject(reading, "no length of IPv6 after `/`");
		return add_masked(reading, &prefix);
	}
	if (*next != '-')
		return reject(reading, "text after the address");
	next = feed_skip_blanks(next + 1);
	if (!feed_scan_ipv6(&next, &last) || !is_end(next) ||
	    addr_family(&last) != FAMILY_IPV6)
		return reject(reading, "no address of IPv6 after `-`");
	if (addr_compare(&last, address) < 0)
		return reject(reading, "the range ends before it begins");
	return feed_add_ipv6(reading, address, &last);
}

static int take(struct feed_reading *reading, char *line, size_t length)
{
	const char *at = feed_skip_blanks(line);
	struct addr ipv6;
	uint32_t ipv4 = 0;
	/* Most lines are just this, and then nothing is left to be stripped. */
	bool is_ipv4 = feed_scan_ipv4(&at, &ipv4);

	strip(line, line + (at - line), line + length);
	if (*at == '\0' && !is_ipv4)
		return 0;
	if (reading->line_cut)
		return reject(reading, "the line is too long");
	if (is_ipv4)
		return take_ipv4(reading, ipv4, at);
	if (feed_scan_ipv6(&at, &ipv6))
		return take_ipv6(reading, &ipv6, at);
	return reject(reading, "no address");
}

const struct feed_parser feed_plain = {.line = take};
const struct feed_parser feed_drop = {.line = take};
