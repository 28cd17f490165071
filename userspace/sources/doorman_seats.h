/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may talk to the doorman at the same time: so many in all, so many of one
 * network (/24, /64).  When it is full, the oldest of the network that has
 * most seats has to leave.  A quarter is kept for sources with a clean
 * verdict.
 *
 * Of fixed size.  Pure.
 */
#ifndef POSTERN_SOURCES_DOORMAN_SEATS_H
#define POSTERN_SOURCES_DOORMAN_SEATS_H

#include "core/addr.h"

#define DOORMAN_SEATS_MAX 4096

struct doorman_seats;

/* Returns 0 and *out, or -ENOMEM. */
int doorman_seats_create(struct doorman_seats **out);

/* From now on; who sits may stay. */
void doorman_seats_limit(struct doorman_seats *seats, unsigned int all,
			 unsigned int per_network);

/*
 * Gives `occupant` a seat, whose number comes in *seat.  Returns NULL, or the
 * occupant that has lost its own for it: its seat is free already, and it is
 * not to be given back.  *seat is negative where the network has its share;
 * then nobody has lost one.
 */
void *doorman_seats_take(struct doorman_seats *seats,
			 const struct addr *network, bool clean, void *occupant,
			 int *seat);

void doorman_seats_give_back(struct doorman_seats *seats, int seat);

size_t doorman_seats_count(const struct doorman_seats *seats);

void doorman_seats_free(struct doorman_seats *seats);

#endif
