/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lookup in a table for IPv4, as bpf/ranges.h does it, but in no hurry. */

#include <endian.h>

#include "tables/ranges_internal.h"

/* The pair of entry `low` of `count`. */
static uint16_t find_pair(const struct ranges_ipv4 *ranges,
			  const struct ranges_ipv4_group *group,
			  const uint16_t *at, size_t low, size_t count)
{
	unsigned int code = le16toh(at[low]) & RANGES_IPV4_CODE_MASK;
	unsigned int pair = 0;

	if (code != RANGES_IPV4_RARE)
		return ranges->pairs[code];
	if (group->unit != group->part + 1)
		return le16toh(at[count + low]);
	for (size_t i = low - RANGES_IPV4_LEADS; i < low; i++)
		pair = pair * RANGES_IPV4_LEAD_BASE +
		       (le16toh(at[i]) & RANGES_IPV4_CODE_MASK);
	return (uint16_t)pair;
}

unsigned int ranges_ipv4_find(const struct ranges_ipv4 *ranges,
			      uint32_t address)
{
	const struct ranges_ipv4_group *group =
		&ranges->groups[address >> RANGES_IPV4_GROUP_BITS];
	uint32_t block =
		address >> RANGES_IPV4_BLOCK_BITS & (RANGES_IPV4_BLOCKS - 1);
	uint32_t host = address & RANGES_IPV4_BLOCK_MASK;
	size_t low = 0, high, count;
	const uint16_t *at;
	uint16_t pair;

	count = (group->sizes >> block * 4 & 0xf) << group->part;
	if (count == 0)
		return group->rule;
	at = ranges->words + (group->start & RANGES_IPV4_START_MASK) / 2 +
	     ((group->start >> RANGES_IPV4_PAGE_SHIFT) - 1UL) *
		     RANGES_IPV4_WORDS;
	for (uint32_t i = 0; i < block; i++)
		at += (group->sizes >> i * 4 & 0xf) << group->unit >> 1;
	/* Which of them is the last to begin at or before the address? */
	high = count;
	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (le16toh(at[middle]) >> RANGES_IPV4_CODE_BITS <= host)
			low = middle;
		else
			high = middle;
	}
	pair = find_pair(ranges, group, at, low, count);
	host -= le16toh(at[low]) >> RANGES_IPV4_CODE_BITS;
	/* Where all begin behind it, this is no small number either. */
	return host >> (pair >> RANGES_IPV4_K_SHIFT) ? group->rule
						     : pair & RANGES_LIST_MASK;
}
