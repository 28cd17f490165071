/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The name, owner and mode of the control socket. */

#include "parent/control_socket.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/log.h"

#define BACKLOG 32

static int make_parent_directory(const char *path)
{
	char directory[PATH_MAX];
	char *slash;

	if (snprintf(directory, sizeof(directory), "%s", path) >=
	    (int)sizeof(directory))
		return -ENAMETOOLONG;
	slash = strrchr(directory, '/');
	if (!slash || slash == directory)
		return 0;
	*slash = '\0';
	if (mkdir(directory, 0755) && errno != EEXIST)
		return -errno;
	return 0;
}

/* A name that nobody answers at is left from a daemon that was killed. */
static int clear_name(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) ==
	    0)
		error = -EADDRINUSE;
	else if (errno == ECONNREFUSED && unlink(address->sun_path))
		error = -errno;
	close(fd);
	return error;
}

static int listen_on(const struct sockaddr_un *address, gid_t group)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask;
	int error;

	if (fd < 0)
		return -errno;
	/* Nobody may connect before the group is set. */
	mask = umask(0777);
	error = bind(fd, (const struct sockaddr *)address, sizeof(*address));
	umask(mask);
	if (error == 0)
		error = chown(address->sun_path, 0, group);
	if (error == 0)
		error = chmod(address->sun_path, 0660);
	if (error == 0)
		error = listen(fd, BACKLOG);
	if (error) {
		error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

int control_socket_open(const char *path, gid_t group, ino_t *inode)
{
	struct stat name = {0};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int error, fd = -1;

	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s", path) >=
	    (int)sizeof(address.sun_path))
		error = -ENAMETOOLONG;
	else
		error = make_parent_directory(path);
	if (!error)
		error = clear_name(&address);
	if (!error) {
		fd = listen_on(&address, group);
		error = fd < 0 ? fd : 0;
	}
	if (error == -EADDRINUSE)
		log_error("another daemon answers at %s: stop it first", path);
	else if (error)
		log_error("can't listen at %s: %s", path, strerror(-error));
	if (error)
		return error;
	if (stat(path, &name) == 0)
		*inode = name.st_ino;
	return fd;
}

void control_socket_unlink(const char *path, ino_t inode)
{
	struct stat name;

	if (stat(path, &name) == 0 && name.st_ino == inode)
		unlink(path);
}
