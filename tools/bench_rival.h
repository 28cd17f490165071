/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Other filters by source, each as its documentation would have it: told to
 * drop what comes from a list of IPv4 addresses into an interface.
 */
#ifndef POSTERN_TOOLS_BENCH_RIVAL_H
#define POSTERN_TOOLS_BENCH_RIVAL_H

#include "bench_link.h"
#include "bench_list.h"
#include "bench_tool.h"

struct bench_rival {
	const char *name;
	size_t most; /* entries; 0: any */
	bool slow;   /* takes many seconds to load */
	/*
	 * Returns 0 with the time that it took to load the list; or a negative
	 * errno with the reason.
	 */
	int (*set_up)(const struct bench_rival *rival,
		      const struct bench_list *list,
		      const struct bench_link *link, double *ms,
		      char why[BENCH_TOOL_WHY]);
	const char *option; /* for set_up() */
};

#define BENCH_RIVALS 5
extern const struct bench_rival bench_rivals[BENCH_RIVALS];

#endif
