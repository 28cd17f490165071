/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Follows the records of one type that a name has in DNS: asks after a delay
 * and again by TTL (within 60 s and one hour), and after a failure every 30 s.
 * A failure changes nothing of what is known, and is logged once; but after a
 * day without an answer it is not known any more.
 *
 * `found` is called for each answer (ANSWER_RECORDS, ANSWER_NONE), and with
 * ANSWER_FAILED once what was known has become too old; never from within a
 * call to this module.  It must not close the follow.
 */
#ifndef POSTERN_SOURCES_FOLLOW_H
#define POSTERN_SOURCES_FOLLOW_H

#include "sources/resolver.h"

#define FOLLOW_STALE_S 86400

struct follow;

/* `answer` is valid during the call. */
typedef void follow_found(void *context, const struct answer *answer);

/*
 * `name` and `resolver` must stay until follow_close().  Returns 0 and *out,
 * or -ENOMEM.
 */
int follow_start(uv_loop_t *loop, struct resolver *resolver, const char *name,
		 enum question_type type, uint64_t delay_ms,
		 follow_found *found, void *context, struct follow **out);

/*
 * `found` is not called any more; frees itself once the loop has closed its
 * timer and the resolver has answered what was asked.
 */
void follow_close(struct follow *follow);

#endif
