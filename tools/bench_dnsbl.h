/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The DNSBL engine against a real rbldnsd on loopback: how many lookups it
 * makes a second, what it adds to the answer's own time, and what a million
 * verdicts take.  rbldnsd runs on the other CPUs, where there are any.
 */
#ifndef POSTERN_TOOLS_BENCH_DNSBL_H
#define POSTERN_TOOLS_BENCH_DNSBL_H

#include "bench_report.h"

/*
 * Adds rows "DNSBL ...", or one that says why they can't be had.  Returns 0,
 * or a negative errno after it has said why: also when a verdict was wrong.
 */
int bench_dnsbl(bool quick, struct bench_report *report);

void bench_dnsbl_print(const struct bench_report *report, FILE *out);

#endif
