/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The owner of c-ares: asks DNS questions from the worker's event loop.
 *
 * One resolver a process.  A callback never runs before the call that asked
 * for it has returned, exactly one runs for each question that was accepted
 * (ANSWER_FAILED at the latest when the resolver is closed), and it may ask
 * again, but not close the resolver.
 */
#ifndef POSTERN_SOURCES_RESOLVER_H
#define POSTERN_SOURCES_RESOLVER_H

#include <uv.h>

#include "core/config.h"

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
};

struct answer_mx {
	uint16_t preference;
	char host[SITE_ZONE_MAX];
};

struct answer {
	enum answer_kind kind;
	const char *why; /* static words, for ANSWER_FAILED */
	uint32_t ttl_s;	 /* least TTL of the records; negative TTL (RFC 2308)
			    of the SOA for ANSWER_NONE; 0 otherwise */
	enum question_type type;
	size_t count;
	union {
		struct addr addresses[ANSWER_RECORDS_MAX]; /* A, AAAA */
		struct answer_mx mx[ANSWER_RECORDS_MAX];
		char text[ANSWER_TEXT_MAX]; /* TXT: of the first record */
	};
};

struct resolver;

typedef void resolver_done(void *context, const struct answer *answer);

/* Returns 0 and *out, or a negative errno with *out untouched. */
int resolver_create(uv_loop_t *loop,
		    const struct config_nameserver *nameservers,
		    size_t nameserver_count, struct resolver **out);

/*
 * Asks for the records of `name`.  Returns 0, or a negative errno: then
 * nothing was asked and `done` is never called.
 */
int resolver_ask(struct resolver *resolver, const char *name,
		 enum question_type type, resolver_done *done, void *context);

/* Questions under way. */
size_t resolver_pending(const struct resolver *resolver);

/* Frees everything once the loop has run the last close callback. */
void resolver_close(struct resolver *resolver);

#endif
