/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How often networks (/24, /64) have come to the doorman: who has come too
 * often within a period is to be dropped for the rest of it.
 *
 * A table of fixed size; a network that has come less often gives its place to
 * a new one.  Pure: times are monotonic.
 */
#ifndef POSTERN_SOURCES_PATIENCE_H
#define POSTERN_SOURCES_PATIENCE_H

#include "core/addr.h"

struct patience;

/* Returns 0 and *out, or -ENOMEM. */
int patience_create(struct patience **out);

/*
 * Counts one more visit.  Returns whether that was the `most`th one or more
 * within `period_ns`, and then when the period ends in *until_ns.
 */
bool patience_spend(struct patience *patience, const struct addr *network,
		    uint64_t most, uint64_t period_ns, uint64_t now_ns,
		    uint64_t *until_ns);

void patience_free(struct patience *patience);

#endif
