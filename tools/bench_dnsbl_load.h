/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An engine under load, wired as the worker does it: what it finds out goes
 * into a table of verdicts with a map of the kernel's behind it.  Every other
 * source is listed.
 */
#ifndef POSTERN_TOOLS_BENCH_DNSBL_LOAD_H
#define POSTERN_TOOLS_BENCH_DNSBL_LOAD_H

#include <stdint.h>

#include "bench_run.h"

#define BENCH_VERDICTS 1000000

struct bench_load;

/* Lookups, in nanoseconds each. */
struct bench_load_result {
	struct bench_time wall; /* by groups of some thousands */
	struct bench_time cpu;	/* of this process, likewise */
	double p50;		/* from the question to the verdict */
	double p99;
	double slowest;
	uint64_t lost; /* questions that had to be put again */
};

/*
 * Asks the nameserver at `port` of loopback, which serves bl.test as
 * rbldnsd.h in tests/unit has it.  Returns 0 and *out, or a negative errno
 * after it has said why.
 */
int bench_load_open(uint16_t port, struct bench_load **out);

/*
 * Looks up `count` new sources, `at_once` at a time, and waits for all.
 * Returns 0, or a negative errno after it has said why: also when a verdict
 * was wrong.
 */
int bench_load_run(struct bench_load *load, uint32_t count, uint32_t at_once,
		   struct bench_load_result *out);

/* Puts verdicts of other sources into the table until it is full. */
int bench_load_fill(struct bench_load *load);

/* Of what was allocated for it in user space, and of the kernel's map. */
double bench_load_mib(const struct bench_load *load);
double bench_load_map_mib(const struct bench_load *load);

void bench_load_close(struct bench_load *load);

#endif
