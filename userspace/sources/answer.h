/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a DNS reply says, in three states: there are records, there are none,
 * or nothing is known.  Only what a server vouches for counts as "none": an
 * NXDOMAIN, or an empty answer that names its zone by an SOA.  An empty answer
 * without one is what resolvers with a rebinding filter make of a listing.
 *
 * Pure: bytes in, struct answer out.  Nothing here allocates.
 */
#ifndef POSTERN_SOURCES_ANSWER_H
#define POSTERN_SOURCES_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"
#include "core/site.h"

enum answer_kind {
	ANSWER_RECORDS, /* records of the type asked for */
	ANSWER_NONE,	/* NXDOMAIN, or NODATA with an SOA: there is none */
	ANSWER_FAILED,	/* anything else: nothing is known */
};

#define ANSWER_RECORDS_MAX 64
#define ANSWER_TEXT_MAX	   256

enum question_type {
	QUESTION_A,
	QUESTION_AAAA,
	QUESTION_MX,
	QUESTION_TXT,
	QUESTION_TLSA, /* RFC 6698: they are counted, no more */
};

struct answer_mx {
	uint16_t preference;
	char host[SITE_ZONE_MAX]; /* "" for a null MX (RFC 7505) */
};

/* Large: pass it by reference, and expect only `count` records to be set. */
struct answer {
	enum answer_kind kind;
	const char *why; /* static words, for ANSWER_FAILED; else NULL */
	uint32_t ttl_s;	 /* least TTL of the records; negative TTL (RFC 2308)
			    of the SOA for ANSWER_NONE; 0 where there is none */
	enum question_type type;
	size_t count;
	union {
		struct addr addresses[ANSWER_RECORDS_MAX]; /* A, AAAA */
		struct answer_mx mx[ANSWER_RECORDS_MAX];
		char text[ANSWER_TEXT_MAX]; /* TXT: the first, printable */
	};
};

/* The type's number on the wire (RFC 1035, 3596, 6698). */
int question_type_code(enum question_type type);

/* `why`: static words that complete "the lookup failed: ...". */
void answer_fail(struct answer *out, enum question_type type, const char *why);

/* Reads the reply to a question for `name`; *out is set in any case. */
void answer_parse(const uint8_t *reply, size_t length, const char *name,
		  enum question_type type, struct answer *out);

#endif
