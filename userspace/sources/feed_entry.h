/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What parsers have in common: the file they are in, and where what they find
 * goes.  Private to sources/feed*.c.
 */
#ifndef POSTERN_SOURCES_FEED_ENTRY_H
#define POSTERN_SOURCES_FEED_ENTRY_H

#include "sources/feed.h"
#include "sources/feed_stream.h"

struct feed_rbldnsd;

struct feed_reading {
	const struct feed_options *options;
	struct feed_report *report;
	uint64_t line_number;
	const char *line; /* as it was, for problems */
	size_t line_length;
	bool line_cut;

	/* Layers of entries: the lowest that has an address decides. */
	struct ranges_input *layers;
	struct ranges_mask excluded;
	/* What has been resolved. */
	struct ranges_input *all;

	struct feed_rbldnsd *rbldnsd; /* its parsers' */
};

/*
 * One for each format.  `line` has no newline and may be changed.  A parser
 * reports what is wrong with a line, and returns 0 as long as it can go on,
 * or a negative errno: -EBADMSG with report->refused set.
 */
struct feed_parser {
	int (*line)(struct feed_reading *reading, char *line, size_t length);
	int (*end)(struct feed_reading *reading); /* may be NULL */
};

extern const struct feed_parser feed_plain;
extern const struct feed_parser feed_drop;
extern const struct feed_parser feed_json;
extern const struct feed_parser feed_dshield;

/* The layer of formats without exclusions. */
#define FEED_LAYER 1

/*
 * Adds first..last (of one family) to a layer, unless the guard objects.
 * Returns 0 or a negative errno.
 */
int feed_add_ipv4(struct feed_reading *reading, unsigned int layer,
		  uint32_t first, uint32_t last);
int feed_add_prefix(struct feed_reading *reading, unsigned int layer,
		    const struct prefix *prefix);
int feed_add_ipv6(struct feed_reading *reading, const struct addr *first,
		  const struct addr *last);

/* The last address of a prefix of IPv6, whatever the address looks like. */
struct addr feed_last_ipv6(const struct addr *addr, unsigned int length);

/* Whether an entry may be added; reports it otherwise. */
bool feed_admits(struct feed_reading *reading, const struct addr *first,
		 const struct addr *last);

/* Counts an entry.  Returns 0, or -EBADMSG for one too many. */
int feed_count(struct feed_reading *reading, enum family family);

/* Records something about the line; always returns 0. */
int feed_problem(struct feed_reading *reading, enum feed_problem_kind kind,
		 const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The file must not be used; returns -EBADMSG. */
int feed_refuse(struct feed_report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Resolves the layers, and empties them. */
int feed_resolve(struct feed_reading *reading);

#endif
