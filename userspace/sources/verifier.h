/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps the cache of Postfix's address verification warm, so that an outage
 * of the primary does not meet known recipients with "unverified address":
 * while the primary is healthy, it asks a listener of the local Postfix for
 * one recipient after the other, by MAIL and RCPT, never DATA.  Postfix
 * answers from its cache, or asks the primary, and remembers the answer
 * (verify(8)).
 *
 * `sendmail -bv` would not do: its answer is mailed, and not remembered.
 */
#ifndef POSTERN_SOURCES_VERIFIER_H
#define POSTERN_SOURCES_VERIFIER_H

#include <uv.h>

#include "core/config.h"

struct verifier_status {
	uint64_t accepted; /* recipients, since the start */
	uint64_t refused;  /* by 5xx, if unverified_recipient_reject_code is */
	uint64_t deferred; /* by 4xx: not known yet, or by default unknown */
	uint64_t failed;   /* the listener didn't answer as it should */
	uint64_t skipped;  /* lines of the file that are no address */
	bool resting;	   /* a round is done, the next one begins later */
	const char *problem; /* why nothing can be asked, or NULL */
};

struct verifier;

/* Copies what it needs of `config`.  Returns 0 and *out, or -ENOMEM. */
int verifier_create(uv_loop_t *loop, const struct config *config,
		    struct verifier **out);

/* It asks only while the primary is up. */
void verifier_allow(struct verifier *verifier, bool up);

void verifier_status(const struct verifier *verifier,
		     struct verifier_status *out);

/* Frees itself once the loop has run. */
void verifier_close(struct verifier *verifier);

#endif
