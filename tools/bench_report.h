/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was measured, row by row, and what could not be.  Printing and JSON
 * come from the same rows.
 */
#ifndef POSTERN_TOOLS_BENCH_REPORT_H
#define POSTERN_TOOLS_BENCH_REPORT_H

#include <stdio.h>

#include "bench_filter.h"
#include "bench_run.h"

#define BENCH_WHAT 40
#define BENCH_WHY  200

/* Which list, and how many of the sources are on it. */
struct bench_case {
	enum family family;	/* FAMILY_MAX: does not matter */
	enum bench_shape shape; /* BENCH_SHAPES: neither */
	size_t entries;		/* 0: none */
	int hits;		/* in a hundred; -1: does not matter */
};

/* Negative numbers stand for what was not measured. */
struct bench_row {
	char what[BENCH_WHAT];
	struct bench_case of;
	struct bench_time time;
	double own; /* the minimum, less that of what does nothing */
	double mpps;
	double ms;
	double mib;
	char skipped[BENCH_WHY]; /* why it could not be measured */
};

struct bench_report {
	struct bench_row *rows;
	bool alone;	 /* no other process had the core... */
	bool alone_live; /* ...while frames were live */
	size_t count;
	size_t room;
};

struct bench_case bench_case_of(const struct bench_list *list, int hits);

void bench_report_time(struct bench_report *report, const char *what,
		       const struct bench_case *of,
		       const struct bench_time *time,
		       const struct bench_time *nothing);

/* The same over live frames, with packets a second. */
void bench_report_live(struct bench_report *report, const char *what,
		       const struct bench_case *of,
		       const struct bench_time *time,
		       const struct bench_time *nothing);

void bench_report_ms(struct bench_report *report, const char *what,
		     const struct bench_case *of, double ms);
void bench_report_mib(struct bench_report *report, const char *what,
		      const struct bench_case *of, double mib);

void bench_report_skip(struct bench_report *report, const char *what,
		       const struct bench_case *of, const char *why);

/* NULL: it was not measured. */
const struct bench_row *bench_report_find(const struct bench_report *report,
					  const char *what,
					  const struct bench_case *of);

/* Returns 0 or a negative errno. */
int bench_report_json(const struct bench_report *report, const char *path);

void bench_report_free(struct bench_report *report);

#endif
