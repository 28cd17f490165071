/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the results of its probes make of one address of a primary: its state
 * by fall and rise, when to probe it next, and whether a hint may hurry that.
 *
 * Pure: the time and random numbers are parameters, the loop and the sockets
 * are elsewhere (sources/health.h).
 *
 * From unknown the first good probe leads to up, from down `rise` good ones in
 * a row do; `fall` bad ones in a row lead to down from anywhere.
 * Probes that tell nothing (limited, local) count for neither side; but after
 * HEALTH_STALE_INTERVALS without a good one, such a probe ends "up" in
 * "unknown".
 */
#ifndef POSTERN_SOURCES_HEALTH_STATE_H
#define POSTERN_SOURCES_HEALTH_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "sources/dialogue.h"

enum {
	/* Every delay but the two of doubt varies by so much, either way. */
	HEALTH_JITTER_PERCENT = 15,

	/* In doubt (bad, not down yet): the next probe after an answer, after
	 * silence, and the limit of its connection, in which a SYN and its
	 * first retransmission fit. */
	HEALTH_AFTER_ANSWER_MS = 200,
	HEALTH_AFTER_SILENCE_MS = 1000,
	HEALTH_DOUBT_CONNECT_MS = 2000,

	/* Otherwise: postscreen alone takes 6 s to greet a stranger. */
	HEALTH_CONNECT_MS = 5000,
	HEALTH_GREETING_MS = 15000,

	/* Down: at first so often, then a share of the outage's age, up to
	 * the interval: who is down for an hour is not hammered. */
	HEALTH_DOWN_MS = 5000,
	HEALTH_DOWN_SHARE = 10,

	/* Down, but the last one was good: a share of the interval, so that
	 * `rise` takes seconds, within bounds. */
	HEALTH_RISE_SHARE = 6,
	HEALTH_RISE_MIN_MS = 2000,
	HEALTH_RISE_MAX_MS = 5000,

	/* Our own fault: it costs the primary nothing to try again. */
	HEALTH_LOCAL_MS = 5000,

	/* Nothing good for so many intervals: "up" is a guess. */
	HEALTH_STALE_INTERVALS = 3,

	/* Hints: the bucket, and how young a good probe makes one idle. */
	HEALTH_HINTS = 3,
	HEALTH_HINT_REGAIN_MS = 10000,
	HEALTH_HINT_FRESH_MS = 2000,
};

enum health_state {
	HEALTH_UNKNOWN, /* not probed yet, or without result for too long */
	HEALTH_UP,
	HEALTH_DOWN,
};

/* "unknown", "up", "down". */
const char *health_state_name(enum health_state state);

struct health_rules {
	uint64_t interval_ms;
	unsigned int fall;
	unsigned int rise;
};

/* All times are monotonic; 0: never. */
struct health_track {
	enum health_state state;
	enum probe_reason reason; /* of the last probe; PROBE_REASONS: none */
	unsigned int good;	  /* in a row, up to `rise` */
	unsigned int bad;	  /* in a row, up to `fall` */
	unsigned int hints;	  /* left */
	uint64_t hints_ns;	  /* when the last one was regained */
	uint64_t since_ns;	  /* of the state */
	uint64_t last_ns;
	uint64_t last_good_ns;
};

void health_track_init(struct health_track *track, uint64_t now_ns);

/* A probe ended; returns whether that changed the state. */
bool health_track_result(struct health_track *track,
			 const struct health_rules *rules,
			 enum probe_reason reason, uint64_t now_ns);

/* From the end of the last probe to the next one; `random` is any number. */
uint64_t health_track_delay_ms(const struct health_track *track,
			       const struct health_rules *rules,
			       uint64_t random, uint64_t now_ns);

/* Whether the next probe only confirms what the last one has found. */
bool health_track_in_doubt(const struct health_track *track);

/*
 * Whether a knock at the closed gate is worth a probe: what counts as up, was
 * not seen good just now, and will not be probed at once anyway.
 */
bool health_track_hint_useful(const struct health_track *track,
			      uint64_t now_ns);

/* Takes one hint from the bucket, or returns false. */
bool health_track_take_hint(struct health_track *track, uint64_t now_ns);

/* A generator for jitter (xorshift64); a seed of 0 is taken as 1. */
uint64_t health_random(uint64_t *seed);

#endif
