/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the history share; nobody else includes it. */
#ifndef POSTERN_WORKER_HISTORY_STORE_H
#define POSTERN_WORKER_HISTORY_STORE_H

#include "worker/history.h"

#define HISTORY_SOURCES 8192 /* whose last attempt is known */

/* The last attempt of a source. */
struct history_last {
	struct addr source;
	uint32_t start_s;   /* 0: none */
	enum reason reason; /* REASON_MAX: it passed, or was let in */
	bool watched;
	bool known;   /* it was known who is a witness ... */
	bool counted; /* ... and that policy `witness` refuses it */
};

/* The part of one zone in one day. */
struct history_share {
	uint32_t attempts;
	uint32_t alone;
};

/* Sums of one day; a day shares its place with none that is kept. */
struct history_sums {
	uint32_t day;
	uint32_t used; /* network-days of it; not in the file */
	uint32_t left_out;
	uint32_t attempts[HISTORY_REASONS];
	uint32_t watched[HISTORY_REASONS];
	uint32_t gate; /* attempts at the closed gate */
	uint32_t gate_listed;
	uint32_t gate_known;   /* ... while it was known who is a witness */
	uint32_t gate_refused; /* ... and those who were none, or listed */
	uint32_t zones_known;
	struct history_share zones[HISTORY_ZONES];
};

struct history {
	uint32_t since_s;
	uint32_t oldest; /* in the ring */
	uint32_t count;
	uint64_t changes;
	struct history_sums days[HISTORY_DAYS];
	char zones[HISTORY_ZONES][SITE_ZONE_MAX]; /* "": free */
	struct history_opening openings[HISTORY_OPENINGS];
	uint32_t opening_count;
	struct history_last last[HISTORY_SOURCES];
	struct history_day ring[HISTORY_MAX];
	uint32_t heads[HISTORY_MAX]; /* of chains: place in the ring + 1 */
	uint32_t next[HISTORY_MAX];
};

/* history.c: puts a network-day behind the others; the oldest makes room. */
struct history_day *history_append(struct history *history,
				   const struct history_day *day);

/* history_days.c: those of a day; a day without any begins them. */
struct history_sums *history_sums_of(struct history *history, uint32_t day);

#endif
