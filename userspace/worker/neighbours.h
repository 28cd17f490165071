/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPv6 networks (/64) of which several addresses are listed: then the network
 * is, until the first of these verdicts ends.  One address says nothing of its
 * neighbours.
 *
 * A table of fixed size; a network that was seen later takes the place of an
 * earlier one.  Pure: times are those of the verdicts (jiffies).
 */
#ifndef POSTERN_WORKER_NEIGHBOURS_H
#define POSTERN_WORKER_NEIGHBOURS_H

#include "core/addr.h"

/* So many listed addresses make a listed network. */
#define NEIGHBOURS_LISTED 3

struct neighbours;

/* Returns NULL when there is no memory. */
struct neighbours *neighbours_create(void);

/* The key of the network's verdict in the map. */
struct addr neighbours_key(const struct addr *source);

/* Whether that is what the address itself would be kept under, too. */
bool neighbours_is_key(const struct addr *source);

/*
 * Notes what is said of a source.  Returns 1 with the verdict of its network
 * in *out when it is listed as a whole, -1 when that has ended by this, and 0
 * when nothing follows; always for IPv4.
 */
int neighbours_note(struct neighbours *neighbours, const struct addr *source,
		    const struct source_verdict *verdict, uint64_t now,
		    struct source_verdict *out);

/* Forgets what these zones have caused. */
void neighbours_forget(struct neighbours *neighbours, uint64_t causes);

void neighbours_free(struct neighbours *neighbours);

#endif
