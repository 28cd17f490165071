/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stays on one CPU, has it alone where that is wanted, and knows what its
 * softirqs took while they were not part of what the process itself did: on a
 * busy machine the kernel hands them over to a thread of its own.
 */
#ifndef POSTERN_TOOLS_BENCH_SOFTIRQ_H
#define POSTERN_TOOLS_BENCH_SOFTIRQ_H

#include <stdbool.h>
#include <stdint.h>

/* Returns 0 or a negative errno. */
int bench_softirq_stay(void);

/*
 * Whether no other process gets the CPU (SCHED_FIFO), but for the twentieth
 * that the kernel keeps for them.  That is no good where it leaves work to
 * that thread.  Returns 0 or a negative errno.
 */
int bench_softirq_alone(bool alone);
bool bench_softirq_is_alone(void);

/* What that thread has run; 0 where the kernel does not tell. */
uint64_t bench_softirq_ns(void);

#endif
