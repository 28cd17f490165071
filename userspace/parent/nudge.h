/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes a client that was held resend its SYN at once: a bare ACK with a
 * number that it never sent takes it through TCP's half-open recovery (RFC
 * 9293, 3.5.1).  Never a SYN-ACK: that would break connection tracking.
 *
 * What is sent comes from the map `pending`, which the program alone writes:
 * so whoever asks can't make it forge packets.  A share of the holds is not
 * nudged; should those come again more often, it switches itself off.
 */
#ifndef POSTERN_PARENT_NUDGE_H
#define POSTERN_PARENT_NUDGE_H

#include <stdbool.h>

#include "core/addr.h"
#include "core/message.h"
#include "tables/clock.h"

struct nudger;

/*
 * Opens the raw socket.  `pending` and `replies` are borrowed descriptors of
 * maps.  Returns 0 and *out, or a negative errno.
 */
int nudge_open(int pending, int replies, const struct jiffies_clock *clock,
	       struct nudger **out);

/* The same maps by other descriptors, also borrowed. */
void nudge_use(struct nudger *nudger, int pending, int replies);

/* Nudges a source whose first SYN is held since less than a second. */
void nudge_source(struct nudger *nudger, const struct addr *source);

/*
 * Looks who came again; call it every second or two.  Returns true when
 * nudge_counts() has changed.
 */
bool nudge_check(struct nudger *nudger);

void nudge_counts(const struct nudger *nudger, struct nudge_counts *out);

void nudge_close(struct nudger *nudger);

#endif
