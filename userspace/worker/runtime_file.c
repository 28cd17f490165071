/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file that run-time lists are kept in. */

#include "worker/runtime_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME	  "lists.json"
#define TEMPORARY "lists.json.new"
#define DAMAGED	  "lists.json.damaged"

static int open_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int runtime_file_read(const char *directory, json_t **out)
{
	int at = open_directory(directory), fd;
	json_t *object;

	if (at == -ENOENT) {
		*out = NULL;
		return 0;
	}
	if (at < 0)
		return at;
	fd = openat(at, NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
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

int runtime_file_write(const char *directory, const json_t *object)
{
	int at = open_directory(directory);
	int error, fd;

	if (at < 0)
		return at;
	fd = openat(at, TEMPORARY,
		    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		    0640);
	error = fd < 0 ? -errno : write_object(fd, object);
	if (fd >= 0)
		close(fd);
	if (!error && renameat(at, TEMPORARY, at, NAME) != 0)
		error = -errno;
	/* The new name is safe only when the directory is. */
	if (!error && fsync(at) != 0)
		error = -errno;
	close(at);
	return error;
}

void runtime_file_put_aside(const char *directory)
{
	int at = open_directory(directory);

	if (at < 0)
		return;
	renameat(at, NAME, at, DAMAGED);
	close(at);
}
