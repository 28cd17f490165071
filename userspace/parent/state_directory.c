/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The directory in which the worker keeps what outlives it. */

#include "parent/state_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"

/* By its descriptor: what the worker puts in its place is not followed. */
static int give(const char *path, const struct identity *identity)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	struct stat stat;
	int error = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &stat) != 0 ||
	    (stat.st_uid != identity->uid &&
	     fchown(fd, identity->uid, identity->gid) != 0))
		error = -errno;
	close(fd);
	return error;
}

void state_directory_make(const char *path, const struct identity *identity)
{
	int error = 0;

	if (mkdir(path, 0750) == 0)
		error = give(path, identity);
	else if (errno != EEXIST)
		error = -errno;
	if (error)
		log_warning("can't make %s: %s; run-time lists will not "
			    "survive a restart",
			    path, strerror(-error));
}
