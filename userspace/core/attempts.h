/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attempts to get past the closed gate, and how many of them each
 * bypass.policy refuses: what to choose one by.
 *
 * The program tells of SYNs, under load of some.  Those of one source within
 * two minutes are one attempt, for a client that is refused repeats its SYN.
 * In a flood sources push each other out, and the figures are an estimate.
 *
 * Pure: no I/O, no clock of its own.
 */
#ifndef POSTERN_CORE_ATTEMPTS_H
#define POSTERN_CORE_ATTEMPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "shared.h"

/* Sources remembered, 24 octets each. */
#define ATTEMPTS_MAX 8192
#define ATTEMPTS_S   120

struct attempts;

/* `seed`: any, so that nobody can choose who shares a place.  NULL: no memory
 */
struct attempts *attempts_create(uint64_t seed);

/*
 * A source has come to the closed gate, at a time of a monotonic clock.
 * `listed`: it is known that blocklists name it; `witness`: it may pass.
 */
void attempts_note(struct attempts *attempts, const struct addr *source,
		   bool listed, bool witness, uint64_t now_ns);

/* So many there were, and so many each policy refuses. */
struct attempts_status {
	uint64_t strict; /* all of them */
	uint64_t off;	 /* those of listed sources */
	uint64_t witness;
};
struct attempts_status attempts_status(const struct attempts *attempts);

/* Counts anew. */
void attempts_reset(struct attempts *attempts);

void attempts_free(struct attempts *attempts);

#endif
