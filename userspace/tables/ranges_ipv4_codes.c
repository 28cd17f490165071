/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which pairs of a size and a list get one of the few codes for IPv4. */

#include <string.h>

#include "tables/ranges_run.h"

/*
 * Every range can do with the codes of its list for the first and the last
 * address, so these count for all.
 */
static void count_range(uint32_t uses[static RANGES_IPV4_PAIRS], uint32_t first,
			uint32_t last, uint8_t list)
{
	uint32_t size = last - first + 1;
	unsigned int k = RANGES_IPV4_BLOCK_BITS;

	if (ranges_ipv4_block(first) == ranges_ipv4_block(last) &&
	    (size & (size - 1)) == 0)
		k = (unsigned int)__builtin_ctz(size);
	uses[ranges_ipv4_pair(k, list)]++;
	if (k != 0 && k != RANGES_IPV4_BLOCK_BITS)
		uses[ranges_ipv4_pair(RANGES_IPV4_BLOCK_BITS, list)]++;
	if (k != 0)
		uses[ranges_ipv4_pair(0, list)]++;
}

/* Neighbours are one range, as they will be in the table. */
static void count_list(uint32_t uses[static RANGES_IPV4_PAIRS],
		       const struct ranges_run *run, uint8_t list)
{
	struct ranges_cursor cursor = ranges_run_walk(run);
	ranges_number first, last, start, end;

	if (!ranges_cursor_next(&cursor, &start, &end))
		return;
	while (ranges_cursor_next(&cursor, &first, &last)) {
		if (first != end + 1) {
			count_range(uses, (uint32_t)start, (uint32_t)end, list);
			start = first;
		}
		end = last;
	}
	count_range(uses, (uint32_t)start, (uint32_t)end, list);
}

/*
 * How often a code would be used: nearly so, as if the lists neither
 * overlapped nor were the rule anywhere.
 */
static void count_uses(const struct ranges_input *input,
		       uint32_t uses[static RANGES_IPV4_PAIRS])
{
	for (unsigned int i = 1; i < LISTS_MAX; i++)
		count_list(uses, &input->lists[i].runs[FAMILY_IPV4],
			   (uint8_t)i);
}

void ranges_ipv4_choose_codes(const struct ranges_input *input,
			      uint8_t codes[static RANGES_IPV4_PAIRS],
			      uint16_t pairs[static RANGES_IPV4_CODES])
{
	uint32_t uses[RANGES_IPV4_PAIRS] = {0};

	count_uses(input, uses);
	memset(codes, RANGES_IPV4_RARE, RANGES_IPV4_PAIRS);
	for (unsigned int code = 0; code < RANGES_IPV4_RARE; code++) {
		unsigned int most = 0;

		for (unsigned int pair = 0; pair < RANGES_IPV4_PAIRS; pair++)
			if (uses[pair] > uses[most])
				most = pair;
		if (uses[most] == 0)
			break;
		uses[most] = 0;
		codes[most] = (uint8_t)code;
		pairs[code] = (uint16_t)most;
	}
}
