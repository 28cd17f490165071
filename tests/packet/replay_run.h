/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs posternctl replay on captures of packets, with a configuration that
 * protects the doors of frame.h and has the lists below.
 */
#ifndef POSTERN_TESTS_REPLAY_RUN_H
#define POSTERN_TESTS_REPLAY_RUN_H

#include <stdint.h>

#include "../unit/capture.h"
#include "../unit/run_ctl.h"
#include "frame.h"

#define BLOCKED_IPV4  "203.0.113.66"
#define BLOCKED_IPV6  "2001:db8:bad::66"
#define BLOCKED_RANGE "203.0.113.64/26"
#define BLOCKED_NET   "2001:db8:bad::/48"
#define ALLOWED_IPV4  "203.0.113.70" /* within what is blocked */
#define ALLOWED_IPV6  "2001:db8:bad::900d"
#define PRIMARY_IPV4  "192.0.2.5"

/* Before and after all: their files.  0, or -1. */
int replay_start(void);
int replay_stop(void);

/* The configuration, and lines that follow it. */
void replay_configure(const char *extra);

/* The path of another file with some text, until the next call. */
const char *replay_write_feed(const char *text);

void replay_add(struct capture *capture, const struct packet *packet);
/* The same with another link header instead of Ethernet's. */
void replay_add_behind(struct capture *capture, const struct packet *packet,
		       const char *header, size_t size);

/* Runs it on a capture that is done, and removes that. */
struct ctl_run replay(const struct capture *capture, const char *options);

/*
 * Runs it with --json, on a capture that is not done yet, and fails unless
 * this is what comes of it:
 *
 *   "16 frames, 2 SYNs: held 1, blocked 1\n"
 *   "3 198.51.100.7 > 192.0.2.25 drop held\n"
 *   "5 203.0.113.66 > 192.0.2.25 drop blocked\n"
 */
void replay_expect(struct capture *capture, const char *options,
		   const char *expected);

#endif
