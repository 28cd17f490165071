/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which sources have come lately, to tell those that come again: a client that
 * is held resends its SYN after a second, while who forges his address draws a
 * new one each time.
 *
 * Memory is fixed (512 KiB).  A new source takes the place of the oldest one
 * of its set, so under a flood some are forgotten: they count as new again.
 * Two sources may be taken for one, with a chance of less than one in a
 * hundred million.
 *
 * Pure: no clock of its own.
 */
#ifndef POSTERN_SOURCES_DNSBL_AGAIN_H
#define POSTERN_SOURCES_DNSBL_AGAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/addr.h"

/* Who comes again later than this is new: SYNs are resent after 1, 3, 7 s. */
#define DNSBL_AGAIN_MS 8000

struct dnsbl_again;

/* Returns NULL when there is no memory. */
struct dnsbl_again *dnsbl_again_create(void);
void dnsbl_again_free(struct dnsbl_again *again);

/*
 * Notes that `source` has come; returns whether it had within DNSBL_AGAIN_MS.
 */
bool dnsbl_again_note(struct dnsbl_again *again, const struct addr *source,
		      uint64_t now_ms);

#endif
