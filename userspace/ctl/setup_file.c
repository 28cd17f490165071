/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file beside the new one's place, then renamed to it. */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/setup_facts.h"

#define GROUP "postern"
#define MODE  0640

#define DIRECTORY_MODE 0755

static int write_all(int fd, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t count = write(fd, text, size);

		if (count < 0 && errno != EINTR)
			return -errno;
		if (count > 0) {
			text += count;
			size -= (size_t)count;
		}
	}
	return fsync(fd) == 0 ? 0 : -errno;
}

/* For who isn't root, the file stays his own. */
static int give_away(int fd)
{
	const struct group *group = getgrnam(GROUP);

	if (geteuid() == 0 && group && fchown(fd, 0, group->gr_gid) != 0)
		return -errno;
	return fchmod(fd, MODE) == 0 ? 0 : -errno;
}

/* link(2) is the one that never replaces, wherever the file comes from. */
static int put_in_place(const char *made, const char *path, bool force)
{
	if (force)
		return rename(made, path) == 0 ? 0 : -errno;
	return link(made, path) == 0 ? 0 : -errno;
}

/* Whether it is needed and can be made shows when the file is opened. */
static void make_directory(const char *path)
{
	char *copy = strdup(path);
	char *slash = copy ? strrchr(copy, '/') : NULL;

	if (slash && slash != copy) {
		*slash = '\0';
		if (mkdir(copy, DIRECTORY_MODE) == 0)
			chmod(copy, DIRECTORY_MODE);
	}
	free(copy);
}

int setup_write(const char *path, const char *text, size_t size, bool force)
{
	char *made;
	int fd, error;

	make_directory(path);
	if (asprintf(&made, "%s.XXXXXX", path) < 0)
		return -ENOMEM;
	fd = mkostemp(made, O_CLOEXEC);
	if (fd < 0) {
		error = -errno;
		free(made);
		return error;
	}
	error = give_away(fd);
	if (!error)
		error = write_all(fd, text, size);
	if (close(fd) != 0 && !error)
		error = -errno;
	if (!error)
		error = put_in_place(made, path, force);
	/* Renamed, it isn't there any more. */
	unlink(made);
	free(made);
	return error;
}
