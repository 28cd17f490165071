/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The format of what is kept over restarts: what zones have used of their
 * quota, and verdicts, with times of the wall clock.
 *
 *	header   "postern\n", version (4 octets), fingerprint of the sites (8)
 *	Q        octets of the zone's name (1), the name, started, used,
 *	         prewarmed (8 each)
 *	V        address (16), verdict (1), score (4), since, expires, causes
 *(8) E        number of records before it (4), FNV-1a of all before this (8)
 *
 * Numbers are big endian.  What does not end with its E record is refused in
 * whole, so nothing of a file that was cut off or altered is used.
 *
 * Pure, but for the stream that is written to.
 */
#ifndef POSTERN_WORKER_SAVED_STATE_H
#define POSTERN_WORKER_SAVED_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/site.h"
#include "shared.h"

#define SAVED_STATE_VERSION 1

#define SAVED_QUOTAS_MAX   64
#define SAVED_VERDICTS_MAX 1000000

/* No file with as much as that is larger. */
#define SAVED_STATE_MAX 54001024

struct saved_quota {
	char zone[SITE_ZONE_MAX];
	uint64_t started_s;
	uint64_t used;
	uint64_t prewarmed;
};

struct saved_verdict {
	struct addr source;
	enum verdict verdict; /* clean or listed */
	int32_t score;
	uint64_t since_s;
	uint64_t expires_s;
	uint64_t causes;
};

/* ---- writing ---- */

struct saved_writer {
	FILE *out;
	uint32_t count;
	uint64_t hash;
};

/* Errors of the stream show at the end. */
void saved_state_begin(struct saved_writer *writer, FILE *out,
		       uint64_t fingerprint);
void saved_state_put_quota(struct saved_writer *writer,
			   const struct saved_quota *quota);
void saved_state_put_verdict(struct saved_writer *writer,
			     const struct saved_verdict *verdict);

/* Returns 0, or -EIO when something could not be written. */
int saved_state_end(struct saved_writer *writer);

/* ---- reading ---- */

struct saved_visitor {
	/* Comes first; returns whether verdicts are wanted. */
	bool (*fingerprint)(void *context, uint64_t fingerprint);
	void (*quota)(void *context, const struct saved_quota *quota);
	void (*verdict)(void *context, const struct saved_verdict *verdict);
	void *context;
};

/*
 * Returns 0, and all that is in `data` has been visited; or -EINVAL with what
 * is wrong ("is ...", static words) in *why, and nothing has.
 */
int saved_state_read(const void *data, size_t size,
		     const struct saved_visitor *visitor, const char **why);

#endif
