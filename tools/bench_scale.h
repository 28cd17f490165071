/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the cost of a verdict grows with the list: Postern, and the same program
 * with maps of the kernel's.
 */
#ifndef POSTERN_TOOLS_BENCH_SCALE_H
#define POSTERN_TOOLS_BENCH_SCALE_H

#include "bench_report.h"

/* The sizes of lists, and how many in a hundred sources are on them. */
#define BENCH_SIZES 4
#define BENCH_HITS  3
extern const size_t bench_sizes[BENCH_SIZES];
extern const int bench_hits[BENCH_HITS];

/*
 * Adds rows "empty", "Postern" and those named like a peer; and "compile",
 * "swap" and "memory" of Postern, "load ..." and "memory ..." of the others.
 * Returns 0, or a negative errno after it has said why: also when a filter
 * gave a wrong verdict.
 */
int bench_scale(struct bench_runner *runner, bool quick,
		struct bench_report *report);

#endif
