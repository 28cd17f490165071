/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frame of a nudge.  Pure. */
#ifndef POSTERN_PARENT_NUDGE_FRAME_H
#define POSTERN_PARENT_NUDGE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"

/* Link header, IPv6 and TCP. */
#define NUDGE_FRAME_MAX (LINK_HEADER_MAX + 40 + 20)

/*
 * Writes the answer to the SYN that `hold` describes: from where it went, to
 * `source`, over the same link and VLAN.  `number` makes the numbers that the
 * client never sent.  Returns the length; 0 when `hold` describes no SYN that
 * can be answered.
 */
size_t nudge_frame(const struct hold *hold, const struct addr *source,
		   uint32_t number, uint8_t frame[static NUDGE_FRAME_MAX]);

#endif
