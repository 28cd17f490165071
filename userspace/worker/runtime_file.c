/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of what was set by hand. */

#include "worker/runtime_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room for the name of a file and what is put behind it. */
#define NAME_ROOM 64

static int open_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int runtime_file_read(const char *directory, const char *name, json_t **out)
{
	int at = open_directory(directory), fd;
	json_t *object;

	if (at == -ENOENT) {
		*out = NULL;
		return 0;
	}
	if (at < 0)
		return at;
	fd = openat(at, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) {
		int error = -errno;

		close(at);
		if (error != -ENOENT)
			return error;
		*out = NULL;
		return 0;
	}
	object = json_loadfd(fd, JSON_REJECT_DUPLICATES, NULL);
	close(fd);
	close(at);
	if (!json_is_object(object)) {
		json_decref(object);
		return -EBADMSG;
	}
	*out = object;
	return 0;
}

static int write_object(int fd, const json_t *object)
{
	if (json_dumpfd(object, fd, JSON_INDENT(1)) != 0)
		return -EIO;
	return fsync(fd) == 0 ? 0 : -errno;
}

int runtime_file_write(const char *directory, const char *name,
		       const json_t *object)
{
	int at = open_directory(directory);
	char temporary[NAME_ROOM];
	int error, fd;

	if (at < 0)
		return at;
	snprintf(temporary, sizeof(temporary), "%s.new", name);
	fd = openat(at, temporary,
		    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		    0640);
	error = fd < 0 ? -errno : write_object(fd, object);
	if (fd >= 0)
		close(fd);
	if (!error && renameat(at, temporary, at, name) != 0)
		error = -errno;
	/* The new name is safe only when the directory is. */
	if (!error && fsync(at) != 0)
		error = -errno;
	close(at);
	return error;
}

void runtime_file_put_aside(const char *directory, const char *name)
{
	int at = open_directory(directory);
	char damaged[NAME_ROOM];

	if (at < 0)
		return;
	snprintf(damaged, sizeof(damaged), "%s.damaged", name);
	renameat(at, name, at, damaged);
	close(at);
}
