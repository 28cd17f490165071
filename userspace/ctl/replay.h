/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * posternctl replay: what the filter would have done with the frames of a
 * capture, by the real program, without a daemon.
 */
#ifndef POSTERN_CTL_REPLAY_H
#define POSTERN_CTL_REPLAY_H

#include "ctl/ctl.h"

/*
 * Runs the command on operands[0], with its options --config, --protect,
 * --gate and --frames.
 */
enum ctl_exit replay_run(const struct ctl *ctl, char **operands);

#endif
