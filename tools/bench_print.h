/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report for people, in 80 columns. */
#ifndef POSTERN_TOOLS_BENCH_PRINT_H
#define POSTERN_TOOLS_BENCH_PRINT_H

#include "bench_report.h"

void bench_print(const struct bench_report *report, FILE *out);

#endif
