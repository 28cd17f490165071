/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long the machine takes for a random load: what all tables are made of.
 * Next to a busy neighbour a cache is slower, and has less room; so this is
 * what to compare first where two runs differ.
 */
#ifndef POSTERN_TOOLS_BENCH_MEMORY_H
#define POSTERN_TOOLS_BENCH_MEMORY_H

#include "bench_report.h"

#define BENCH_MEMORY_SIZES 4
extern const size_t bench_memory_mib[BENCH_MEMORY_SIZES];

/*
 * Adds rows "random load within N MiB".  Returns 0, or a negative errno after
 * it has said why.
 */
int bench_memory(struct bench_report *report);

#endif
