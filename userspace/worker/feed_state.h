/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of worker/feed*.c share. */
#ifndef POSTERN_WORKER_FEED_STATE_H
#define POSTERN_WORKER_FEED_STATE_H

#include "shared.h"
#include "sources/feed_file.h"
#include "sources/file_watch.h"
#include "worker/feeds.h"

/* The word is what `status` says. */
#define FEED_STATE_TABLE(STATE)                                                \
	STATE(LOADING, "loading")                                              \
	STATE(FRESH, "fresh")                                                  \
	STATE(MISSING, "missing")                                              \
	STATE(UNREADABLE, "unreadable")                                        \
	STATE(REFUSED, "refused")                                              \
	STATE(EXPIRED, "expired")                                              \
	STATE(TOO_LARGE, "too large")

#define FEED_STATE_ENUM(NAME, name) FEED_STATE_##NAME,

enum feed_state { FEED_STATE_TABLE(FEED_STATE_ENUM) };

/* For how long a file must be left alone before it counts as written. */
#define FEED_QUIET_S 2

struct feed {
	struct feeds *feeds;
	unsigned int references; /* the owner, a job */
	bool gone;		 /* no longer configured */
	struct config_feed config;
	unsigned int number;
	struct file_watch *watch;

	enum feed_state state;
	char why[FEED_REFUSED_TEXT];

	/* The last good version; no entries: there is none. */
	struct ranges_set *set;
	struct ranges_set *before; /* until `set` is in force */
	struct feed_report report;
	struct feed_version good;
	int64_t expires_unix; /* 0: never */

	bool young; /* `good` may have been read before it was complete */

	struct feed_version seen;     /* what was read last, good or not */
	bool due;		      /* to be read */
	bool force;		      /* ... whatever its size */
	struct feed_version changing; /* what it has been since */
	uint64_t changed_ns;	      /* ... then; 0: it is as it was read */
	struct list_counters base; /* of the number, before this feed had it */
	struct list_counters carried;
};

/* Reading one file: touched by one thread at a time. */
struct feed_load {
	uv_work_t work;
	struct feed *feed;
	struct feed_file file;
};

struct feeds {
	uv_loop_t *loop;
	struct publisher *publisher;
	const struct jiffies_clock *clock;
	int counters;
	const struct config *config;
	struct addr *primaries; /* that DNS has named */
	size_t primary_count;
	struct feed *all[CONFIG_FEEDS_MAX];
	size_t count;
	uv_timer_t tick;
	struct feed_load *loading; /* NULL: nothing is being read */
	unsigned int handles;	   /* and jobs, that keep this alive */
	bool closing;
};

/* Reads what is due, one file after the other. */
void feeds_load_next(struct feeds *feeds);

/* feed_accept.c: takes what was read, or says why not.  Returns whether the
 * list has changed, and `set` has been taken. */
bool feed_accept(struct feed *feed, struct feed_file *file);

/* Whether the version that it has is too old; then it has none. */
bool feed_expire(struct feed *feed, int64_t now_unix);

/* Tells the publisher about it. */
void feed_set(struct feed *feed);

/* Another state; logs it when it is news. */
void feed_become(struct feed *feed, enum feed_state state, const char *format,
		 ...) __attribute__((format(printf, 3, 4)));

#endif
