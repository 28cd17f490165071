/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replacing a file, and reading it. */

#include "worker/save_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static void temporary_name(const char *name, char out[SAVE_FILE_NAME_MAX])
{
	snprintf(out, SAVE_FILE_NAME_MAX, "%s.new", name);
}

int save_file_open(const char *directory, const char *name,
		   struct save_file *out)
{
	char temporary[SAVE_FILE_NAME_MAX];
	int at = open_directory(directory), fd, error;
	FILE *stream;

	if (at < 0)
		return at;
	temporary_name(name, temporary);
	/* What another user has left there could not be written to. */
	unlinkat(at, temporary, 0);
	fd = openat(at, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		    0600);
	stream = fd < 0 ? NULL : fdopen(fd, "w");
	if (!stream) {
		error = -errno;
		if (fd >= 0)
			close(fd);
		close(at);
		return error;
	}
	*out = (struct save_file){
		.directory = at,
		.name = name,
		.stream = stream,
	};
	return 0;
}

int save_file_finish(struct save_file *file)
{
	char temporary[SAVE_FILE_NAME_MAX];
	int error = 0;

	temporary_name(file->name, temporary);
	if (fflush(file->stream) != 0 || fsync(fileno(file->stream)) != 0)
		error = -errno;
	if (fclose(file->stream) != 0 && !error)
		error = -errno;
	if (!error && renameat(file->directory, temporary, file->directory,
			       file->name) != 0)
		error = -errno;
	/* The new name is safe only when the directory is. */
	if (!error && fsync(file->directory) != 0)
		error = -errno;
	if (error)
		unlinkat(file->directory, temporary, 0);
	close(file->directory);
	return error;
}

void save_file_discard(struct save_file *file)
{
	char temporary[SAVE_FILE_NAME_MAX];

	temporary_name(file->name, temporary);
	fclose(file->stream);
	unlinkat(file->directory, temporary, 0);
	close(file->directory);
}

int save_file_put_aside(const char *directory, const char *name)
{
	int at = open_directory(directory), error;
	char damaged[SAVE_FILE_NAME_MAX];

	if (at < 0)
		return at;
	snprintf(damaged, sizeof(damaged), "%s" SAVE_FILE_DAMAGED, name);
	error = renameat(at, name, at, damaged) == 0 ? 0 : -errno;
	close(at);
	return error;
}

static int read_all(int fd, size_t max, void **out, size_t *size)
{
	struct stat stat;
	size_t have = 0;
	ssize_t n = 1;
	char *data;

	if (fstat(fd, &stat) != 0)
		return -errno;
	if (!S_ISREG(stat.st_mode))
		return -EINVAL;
	if ((uint64_t)stat.st_size > max)
		return -EFBIG;
	data = malloc((size_t)stat.st_size + 1);
	if (!data)
		return -ENOMEM;
	while (have < (size_t)stat.st_size && n > 0) {
		n = read(fd, data + have, (size_t)stat.st_size - have);
		if (n > 0)
			have += (size_t)n;
	}
	if (n < 0) {
		int error = -errno;

		free(data);
		return error;
	}
	*out = data;
	*size = have;
	return 0;
}

int save_file_read(const char *directory, const char *name, size_t max,
		   void **out, size_t *size)
{
	int at = open_directory(directory), fd, error;

	if (at < 0)
		return at;
	/* Not to wait for the writer of what is no file. */
	fd = openat(at, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	error = fd < 0 ? -errno : read_all(fd, max, out, size);
	if (fd >= 0)
		close(fd);
	close(at);
	return error;
}
