/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spamhaus DROP as it is published now: an object a line with the prefix in
 * "cidr", and at the end one about the file itself.
 */

#include <jansson.h>
#include <string.h>

#include "sources/feed_entry.h"
#include "sources/feed_scan.h"

static int reject(struct feed_reading *reading, const char *reason)
{
	return feed_problem(reading, FEED_REJECTED, "%s", reason);
}

static int add_prefix(struct feed_reading *reading, const struct prefix *prefix)
{
	uint32_t first, hosts;

	if (addr_family(&prefix->addr) == FAMILY_IPV6)
		return feed_add_prefix(reading, FEED_LAYER, prefix);
	first = ntohl(addr_to_ipv4(&prefix->addr).s_addr);
	hosts = (uint32_t)(UINT64_C(0xffffffff) >> prefix->length);
	return feed_add_ipv4(reading, FEED_LAYER, first, first | hosts);
}

static int take_prefix(struct feed_reading *reading, const char *at)
{
	struct prefix given, prefix;
	char text[PREFIX_TEXT];
	uint32_t ipv4;

	if (feed_scan_ipv4(&at, &ipv4))
		given.addr = addr_from_ipv4((struct in_addr){htonl(ipv4)});
	else if (!feed_scan_ipv6(&at, &given.addr) ||
		 addr_family(&given.addr) == FAMILY_IPV4)
		return reject(reading, "\"cidr\" is no prefix");
	given.length = addr_bits(addr_family(&given.addr));
	if (*at == '/') {
		at++;
		if (!feed_scan_length(&at, addr_family(&given.addr),
				      &given.length))
			return reject(reading, "\"cidr\" is no prefix");
	}
	if (*at != '\0')
		return reject(reading, "\"cidr\" is no prefix");
	if (given.length == 0)
		return reject(reading, "it is everybody");
	prefix = given;
	prefix.addr = addr_mask(&given.addr, given.length);
	if (!addr_equal(&prefix.addr, &given.addr))
		feed_problem(reading, FEED_NOTED,
			     "bits are set beyond the length: taken as %s",
			     prefix_format(&prefix, text));
	return add_prefix(reading, &prefix);
}

static int take(struct feed_reading *reading, char *line, size_t length)
{
	const char *cidr;
	json_t *object;
	int result;

	while (length > 0 && strchr(" \t\r", line[length - 1]))
		length--;
	if (length == 0)
		return 0;
	object = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
	cidr = json_string_value(json_object_get(object, "cidr"));
	if (cidr)
		result = take_prefix(reading, cidr);
	else if (!json_is_object(object))
		result = reject(reading, "no JSON object");
	else if (json_object_get(object, "type"))
		result = 0; /* about the file */
	else
		result = reject(reading, "an object without \"cidr\"");
	json_decref(object);
	return result;
}

const struct feed_parser feed_json = {.line = take};
