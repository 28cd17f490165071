/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who was refused, or would have been in monitor mode, when and why: attempts
 * by network (/24, /64) and day (UTC), for some weeks, in bounded memory.  The
 * oldest network-day makes room for a new one; a single day never takes more
 * than a share, so that a flood from forged addresses can't push out the past.
 * Sums by day, zones and openings of gates are kept apart, whatever has room.
 *
 *	history.c           what is noted, and found by address
 *	history_days.c      sums of a day, and of zones
 *	history_openings.c  when gates stood open, and why
 *	history_report.c    all of it, over some days
 *	history_file.c      the file
 *
 * An attempt is what one source sends within HISTORY_ATTEMPT_S, so that it
 * counts once whether its SYNs are dropped or, in monitor mode, let in.  Times
 * are of the wall clock.  No I/O of its own: worker/history_keeper.h has the
 * file.
 */
#ifndef POSTERN_WORKER_HISTORY_H
#define POSTERN_WORKER_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "core/addr.h"
#include "core/policy.h"
#include "core/site.h"

#define HISTORY_DAYS	   28
#define HISTORY_MAX	   65536 /* network-days; a power of two */
#define HISTORY_DAY_MAX	   (HISTORY_MAX / 4)
#define HISTORY_ATTEMPT_S  120
#define HISTORY_DAY_S	   86400
#define HISTORY_ZONES	   64
#define HISTORY_OPENINGS   128
#define HISTORY_GUARD_TEXT 64

/* Reasons of refusals: the last ones of the enum. */
#define HISTORY_REASONS (REASON_MAX - REASON_BLOCKED)

struct history_day {
	struct addr network;
	uint32_t day;	  /* since 1970 */
	uint32_t first_s; /* Unix time */
	uint32_t last_s;
	uint32_t reached_s; /* when it was known to have connected to a primary;
			       0: it was not, that day or the next */
	uint32_t mercy_s;   /* when it was let in for `mercy`; the same */
	uint32_t attempts[HISTORY_REASONS]; /* from REASON_BLOCKED on */
	uint32_t watched[HISTORY_REASONS];  /* of them those let in all the
					       same: only watched */
};

struct history;

/* It knows of nothing before `now_s`.  NULL without memory. */
struct history *history_create(time_t now_s);
void history_free(struct history *history);

/* What is known of an attempt when it is noted. */
struct history_attempt {
	struct addr source;
	enum reason reason; /* others than those of refusals are ignored */
	bool watched;	    /* monitor: it was let in all the same */
	bool listed;	    /* DNSBLs name the source, whatever the reason is */
	bool witnesses;	    /* it is known who is one: bypass.policy = witness
			     */
	bool passes;	    /* its network may pass the gate just now */
};

/* Returns whether it is an attempt of its own, and was noted. */
bool history_note(struct history *history,
		  const struct history_attempt *attempt, time_t now_s);

/*
 * One that passed the closed gate, for its network may; `reason` and `watched`
 * mean nothing.  Had the same attempt been refused before, that is taken back.
 * Returns whether it was.
 */
bool history_note_passed(struct history *history,
			 const struct history_attempt *attempt, time_t now_s);

/*
 * The gate has opened to a source that had been refused there: if by the same
 * attempt, that is taken back, whatever the policy is.  Returns whether it was.
 */
bool history_note_opened(struct history *history, const struct addr *source,
			 time_t now_s);

/* A network has connected to a primary, or was let in for `mercy`. */
void history_note_reached(struct history *history, const struct addr *source,
			  bool mercy, time_t now_s);

/*
 * The zones that named the source of an attempt that was refused as listed, as
 * they may be shown.
 */
void history_note_zones(struct history *history, const char *const *zones,
			size_t count, time_t now_s);

/*
 * How a gate is now; only what it is opened for in an outage, by a crowd, by
 * hand or in doubt is kept.  Call it for each change of state or reason.
 */
void history_note_gate(struct history *history, const char *guard,
		       enum family family, struct policy_gate gate,
		       time_t now_s);

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

/* Changes with each attempt, and whatever else is noted. */
uint64_t history_changes(const struct history *history);

/* ---- over some days ---- */

#define HISTORY_BUSIEST_MAX  20
#define HISTORY_SUSPECTS_MAX 100

/* Attempts at the closed gate, and how many of them each policy refuses. */
struct history_policies {
	uint64_t strict;	/* all of them */
	uint64_t off;		/* those of listed sources */
	uint64_t witness;	/* while that was the policy ... */
	uint64_t witness_known; /* ... and there were so many */
};

struct history_network {
	struct addr network;
	uint32_t first_s;
	uint32_t last_s;
	uint32_t reached_s;
	uint32_t mercy_s;
	uint64_t total;
	uint64_t attempts[HISTORY_REASONS];
	uint64_t watched[HISTORY_REASONS];
};

struct history_zone {
	char zone[SITE_ZONE_MAX];
	uint64_t attempts;
	uint64_t alone;
};

struct history_opening {
	/* "" for the unnamed one; visible ASCII, longer names are cut */
	char guard[HISTORY_GUARD_TEXT];
	enum family family;
	enum policy_why why;
	uint32_t since_s;
	uint32_t until_s; /* 0: it is open still */
};

struct history_report {
	uint64_t attempts[HISTORY_REASONS];
	uint64_t watched[HISTORY_REASONS];
	struct history_policies policies;
	uint64_t zones_known; /* attempts whose zones are known */
	uint64_t left_out;    /* attempts of networks without room */
	size_t networks;
	size_t suspects; /* networks that have reached a primary, or got mercy
			  */
	uint64_t suspect_attempts[HISTORY_REASONS];
	size_t busiest_count;
	size_t suspect_count; /* of those that follow */
	size_t zone_count;
	size_t opening_count; /* the latest is the last */
	struct history_network busiest[HISTORY_BUSIEST_MAX];
	struct history_network suspect[HISTORY_SUSPECTS_MAX];
	struct history_zone zone[HISTORY_ZONES];
	struct history_opening opening[HISTORY_OPENINGS];
};

/*
 * From the day of `since_s` on, days of UTC.  Networks and zones come with the
 * most attempts first.  Returns 0 and *out for free(3), or -ENOMEM.
 */
int history_report(const struct history *history, time_t since_s, time_t now_s,
		   struct history_report **out);

/* ---- the file ---- */

/* No file is larger. */
#define HISTORY_FILE_MAX (8 << 20)

/* Returns 0 with its octets for free(3), or -ENOMEM. */
int history_encode(const struct history *history, void **out, size_t *size);

/*
 * Into a fresh one.  Returns 0; or -EINVAL with *why (static words that
 * complete "the file ...") for what is damaged or of another version, and the
 * history is as fresh as it was.
 */
int history_decode(struct history *history, const void *data, size_t size,
		   const char **why);

#endif
