/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of worker/feed*.c share. */
#ifndef POSTERN_WORKER_FEED_STATE_H
#define POSTERN_WORKER_FEED_STATE_H

#include <sys/stat.h>

#include "shared.h"
#include "sources/feed.h"
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

/* Which version of a file it is. */
struct feed_version {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified;
};

struct feed {
	struct feeds *feeds;
	unsigned int references; /* the owner, the watch, a job */
	bool gone;		 /* no longer configured */
	struct config_feed config;
	unsigned int number;
	uv_fs_poll_t watch;

	enum feed_state state;
	char why[FEED_REFUSED_TEXT];

	/* The last good version; no entries: there is none. */
	struct ranges_set *set;
	struct ranges_set *before; /* until `set` is in force */
	struct feed_report report;
	struct feed_version good;
	int64_t expires_unix; /* 0: never */

	struct feed_version seen;  /* what was read last, good or not */
	bool due;		   /* to be read */
	bool force;		   /* ... whatever its size */
	uint64_t changed_ns;	   /* written to since then; 0: no */
	struct list_counters base; /* of the number, before this feed had it */
	struct list_counters carried;
};

/* Reading one file, with all that it takes: touched by one thread at a time */
struct feed_load {
	uv_work_t work;
	struct feed *feed;
	char *path;
	struct feed_options options;
	struct feed_guard *guard;
	int error; /* of opening it */
	struct feed_version version;
	struct feed_report report;
	struct ranges_set *set;
};

struct feeds {
	uv_loop_t *loop;
	struct publisher *publisher;
	const struct jiffies_clock *clock;
	int counters;
	const struct config *config;
	struct feed *all[CONFIG_FEEDS_MAX];
	size_t count;
	uv_timer_t tick;
	struct feed_load *loading; /* NULL: nothing is being read */
	unsigned int handles;	   /* and jobs, that keep this alive */
	bool closing;
};

/* feed_load.c */

/* Returns 0 and *out, or -ENOMEM. */
int feed_load_create(struct feed *feed, struct feed_load **out);
void feed_load_run(struct feed_load *load);
void feed_load_free(struct feed_load *load);
void feed_version_of(const struct stat *stat, struct feed_version *out);
bool feed_version_same(const struct feed_version *a,
		       const struct feed_version *b);

/* feed_accept.c: takes what was read, or says why not.  Returns whether the
 * list has changed, and `set` has been taken. */
bool feed_accept(struct feed *feed, struct feed_load *load);

/* Whether the version that it has is too old; then it has none. */
bool feed_expire(struct feed *feed, int64_t now_unix);

/* Tells the publisher about it. */
void feed_set(struct feed *feed);

/* Another state; logs it when it is news. */
void feed_become(struct feed *feed, enum feed_state state, const char *format,
		 ...) __attribute__((format(printf, 3, 4)));

#endif
