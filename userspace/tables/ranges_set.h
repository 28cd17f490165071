/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One list on its own, as it is kept between compilations: sorted, packed,
 * without overlaps, and otherwise entry by entry as it was given, so that it
 * can tell which entry has an address.  A range is the prefixes it consists of.
 *
 * A set never changes once made, and any thread may read it.  Its references
 * are counted by one thread alone.
 */
#ifndef POSTERN_TABLES_RANGES_SET_H
#define POSTERN_TABLES_RANGES_SET_H

#include <stdbool.h>

#include "tables/ranges.h"

/* Some of the lists of an input. */
struct ranges_mask {
	uint64_t bits[LISTS_MAX / 64];
};

void ranges_mask_add(struct ranges_mask *mask, unsigned int list);

/*
 * Adds to list 1 of `to` what is on `from`: the addresses whose lowest list
 * is none of `excluded`.  `from` is empty and usable afterwards.  Returns 0,
 * or -ENOMEM with both in an unknown, but sound state.
 */
int ranges_input_resolve(struct ranges_input *from,
			 const struct ranges_mask *excluded,
			 struct ranges_input *to);

/* Adds first..last, of IPv6, to a list: as ranges_input_prefix(). */
int ranges_input_between(struct ranges_input *input, unsigned int list,
			 const struct addr *first, const struct addr *last);

struct ranges_set;

/*
 * Moves list 1 of `input` into a set.  Returns 0 and *out, with one
 * reference, or -ENOMEM.
 */
int ranges_set_create(struct ranges_input *input, struct ranges_set **out);

struct ranges_set *ranges_set_get(struct ranges_set *set);
void ranges_set_put(struct ranges_set *set); /* NULL is fine */

/* How many entries of a family are left, without twins and nested ones. */
size_t ranges_set_count(const struct ranges_set *set, enum family family);

/*
 * Whether the address is in the set.  *out is the entry that has it, or where
 * that is a range, the widest prefix of it that does.
 */
bool ranges_set_find(const struct ranges_set *set, const struct addr *addr,
		     struct prefix *out);

/* The same of a family: an address that is IPv4 may be asked for as IPv6. */
bool ranges_set_find_as(const struct ranges_set *set, enum family family,
			const struct addr *addr, struct prefix *out);

/*
 * Lends the set to a list of `input` that has nothing else.  It must outlive
 * the input.
 */
void ranges_input_lend(struct ranges_input *input, unsigned int list,
		       const struct ranges_set *set);

#endif
