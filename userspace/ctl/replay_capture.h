/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a capture (pcap or pcapng), frame by frame, by libpcap, which no other
 * module includes.
 */
#ifndef POSTERN_CTL_REPLAY_CAPTURE_H
#define POSTERN_CTL_REPLAY_CAPTURE_H

#include <stdint.h>

#include "ctl/replay_frame.h"

struct replay_capture;

/* Room for the one line that says what is wrong. */
#define REPLAY_ERROR 512

/*
 * Returns 0 and *out; or a negative errno with "PATH: why" in `error`, of
 * libpcap or of us: -EPROTONOSUPPORT for a link layer that is none of enum
 * replay_link.
 */
int replay_capture_open(const char *path, char error[static REPLAY_ERROR],
			struct replay_capture **out);

/*
 * Reads the next frame.  Returns 1; 0 at the end; or -EIO with "PATH: frame N:
 * why" in `error`, the end of what can be read of it.
 */
int replay_capture_next(struct replay_capture *capture,
			struct replay_frame *out,
			char error[static REPLAY_ERROR]);

/* The number of the frame that was read last: the first one is 1. */
uint64_t replay_capture_number(const struct replay_capture *capture);

/* A SYN without options is there in so many octets, whatever the link. */
#define REPLAY_ENOUGH 96

/* Whether less than that was kept of the frame that was read last. */
bool replay_capture_is_short(const struct replay_capture *capture);

void replay_capture_close(struct replay_capture *capture);

#endif
