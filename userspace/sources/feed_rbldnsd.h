/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rbldnsd's data files.  They mean here what rbldnsd 1.0 answers for them,
 * with all that it reads in its own way; what it would not load at all is
 * refused.  Private to sources/feed_rbldnsd*.c and feed.c.
 *
 *   feed_rbldnsd		lines, special entries, combined files
 *   feed_rbldnsd_scan		abbreviated addresses, ranges, values
 *   feed_rbldnsd_ipv4, _ipv6	the data sets
 */
#ifndef POSTERN_SOURCES_FEED_RBLDNSD_H
#define POSTERN_SOURCES_FEED_RBLDNSD_H

#include "sources/feed_entry.h"

/* The prefixes that a trie excludes so far. */
struct feed_exclusions {
	struct prefix *slots;
	size_t count;
	size_t room; /* a power of two, or 0 */
};

struct feed_rbldnsd {
	uint32_t range_max; /* $MAXRANGE4; 0: any */
	struct feed_exclusions exclusions;

	/* Of a combined file: */
	int (*dataset)(struct feed_reading *reading, const char *line);
	bool dataset_known;
	bool base; /* the current data set is for the zone itself */
	bool any_base;
	bool ignored; /* for no zone */
	uint64_t entries_before[FAMILY_MAX];
	uint64_t entries_others[FAMILY_MAX];
	struct ranges_input *others; /* of subzones alone */
};

int feed_rbldnsd_create(struct feed_reading *reading);
void feed_rbldnsd_free(struct feed_rbldnsd *rbldnsd);

/* A line of a data set, without blanks around it. */
typedef int feed_dataset(struct feed_reading *reading, const char *line);
feed_dataset feed_ip4set, feed_ip4trie, feed_ip4tset, feed_ip6trie,
	feed_ip6tset;

/*
 * Reads up to four octets.  Returns 8, 16, 24 or 32, the bits that were
 * given; 0 for what is no address.
 */
unsigned int feed_scan_octets(const char **at, uint32_t *out);

/*
 * Reads a prefix into *bits; where `last` is not NULL a range may stand
 * there, too, which has 32.  Host bits are as they were given.
 */
bool feed_scan_cidr4(const char **at, uint32_t *first, uint32_t *last,
		     unsigned int *bits);

/* Reads groups of IPv6 and in *bits how many bits were given. */
bool feed_scan_groups(const char **at, struct addr *out, unsigned int *bits);
bool feed_scan_cidr6(const char **at, struct addr *out, unsigned int *bits);

/* What may follow an address. */
bool feed_ends_address(char c);

/* Whether a value, of an entry or of those to come, is sound. */
bool feed_is_value(const char *text);

/* The same of what follows an address: nothing, a comment, or a value. */
bool feed_is_rest(const char *text);

/* An entry that begins with `!` excludes; *line is moved behind it. */
bool feed_excludes(const char **line);

/* Remembers an exclusion.  Returns 0 or -ENOMEM. */
int feed_exclude(struct feed_exclusions *exclusions,
		 const struct prefix *prefix);
bool feed_is_excluded(const struct feed_exclusions *exclusions,
		      const struct prefix *prefix);
void feed_exclusions_clear(struct feed_exclusions *exclusions);

/*
 * $TIMESTAMP.  Returns false for what is none; else *expires is its second
 * date in Unix time or 0, and *stamp its first.
 */
bool feed_scan_timestamp(const char *text, int64_t *stamp, int64_t *expires);

extern const struct feed_parser feed_rbldnsd_ip4set, feed_rbldnsd_ip4trie,
	feed_rbldnsd_ip4tset, feed_rbldnsd_ip6trie, feed_rbldnsd_ip6tset,
	feed_rbldnsd_combined;

#endif
