/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A feed of the configuration as it is on disk: opened, read with what the
 * configuration says of it, and until when it is good.  For the daemon and for
 * what has to find the same without one.
 */
#ifndef POSTERN_SOURCES_FEED_FILE_H
#define POSTERN_SOURCES_FEED_FILE_H

#include <sys/types.h>
#include <time.h>

#include "core/config.h"
#include "sources/feed.h"

/* Which version of a file it is. */
struct feed_version {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified;
};

struct feed_file {
	char *path;
	struct feed_options options;
	struct feed_guard *guard;
	uint64_t max_age_ms;
	/* What has been read. */
	int error; /* of opening it; -EINVAL: it is no file */
	int64_t opened_unix;
	struct feed_version version;
	struct feed_report report;
	struct ranges_set *set; /* NULL: there is nothing to be used */
};

/*
 * Guards what `config` names, the addresses of this host, and primaries that
 * are known by other ways; as feed_guard_create().
 */
int feed_file_guard(const struct config *config, const struct addr *primaries,
		    size_t primary_count, const unsigned int widest[FAMILY_MAX],
		    struct feed_guard **out);

/*
 * Takes from the configuration, which may change afterwards, what reading
 * needs; `primaries` as above.  Returns 0 and *out, or -ENOMEM.
 */
int feed_file_prepare(const struct config *config,
		      const struct config_feed *feed,
		      const struct addr *primaries, size_t primary_count,
		      struct feed_file *out);

/* Reads it, once, in any thread. */
void feed_file_read(struct feed_file *file);

/* Frees all that it has. */
void feed_file_clear(struct feed_file *file);

/* When a version ends, by its age or its own word; 0: never. */
int64_t feed_file_expiry(uint64_t max_age_ms,
			 const struct feed_version *version,
			 const struct feed_report *report);

bool feed_version_same(const struct feed_version *a,
		       const struct feed_version *b);

#endif
