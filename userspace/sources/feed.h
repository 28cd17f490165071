/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a feed: a list of addresses from a file that something else refreshes.
 * Nothing of it is lost in silence: what is not taken is counted, and the
 * first few lines are kept with the reason.
 *
 *   feed_stream	the file's text, line by line, out of gzip and zstd
 *   feed_detect	which format it is, or that it is no list of addresses
 *   feed_plain, feed_json, feed_dshield, feed_rbldnsd*	one parser each
 *   feed_entry		what a parser has found, past the guard, into a set
 *   feed_guard		what must stay reachable, and what no feed may contain
 *
 * Blocks, and shares nothing: for any thread.  Memory is bounded by the number
 * of entries.
 */
#ifndef POSTERN_SOURCES_FEED_H
#define POSTERN_SOURCES_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "core/feed_format.h"
#include "tables/ranges_set.h"

#define FEED_ENTRIES_MAX  UINT64_C(33554432)
#define FEED_TEXT_MAX	  UINT64_C(2147483648) /* octets, once unpacked */
#define FEED_REJECTED_MAX 50		       /* percent, unless set */

struct feed_guard;

struct feed_options {
	enum feed_format format;
	unsigned int rejected_max;	/* percent of the entries */
	const struct feed_guard *guard; /* NULL: nothing is left out */
};

enum feed_problem_kind {
	FEED_REJECTED, /* a line that says nothing we understand */
	FEED_LEFT_OUT, /* an entry that the guard kept out */
	FEED_NOTED,    /* what was taken for what it must mean, or skipped */
	FEED_PROBLEM_KINDS,
};

#define FEED_PROBLEM_TEXT   96
#define FEED_PROBLEM_REASON 128
#define FEED_PROBLEMS_MAX   10 /* of each kind that are kept */
#define FEED_REFUSED_TEXT   256

struct feed_problem {
	enum feed_problem_kind kind;
	uint64_t line;
	char text[FEED_PROBLEM_TEXT]; /* octets of a stranger */
	char reason[FEED_PROBLEM_REASON];
};

struct feed_report {
	enum feed_format format; /* FEED_AUTO: it was not found out */
	uint64_t entries[FAMILY_MAX];
	uint64_t count[FEED_PROBLEM_KINDS];
	struct feed_problem problems[FEED_PROBLEMS_MAX * FEED_PROBLEM_KINDS];
	size_t problem_count;
	int64_t expires_unix;		 /* the file's own date; 0: none */
	char refused[FEED_REFUSED_TEXT]; /* why it must not be used, or "" */
};

/*
 * Reads an open file to its end.  Returns 0 and *out, which is for use only
 * if report->refused is empty; or a negative errno with report->refused set
 * and *out untouched: -EBADMSG where the file is to blame.
 */
int feed_read(int fd, const struct feed_options *options,
	      struct feed_report *report, struct ranges_set **out);

const char *feed_format_name(enum feed_format format);

/* Returns FEED_FORMATS for a name that is none. */
enum feed_format feed_format_find(const char *name);

#endif
