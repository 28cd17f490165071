/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames as the filter sees them, made of what a capture holds: whatever the
 * link, with an Ethernet header.  Pure, and safe with any octets.
 */
#ifndef POSTERN_CTL_REPLAY_FRAME_H
#define POSTERN_CTL_REPLAY_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "core/addr.h"

enum replay_link {
	REPLAY_LINK_ETHERNET,
	REPLAY_LINK_COOKED,   /* Linux, what `-i any` captures */
	REPLAY_LINK_COOKED_2, /* its second version */
	REPLAY_LINK_LOOPBACK, /* BSD: an address family */
	REPLAY_LINK_RAW,      /* IP of either version */
	REPLAY_LINK_RAW_IPV4,
	REPLAY_LINK_RAW_IPV6,
	REPLAY_LINK_MAX,
};

/* The filter looks at no header further back. */
#define REPLAY_FRAME_MAX 2048

struct replay_frame {
	size_t size;
	unsigned char octets[REPLAY_FRAME_MAX];
};

/*
 * Makes a frame of what was captured, of its first octets where it is longer.
 * Of what is too short to be told from what, no octet is left.
 */
void replay_frame_make(enum replay_link link, const unsigned char *captured,
		       size_t size, struct replay_frame *out);

/* The addresses of an IP packet; of IPv6, as they are on the wire. */
struct replay_ends {
	enum family family;
	struct addr source;
	struct addr destination;
};

/* Returns false when there is no IP header where the filter looks for one. */
bool replay_frame_ends(const struct replay_frame *frame,
		       struct replay_ends *out);

/*
 * As inet_ntop(3) writes it; returns `text`.  Unlike addr_format() it tells
 * ::ffff:192.0.2.1 of IPv6 from 192.0.2.1.
 */
const char *replay_format(enum family family, const struct addr *addr,
			  char text[static ADDR_TEXT]);

#endif
