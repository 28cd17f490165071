/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rbldnsd's data sets of IPv6. */

#include <errno.h>

#include "sources/feed_rbldnsd.h"
#include "sources/feed_scan.h"

static int reject(struct feed_reading *reading, const char *reason)
{
	return feed_problem(reading, FEED_REJECTED, "%s", reason);
}

/*
 * As with IPv4.  There are not enough layers for /1 and /0: exclusions of
 * these are either without effect or absurd.
 */
static unsigned int trie_layer(unsigned int bits, bool excludes)
{
	if (bits < 2)
		return LISTS_MAX - 1;
	return 2 * (128 - bits) + (excludes ? 2 : 1);
}

/* With all but its first bits zero, in IPv6's own count. */
static struct addr mask(const struct addr *addr, unsigned int bits)
{
	struct addr masked = *addr;

	for (unsigned int bit = bits; bit < 128; bit++)
		masked.octets[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	return masked;
}

/*
 * Into a layer, as IPv6 even where it is an IPv4 address in IPv6's clothes:
 * what rbldnsd has for tests (RFC 5782) lists no source of IPv4.
 */
static int add(struct feed_reading *reading, unsigned int layer,
	       const struct prefix *prefix)
{
	struct addr last;

	if (addr_family(&prefix->addr) == FAMILY_IPV6)
		return ranges_input_prefix(reading->layers, layer, prefix);
	last = feed_last_ipv6(&prefix->addr, prefix->length);
	return ranges_input_between(reading->layers, layer, &prefix->addr,
				    &last);
}

static int include(struct feed_reading *reading, unsigned int layer,
		   const struct prefix *prefix)
{
	struct addr last;
	int error;

	if (addr_family(&prefix->addr) == FAMILY_IPV6)
		return feed_add_prefix(reading, layer, prefix);
	last = feed_last_ipv6(&prefix->addr, prefix->length);
	if (!feed_admits(reading, &prefix->addr, &last))
		return 0;
	error = feed_count(reading, FAMILY_IPV6);
	return error ? error : add(reading, layer, prefix);
}

static int exclude(struct feed_reading *reading, const struct prefix *prefix)
{
	int error = feed_exclude(&reading->rbldnsd->exclusions, prefix);

	if (error || prefix->length == 0)
		return error;
	if (prefix->length == 1)
		return feed_refuse(reading->report,
				   "it excludes half of all IPv6");
	ranges_mask_add(&reading->excluded, trie_layer(prefix->length, true));
	return add(reading, trie_layer(prefix->length, true), prefix);
}

int feed_ip6trie(struct feed_reading *reading, const char *line)
{
	bool excludes = feed_excludes(&line);
	struct prefix prefix;
	struct addr given;
	unsigned int bits;

	if (!excludes && *line == ':' && line[1] != ':')
		return feed_is_value(line)
			       ? 0
			       : reject(reading, "no value for entries");
	if (!feed_scan_cidr6(&line, &given, &bits) || !feed_ends_address(*line))
		return reject(reading, "no address or prefix of rbldnsd's");
	prefix.length = (uint8_t)bits;
	prefix.addr = mask(&given, bits);
	if (!addr_equal(&prefix.addr, &given))
		return reject(reading, "bits are set beyond the length");
	if (!excludes && !feed_is_rest(line))
		return reject(reading, "no value after the address");
	if (excludes)
		return exclude(reading, &prefix);
	if (feed_is_excluded(&reading->rbldnsd->exclusions, &prefix))
		return reject(reading, "excluded before, and the first counts");
	return include(reading, trie_layer(bits, false), &prefix);
}

#define TSET_EXCLUDED 1
#define TSET_LISTED   2

int feed_ip6tset(struct feed_reading *reading, const char *line)
{
	bool excludes = feed_excludes(&line);
	struct prefix prefix;
	unsigned int bits;

	if (!excludes && *line == ':')
		return feed_is_value(line)
			       ? 0
			       : reject(reading, "no value for entries");
	if (!feed_scan_groups(&line, &prefix.addr, &bits) ||
	    !feed_ends_address(*line))
		return reject(reading, "no address of rbldnsd's");
	if (bits != (excludes ? 128 : 64))
		return reject(reading, excludes ? "an exclusion has all groups"
						: "an entry has four groups");
	prefix.length = (uint8_t)bits;
	if (!excludes)
		return include(reading, TSET_LISTED, &prefix);
	ranges_mask_add(&reading->excluded, TSET_EXCLUDED);
	return add(reading, TSET_EXCLUDED, &prefix);
}
