/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The contract of bench.bpf.c with the bench. */
#ifndef POSTERN_TOOLS_BENCH_SHARED_H
#define POSTERN_TOOLS_BENCH_SHARED_H

#include "shared.h"

/* Prepared sources of either family; a power of two. */
#define BENCH_SOURCES (1 << 20)

/* One large element: next to no work to read, and four octets a packet. */
struct bench_sources_ipv4 {
	__be32 at[BENCH_SOURCES];
};

#endif
