/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counting the files of a queue. */

#include "parent/queue_count.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Deeper than hash_queue_depth goes; a loop would end here, too. */
#define DEPTH_MAX 5

static const char *const queues[] = {"incoming", "active", "deferred"};

static void count_file(int at, const char *name, struct queue_count *count)
{
	struct statx file;

	/* One that has just left the queue is none. */
	if (statx(at, name, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC,
		  STATX_TYPE | STATX_BTIME, &file) != 0 ||
	    !S_ISREG(file.stx_mode))
		return;
	count->length++;
	if (file.stx_mask & STATX_BTIME && file.stx_btime.tv_sec > 0 &&
	    (count->oldest_unix == 0 ||
	     file.stx_btime.tv_sec < count->oldest_unix))
		count->oldest_unix = file.stx_btime.tv_sec;
}

static int count_below(int at, const char *name, unsigned int depth,
		       struct queue_count *count)
{
	int fd = openat(at, name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!directory) {
		int error = -errno;

		if (fd >= 0)
			close(fd);
		return error;
	}
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		if (entry->d_type != DT_DIR)
			count_file(dirfd(directory), entry->d_name, count);
		else if (depth > 0)
			count_below(dirfd(directory), entry->d_name, depth - 1,
				    count);
	}
	closedir(directory);
	return 0;
}

int queue_count(const char *directory, struct queue_count *out)
{
	int at = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct queue_count count = {0};
	int error = 0;

	if (at < 0)
		return -errno;
	for (size_t i = 0; i < sizeof(queues) / sizeof(queues[0]) && !error;
	     i++)
		error = count_below(at, queues[i], DEPTH_MAX, &count);
	close(at);
	if (!error)
		*out = count;
	return error;
}
