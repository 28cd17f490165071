/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many questions one zone may still get within its terms of use: so many
 * a period (a day, commonly), counted from multiples of the period since the
 * epoch.  Senders that wait come first: pre-warming gets a tenth, and past
 * seven tenths neither pre-warming nor refreshing gets anything.
 *
 * A flood of forged senders must not use up a day's quota in minutes: in a
 * slice, a 24th of the period, those that wait get half of what was left at its
 * beginning, but a twelfth of the whole and QUOTA_SLICE_LEAST in any case.
 * Once half of that is used, and faster than time passes, the quota is short:
 * whoever asks had better ask for those alone that are no forgeries.
 *
 * Pure.  `now_s` is wall clock time, since the count survives restarts.
 */
#ifndef POSTERN_SOURCES_QUOTA_H
#define POSTERN_SOURCES_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sources/dnsbl_queue.h"

#define QUOTA_SLICE_LEAST 1000

struct quota {
	uint64_t limit; /* 0: none */
	uint64_t period_s;
	uint64_t started_s; /* of the period that is counted */
	uint64_t used;
	uint64_t prewarmed;  /* of these */
	uint64_t slice_s;    /* when the slice began; 0: none has yet */
	uint64_t slice_from; /* what was used when it began */
	uint64_t slice_end;  /* what may be used by its end */
};

void quota_init(struct quota *quota, uint64_t limit, uint64_t period_s);

/* Takes one question; false when there is none left for that priority. */
bool quota_take(struct quota *quota, uint64_t now_s,
		enum dnsbl_priority priority);

/*
 * Whether what the slice has for senders that wait won't last at this pace, or
 * less than an eighth is left; `waiting` more are going to be taken.
 */
bool quota_is_short(const struct quota *quota, uint64_t now_s, size_t waiting);

bool quota_exhausted(const struct quota *quota, uint64_t now_s);

/* Whether it isn't, but only the next slice has more for senders that wait. */
bool quota_rests(const struct quota *quota, uint64_t now_s);

/*
 * What an earlier process had used: it counts if it is of the same period,
 * and adds to what has been used meanwhile.
 */
void quota_restore(struct quota *quota, uint64_t now_s, uint64_t started_s,
		   uint64_t used, uint64_t prewarmed);

#endif
