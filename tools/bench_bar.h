/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Postern is held to, and whether a run met it. */
#ifndef POSTERN_TOOLS_BENCH_BAR_H
#define POSTERN_TOOLS_BENCH_BAR_H

#include "bench_report.h"

/* Prints a line for each criterion: met, missed, or not measured. */
void bench_bar_print(const struct bench_report *report, FILE *out);

#endif
