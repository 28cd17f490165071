/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was counted, less what was shown. */

#include "worker/watch_tally.h"

#include <string.h>

void watch_tally_begin(struct watch_tally *tally,
		       const uint64_t counted[static REASON_MAX])
{
	memset(tally, 0, sizeof(*tally));
	memcpy(tally->base, counted, sizeof(tally->base));
}

void watch_tally_note(struct watch_tally *tally, enum reason reason)
{
	if (reason < REASON_MAX)
		tally->shown[reason]++;
}

void watch_tally_settle(struct watch_tally *tally,
			const uint64_t counted[static REASON_MAX],
			uint64_t left_out[static REASON_MAX])
{
	for (unsigned int i = 0; i < REASON_MAX; i++) {
		/* More may have come since the counters were read. */
		uint64_t known =
			tally->base[i] + tally->shown[i] + tally->left_out[i];

		left_out[i] = counted[i] > known ? counted[i] - known : 0;
		tally->left_out[i] += left_out[i];
	}
}
