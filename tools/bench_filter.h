/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Complete filters with a list in them: Postern as its daemon loads it, and
 * the same program with maps of the kernel's.  Loaded for this process alone,
 * nothing is attached or pinned; enforcing, gates closed, bypassers dropped.
 */
#ifndef POSTERN_TOOLS_BENCH_FILTER_H
#define POSTERN_TOOLS_BENCH_FILTER_H

#include "bench_list.h"
#include "bench_peer.h"
#include "shared.h"
#include "tables/maps.h"

/* What it took to put the list in force. */
struct bench_effort {
	double compile_ms; /* 0 with maps of the kernel's */
	double publish_ms; /* into the maps, and visible */
	double mib;	   /* of these maps: both copies where there are two */
};

struct bench_filter;

/*
 * Postern, with room for `verdicts`.  Returns 0 and *out, or a negative errno
 * after it has said why.
 */
int bench_filter_postern(const struct bench_list *list, size_t verdicts,
			 struct bench_filter **out);

/* The same program, with maps of the kernel's. */
int bench_filter_peer(enum bench_peer peer, const struct bench_list *list,
		      struct bench_filter **out);

int bench_filter_program(const struct bench_filter *filter);
const struct bench_effort *bench_filter_effort(const struct bench_filter *);

/* Postern's only: its maps, and what was compiled. */
void bench_filter_maps(const struct bench_filter *filter, struct maps *out);
const struct ranges *bench_filter_ranges(const struct bench_filter *filter);

/* Rules to be changed, which bench_filter_publish() then puts in force. */
struct rules *bench_filter_rules(struct bench_filter *filter);
void bench_filter_publish(struct bench_filter *filter);

/*
 * Postern's only: a verdict for each of the sources.  Returns 0 or a negative
 * errno.
 */
int bench_filter_know(struct bench_filter *filter, const struct addr *sources,
		      size_t count, enum verdict verdict);

/* How often a reason was counted. */
uint64_t bench_filter_counted(const struct bench_filter *filter,
			      enum family family, enum reason reason);

/* Reads what events there are, as a daemon would. */
void bench_filter_drain(void *filter);

/* The same, and forgets who is held. */
void bench_filter_forget(void *filter);

void bench_filter_close(struct bench_filter *filter);

/* The memory of a map in MiB, as the kernel tells it. */
double bench_map_mib(int map);

#endif
