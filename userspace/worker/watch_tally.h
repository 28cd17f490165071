/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many decisions those who watch have not been shown: all that the program
 * has counted, by reason, less those that have come.  So it does not matter
 * where one was left out: for its budget, or for want of room.
 *
 * Pure.
 */
#ifndef POSTERN_WORKER_WATCH_TALLY_H
#define POSTERN_WORKER_WATCH_TALLY_H

#include <stdint.h>

#include "shared.h"

struct watch_tally {
	uint64_t base[REASON_MAX]; /* what was counted before */
	uint64_t shown[REASON_MAX];
	uint64_t left_out[REASON_MAX]; /* and told */
};

/* From what the counters say now. */
void watch_tally_begin(struct watch_tally *tally,
		       const uint64_t counted[static REASON_MAX]);

/* One has come. */
void watch_tally_note(struct watch_tally *tally, enum reason reason);

/*
 * Those that were left out since this was asked last; call it when all that had
 * been told of before the counters were read has been noted.
 */
void watch_tally_settle(struct watch_tally *tally,
			const uint64_t counted[static REASON_MAX],
			uint64_t left_out[static REASON_MAX]);

#endif
