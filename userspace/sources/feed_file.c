/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the file of one feed as the configuration wants it. */

#include "sources/feed_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sources/addresses.h"
#include "sources/feed_guard.h"

bool feed_version_same(const struct feed_version *a,
		       const struct feed_version *b)
{
	return a->device == b->device && a->inode == b->inode &&
	       a->size == b->size && a->modified.tv_sec == b->modified.tv_sec &&
	       a->modified.tv_nsec == b->modified.tv_nsec;
}

int64_t feed_file_expiry(uint64_t max_age_ms,
			 const struct feed_version *version,
			 const struct feed_report *report)
{
	int64_t expires = 0;

	if (max_age_ms)
		expires =
			version->modified.tv_sec + (int64_t)(max_age_ms / 1000);
	if (report->expires_unix &&
	    (expires == 0 || report->expires_unix < expires))
		expires = report->expires_unix;
	return expires;
}

int feed_file_guard(const struct config *config, const struct addr *primaries,
		    size_t primary_count, const unsigned int widest[FAMILY_MAX],
		    struct feed_guard **out)
{
	struct addr own[ADDRESSES_PROTECTED_MAX];
	size_t count = addresses_own(config, own);
	struct feed_guarded *more;
	int error;

	more = calloc(count + primary_count + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		more[i] = (struct feed_guarded){own[i],
						"an address of this host"};
	for (size_t i = 0; i < primary_count; i++)
		more[count + i] =
			(struct feed_guarded){primaries[i], "a primary"};
	error = feed_guard_create(config, more, count + primary_count, widest,
				  out);
	free(more);
	return error;
}

int feed_file_prepare(const struct config *config,
		      const struct config_feed *feed,
		      const struct addr *primaries, size_t primary_count,
		      struct feed_file *out)
{
	const unsigned int widest[FAMILY_MAX] = {feed->widest_ipv4,
						 feed->widest_ipv6};
	struct feed_file file = {
		.path = strdup(feed->file),
		.max_age_ms = feed->max_age_ms,
		.options = {.format = feed->format,
			    .rejected_max = feed->rejected_max},
	};
	int error = -ENOMEM;

	if (file.path)
		error = feed_file_guard(config, primaries, primary_count,
					widest, &file.guard);
	if (error) {
		free(file.path);
		return error;
	}
	file.options.guard = file.guard;
	*out = file;
	return 0;
}

void feed_file_read(struct feed_file *file)
{
	/* What is no file, such as a FIFO, must not make it wait. */
	int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat stat = {0};
	int error;

	file->opened_unix = time(NULL);
	if (fd < 0 || fstat(fd, &stat) != 0)
		file->error = -errno;
	else if (!S_ISREG(stat.st_mode))
		file->error = -EINVAL;
	if (!file->error) {
		file->version = (struct feed_version){
			.device = stat.st_dev,
			.inode = stat.st_ino,
			.size = stat.st_size,
			.modified = stat.st_mtim,
		};
		error = feed_read(fd, &file->options, &file->report,
				  &file->set);
		/* What is wrong with the file itself stands in the report. */
		if (error != -EBADMSG && error != -EFBIG)
			file->error = error;
	}
	if (fd >= 0)
		close(fd);
}

void feed_file_clear(struct feed_file *file)
{
	ranges_set_put(file->set);
	feed_guard_free(file->guard);
	free(file->path);
	*file = (struct feed_file){0};
}
