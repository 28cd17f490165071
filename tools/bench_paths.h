/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What else Postern's program does with a frame, each way of it apart. */
#ifndef POSTERN_TOOLS_BENCH_PATHS_H
#define POSTERN_TOOLS_BENCH_PATHS_H

#include "bench_report.h"

/* What is none of Postern's business: nothing but the frame differs. */
struct bench_passer {
	const char *name;
	struct packet packet;
	bool smtp; /* aimed at a protected port, or from there */
};

#define BENCH_PASSERS 11
extern const struct bench_passer bench_passers[BENCH_PASSERS];

/*
 * Adds rows "XDP_PASS" and "XDP_DROP": these alone; "pass-through ..." for
 * each of the above, its own cost over XDP_PASS; and "path ..." for the ways
 * of a SYN through verdicts, events and holds while the gate is open.
 * Returns 0, or a negative errno after it has said why.
 */
int bench_paths(struct bench_runner *runner, struct bench_report *report);

#endif
