/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filter's program for this process alone, with the lists and rules of a
 * configuration, as if enforced: behind it a daemon that lives for ever, and
 * DNSBLs that know nobody yet.
 *
 * It leaves nothing behind, in the kernel or from one frame to the next: frames
 * are judged by the program's twin, `explain` in bpf/postern.bpf.c.
 */
#ifndef POSTERN_CTL_REPLAY_JUDGE_H
#define POSTERN_CTL_REPLAY_JUDGE_H

#include "core/config.h"
#include "ctl/replay_frame.h"
#include "tables/lists.h"

struct replay_judge;

/*
 * Has the lists of `plan`, and protects `count` addresses; where there are
 * none, every frame's own destination.  Returns 0 and *out, or a negative errno
 * with one line in `error`.
 */
int replay_judge_open(const struct config *config,
		      const struct lists_plan *plan, enum gate gate,
		      const struct addr *protect, size_t count,
		      char error[static CONFIG_ERROR_TEXT],
		      struct replay_judge **out);

/*
 * Judges a frame, which is overwritten.  Returns 1 with *ends and *decision; 0
 * when it is none of the filter's business; or a negative errno.
 */
int replay_judge_frame(struct replay_judge *judge, struct replay_frame *frame,
		       struct replay_ends *ends, struct decision *decision);

void replay_judge_close(struct replay_judge *judge);

#endif
