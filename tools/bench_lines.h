/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the lines of a feed to a list in force, as the daemon does it. */
#ifndef POSTERN_TOOLS_BENCH_LINES_H
#define POSTERN_TOOLS_BENCH_LINES_H

#include "bench_report.h"

#define BENCH_LINES	 1000000
#define BENCH_LINES_MORE 10000000

/*
 * Adds rows "read lines", "compile lines", "swap lines", and "lines in force",
 * which is all of them, for a million lines in random order, and unless it has
 * to be quick for ten million; the best of some.
 * Returns 0, or a negative errno after it has said why.
 */
int bench_lines(bool quick, struct bench_report *report);

#endif
