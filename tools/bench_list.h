/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of addresses and prefixes as they are met, made up by a generator
 * that makes the same ones every time; and sources, of which some are listed.
 *
 *   uniform	IPv4: distinct random addresses
 *		IPv6: random /64s within 8,000 /32s: random ones of all there
 *		could be would have a /32 each, which nobody's list has
 *   clustered	IPv4: within 20,000 /16s, some of them with far more than
 *		others, nine of ten single addresses, the rest /16 to /31
 *		IPv6: within 8,000 /32s, half of them /64s, a quarter single
 *		addresses, the rest /29 to /56
 */
#ifndef POSTERN_TOOLS_BENCH_LIST_H
#define POSTERN_TOOLS_BENCH_LIST_H

#include "core/addr.h"
#include "tables/ranges.h"

enum bench_shape {
	BENCH_UNIFORM,
	BENCH_CLUSTERED,
	BENCH_SHAPES,
};

struct bench_list {
	enum family family;
	enum bench_shape shape;
	size_t count;
	struct prefix *entries;
};

const char *bench_shape_name(enum bench_shape shape);

/* "IPv4", "IPv6" */
const char *bench_family_name(enum family family);

/* Returns 0 and *out, or -ENOMEM. */
int bench_list_create(enum family family, enum bench_shape shape, size_t count,
		      struct bench_list *out);

/*
 * Random sources of which `hits` in a hundred are listed; the others are as
 * near to what is listed as that is to each other.  `ranges` are those of the
 * list.  Returns how many are listed.
 */
size_t bench_list_sources(const struct bench_list *list,
			  const struct ranges *ranges, unsigned int hits,
			  struct addr *sources, size_t count);

void bench_list_free(struct bench_list *list);

#endif
