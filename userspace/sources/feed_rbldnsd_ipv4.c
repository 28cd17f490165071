/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rbldnsd's data sets of IPv4. */

#include <endian.h>

#include "sources/feed_rbldnsd.h"
#include "sources/feed_scan.h"

/* The layers of a set's single addresses; larger blocks have the next ones. */
#define SET_EXCLUDED  1
#define SET_LISTED    2
#define SET_SHIFT_MAX 24

static int reject(struct feed_reading *reading, const char *reason)
{
	return feed_problem(reading, FEED_REJECTED, "%s", reason);
}

static bool is_too_large(const struct feed_reading *reading, uint32_t first,
			 uint32_t last)
{
	uint32_t most = reading->rbldnsd->range_max;

	return most && most <= last - first;
}

static bool admits(struct feed_reading *reading, uint32_t first, uint32_t last)
{
	struct addr from, to;

	if (!reading->options->guard)
		return true;
	from = addr_from_ipv4((struct in_addr){htobe32(first)});
	to = addr_from_ipv4((struct in_addr){htobe32(last)});
	return feed_admits(reading, &from, &to);
}

/* Adds blocks a..b of 2^shift addresses to the layer of a level. */
static int add_blocks(struct feed_reading *reading, unsigned int layer,
		      unsigned int shift, uint64_t a, uint64_t b)
{
	return ranges_input_ipv4(reading->layers, layer, (uint32_t)(a << shift),
				 (uint32_t)(((b + 1) << shift) - 1));
}

/*
 * rbldnsd cuts each range of a set into the largest whole octets that it
 * consists of.  The smallest that has an address decides, and an exclusion
 * beats an entry of the same size.
 */
static int add_to_set(struct feed_reading *reading, uint32_t first,
		      uint32_t last, bool excludes)
{
	unsigned int layer = excludes ? SET_EXCLUDED : SET_LISTED;
	uint64_t a = first, b = last;
	unsigned int shift = 0;
	int error = 0;

	for (; shift < SET_SHIFT_MAX && a <= b; shift += 8, layer += 2) {
		if ((a | 255) >= b)
			return add_blocks(reading,
					  b - a == 255 ? layer + 2 : layer,
					  shift, a, b);
		if (a & 255)
			error = add_blocks(reading, layer, shift, a, a | 255);
		if (!error && (b & 255) != 255)
			error = add_blocks(reading, layer, shift,
					   b & ~UINT64_C(255), b);
		if (error)
			return error;
		a = (a + 255) >> 8;
		b = (b & 255) == 255 ? b >> 8 : (b >> 8) - 1;
	}
	return a <= b ? add_blocks(reading, layer, shift, a, b) : 0;
}

static int exclude_from_set(struct feed_reading *reading, uint32_t first,
			    uint32_t last)
{
	for (unsigned int i = 0; i <= SET_SHIFT_MAX / 8; i++)
		ranges_mask_add(&reading->excluded, SET_EXCLUDED + 2 * i);
	return add_to_set(reading, first, last, true);
}

int feed_ip4set(struct feed_reading *reading, const char *line)
{
	bool excludes = feed_excludes(&line);
	uint32_t first, last, hosts;
	unsigned int bits;
	int error;

	if (!excludes && *line == ':')
		return feed_is_value(line)
			       ? 0
			       : reject(reading, "no value for entries");
	if (!feed_scan_cidr4(&line, &first, &last, &bits) || bits == 0 ||
	    !feed_ends_address(*line))
		return reject(reading, "no address or range of rbldnsd's");
	hosts = (uint32_t)(UINT64_C(0xffffffff) >> bits);
	if (first & hosts)
		return reject(reading, "bits are set beyond the length");
	if (is_too_large(reading, first, last))
		return reject(reading, "larger than $MAXRANGE4");
	if (!excludes && !feed_is_rest(line))
		return reject(reading, "no value after the address");
	if (excludes)
		return exclude_from_set(reading, first, last);
	if (!admits(reading, first, last))
		return 0;
	error = feed_count(reading, FAMILY_IPV4);
	return error ? error : add_to_set(reading, first, last, false);
}

/*
 * Of a trie, the layer of a length.  Of twins the first one counts: an entry
 * that comes after its exclusion is dropped, so that what is there came first.
 */
static unsigned int trie_layer(unsigned int bits, bool excludes)
{
	return 2 * (32 - bits) + (excludes ? 2 : 1);
}

int feed_ip4trie(struct feed_reading *reading, const char *line)
{
	bool excludes = feed_excludes(&line);
	uint32_t first, hosts;
	struct prefix prefix;
	unsigned int bits;
	int error;

	if (!excludes && *line == ':')
		return feed_is_value(line)
			       ? 0
			       : reject(reading, "no value for entries");
	if (!feed_scan_cidr4(&line, &first, NULL, &bits) ||
	    !feed_ends_address(*line))
		return reject(reading, "no address or prefix of rbldnsd's");
	hosts = (uint32_t)(UINT64_C(0xffffffff) >> bits);
	if (first & hosts)
		return reject(reading, "bits are set beyond the length");
	if (is_too_large(reading, first, first | hosts))
		return reject(reading, "larger than $MAXRANGE4");
	if (!excludes && !feed_is_rest(line))
		return reject(reading, "no value after the address");
	prefix.addr = addr_from_ipv4((struct in_addr){htobe32(first)});
	prefix.length = (uint8_t)bits;
	if (excludes) {
		ranges_mask_add(&reading->excluded, trie_layer(bits, true));
		error = feed_exclude(&reading->rbldnsd->exclusions, &prefix);
		return error ? error
			     : ranges_input_ipv4(reading->layers,
						 trie_layer(bits, true), first,
						 first | hosts);
	}
	if (feed_is_excluded(&reading->rbldnsd->exclusions, &prefix))
		return reject(reading, "excluded before, and the first counts");
	return feed_add_ipv4(reading, trie_layer(bits, false), first,
			     first | hosts);
}

int feed_ip4tset(struct feed_reading *reading, const char *line)
{
	uint32_t address;

	if (*line == ':')
		return feed_is_value(line)
			       ? 0
			       : reject(reading, "no value for entries");
	if (feed_scan_octets(&line, &address) != 32 ||
	    !feed_ends_address(*line))
		return reject(reading, "no full address");
	return feed_add_ipv4(reading, FEED_LAYER, address, address);
}
