/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run: prefixes in order and disjoint, packed into two or three octets each
 * where they lie close together, which is half of what the compiled table
 * takes.  So a list can be kept between compilations, and the version before
 * it until the new one is in force, for less than the table itself.
 *
 * An entry says how many prefixes of its size would fit between it and the one
 * before.  The first octet has the lowest six bits of that number, and in its
 * lowest bit whether the size is another one than before; then seven bits each,
 * as long as the highest bit says that there are more; then the other size.
 *
 * Private to tables/ranges*.c.
 */
#ifndef POSTERN_TABLES_RANGES_RUN_H
#define POSTERN_TABLES_RANGES_RUN_H

#include "tables/ranges_internal.h"

/*
 * Adds a prefix with so many bits for hosts behind all that are there.
 * Returns 0, or -ENOMEM with the run as before.
 */
int ranges_run_add(struct ranges_run *run, ranges_number first,
		   unsigned int hosts);

/* Adds first..last behind all that are there, as prefixes; as above. */
int ranges_run_add_range(struct ranges_run *run, ranges_number first,
			 ranges_number last);

/*
 * Merges `from` into `run`, and empties it.  Of prefixes within each other
 * only the widest is left.  Returns 0, or -ENOMEM with both as before.
 */
int ranges_run_merge(struct ranges_run *run, struct ranges_run *from);

/* Gives back the memory for what might have come. */
void ranges_run_finish(struct ranges_run *run);

void ranges_run_empty(struct ranges_run *run);

/* Whether an entry has the address; *first and *hosts are that entry. */
bool ranges_run_find(const struct ranges_run *run, ranges_number at,
		     ranges_number *first, unsigned int *hosts);

/* Walks along a run, which must not change meanwhile. */
struct ranges_cursor {
	const uint8_t *at;
	const uint8_t *end;
	ranges_number next; /* behind the last entry */
	unsigned int hosts;
};

static inline struct ranges_cursor ranges_run_walk(const struct ranges_run *run)
{
	return (struct ranges_cursor){
		.at = run->octets,
		.end = run->size ? run->octets + run->size : run->octets,
	};
}

/* All addresses but the first of a prefix with so many bits for hosts. */
static inline ranges_number ranges_hosts(unsigned int hosts)
{
	return hosts ? ~(ranges_number)0 >> (128 - hosts) : 0;
}

/* The bits for hosts of the widest prefix that begins first..last. */
static inline unsigned int ranges_widest(ranges_number first,
					 ranges_number last)
{
	unsigned int hosts = 0;

	while (hosts < 128 && (first & ranges_hosts(hosts + 1)) == 0 &&
	       (first | ranges_hosts(hosts + 1)) <= last)
		hosts++;
	return hosts;
}

/* Returns false at the end; cursor->hosts is of the entry. */
bool ranges_cursor_next(struct ranges_cursor *cursor, ranges_number *first,
			ranges_number *last);

#endif
