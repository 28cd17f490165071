/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who was refused, when and why: attempts by network (/24, /64) and day (UTC),
 * for some weeks, in bounded memory.  The oldest network-day makes room for a
 * new one; a single day never takes more than a share, so that a flood from
 * forged addresses can't push out the past.
 *
 * An attempt is what one source sends within HISTORY_ATTEMPT_S.  Times are of
 * the wall clock.  No I/O of its own: worker/history_keeper.h has the file.
 */
#ifndef POSTERN_WORKER_HISTORY_H
#define POSTERN_WORKER_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "core/addr.h"

#define HISTORY_DAYS	  28
#define HISTORY_MAX	  65536 /* network-days; a power of two */
#define HISTORY_DAY_MAX	  (HISTORY_MAX / 4)
#define HISTORY_ATTEMPT_S 120
#define HISTORY_DAY_S	  86400

/* Reasons of refusals: the last ones of the enum. */
#define HISTORY_REASONS (REASON_MAX - REASON_BLOCKED)

struct history_day {
	struct addr network;
	uint32_t day;	  /* since 1970 */
	uint32_t first_s; /* Unix time */
	uint32_t last_s;
	uint32_t attempts[HISTORY_REASONS]; /* from REASON_BLOCKED on */
};

struct history;

/* It knows of nothing before `now_s`.  NULL without memory. */
struct history *history_create(time_t now_s);
void history_free(struct history *history);

/* A refusal; other reasons are ignored. */
void history_note(struct history *history, const struct addr *source,
		  enum reason reason, time_t now_s);

/* The /24 or /64 of an address. */
struct prefix history_network(const struct addr *source);

/*
 * The days on which the network of an address was refused, the latest first.
 * Returns how many.
 */
size_t history_find(const struct history *history, const struct addr *source,
		    time_t now_s, struct history_day out[HISTORY_DAYS]);

/* Since when there is a history, but for what made room meanwhile. */
time_t history_since(const struct history *history, time_t now_s);

/* How often there was no room for a network, in the days that are kept. */
uint64_t history_left_out(const struct history *history, time_t now_s);

/* Changes with each attempt that is noted. */
uint64_t history_changes(const struct history *history);

/* No file is larger. */
#define HISTORY_FILE_MAX (4 << 20)

/* Returns 0 with its octets for free(3), or -ENOMEM. */
int history_encode(const struct history *history, void **out, size_t *size);

/*
 * Into a fresh one.  Returns 0; or -EINVAL for what is damaged or of another
 * version, and the history is as it was.
 */
int history_decode(struct history *history, const void *data, size_t size);

#endif
