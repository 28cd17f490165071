/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs programs through BPF_PROG_TEST_RUN and takes their times, as the kernel
 * measures them: in rounds, in which each program has its turn, so that what
 * disturbs the machine disturbs them all.
 */
#ifndef POSTERN_TOOLS_BENCH_RUN_H
#define POSTERN_TOOLS_BENCH_RUN_H

#include <stdbool.h>

#include "../tests/packet/frame.h"
#include "bench_shared.h"

#define BENCH_ROUNDS_MAX 15
#define BENCH_PACKETS	 (BENCH_SOURCES / 4)

/* Nanoseconds a packet. */
struct bench_time {
	double min;
	double median;
};

enum bench_way {
	BENCH_BARE,   /* the program alone, always on the same frame */
	BENCH_PICKED, /* with another source each time, by a tail call */
	BENCH_LIVE,   /* frames that the interface `to` gets */
};

struct bench_job {
	enum bench_way way;
	int program;		   /* of BENCH_LIVE: unused */
	unsigned int to;	   /* 0: they are dropped where they are made */
	const struct frame *frame; /* whose family decides on the sources */
	uint32_t packets;	   /* a run; 0: as many as there is time for */
	void (*before)(void *context); /* each run; may be NULL */
	void *context;
	/* Of BENCH_LIVE: how many frames have come in; may be NULL. */
	uint64_t (*received)(const void *link);
	const void *link;
	struct bench_time time; /* what it took */
};

struct bench_runner;

/* Returns 0 and *out, or a negative errno after it has said why. */
int bench_runner_open(unsigned int rounds, struct bench_runner **out);

/* The programs that only return XDP_PASS or XDP_DROP. */
int bench_runner_pass(const struct bench_runner *runner);
int bench_runner_drop(const struct bench_runner *runner);

/* Gives BENCH_SOURCES of them. */
void bench_runner_sources(struct bench_runner *runner,
			  const struct addr *sources);

/* Measures them.  Returns 0 or a negative errno after it has said why. */
int bench_run(struct bench_runner *runner, struct bench_job *jobs,
	      size_t count);

/* Runs once, over the first `packets` sources, for what the program counts. */
int bench_run_through(struct bench_runner *runner, const struct bench_job *job,
		      uint32_t packets);

void bench_runner_close(struct bench_runner *runner);

#endif
