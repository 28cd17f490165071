/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiling all lists of a family into one table; how large tables are. */

#include "tables/ranges.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>

#include "tables/ranges_internal.h"

int ranges_compile(struct ranges_input *input, enum family family,
		   struct ranges **out)
{
	struct ranges *ranges;
	int error;

	ranges = calloc(1, sizeof(*ranges));
	if (!ranges)
		return -ENOMEM;
	ranges->family = family;
	error = ranges_input_settle(input, family);
	if (!error && family == FAMILY_IPV4)
		error = ranges_ipv4_compile(input, &ranges->ipv4);
	else if (!error)
		error = ranges_ipv6_compile(input, &ranges->ipv6);
	if (error) {
		free(ranges);
		return error;
	}
	*out = ranges;
	return 0;
}

void ranges_free(struct ranges *ranges)
{
	if (!ranges)
		return;
	if (ranges->family == FAMILY_IPV4)
		ranges_ipv4_free(&ranges->ipv4);
	else
		ranges_ipv6_free(&ranges->ipv6);
	free(ranges);
}

uint32_t ranges_pages(const struct ranges *ranges)
{
	if (ranges->family == FAMILY_IPV4)
		return ranges_ipv4_pages(&ranges->ipv4);
	return ranges_ipv6_pages(&ranges->ipv6);
}

unsigned int ranges_find(const struct ranges *ranges, const struct addr *addr)
{
	if (ranges->family == FAMILY_IPV6)
		return ranges_ipv6_find(&ranges->ipv6, addr);
	return ranges_ipv4_find(&ranges->ipv4,
				be32toh(addr_to_ipv4(addr).s_addr));
}
