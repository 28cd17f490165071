/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Live frames over veth pairs, each with a filter of its own behind it: what
 * makes the frames and what drops them share one CPU.
 */
#ifndef POSTERN_TOOLS_BENCH_LIVE_H
#define POSTERN_TOOLS_BENCH_LIVE_H

#include "bench_report.h"

#define BENCH_LIVE_SIZES 2
extern const size_t bench_live_sizes[BENCH_LIVE_SIZES];

/*
 * Adds rows "live ...", all sources being listed.  `private_error` is what
 * bench_link_private() said.  Returns 0, also when nothing could be measured;
 * or a negative errno after it has said why.
 */
int bench_live(struct bench_runner *runner, bool quick, int private_error,
	       struct bench_report *report);

#endif
