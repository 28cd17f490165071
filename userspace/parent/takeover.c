/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking over from the daemon that runs. */

#include "parent/takeover.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/log.h"

/* A daemon that does not end by itself is killed: that, too, leaves all. */
#define PATIENCE_MS 5000
#define KILL_MS	    1000

/* The process that listens at the socket; 0: nobody does. */
static pid_t listener_of(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct ucred peer = {0};
	socklen_t length = sizeof(peer);
	int fd;

	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s", path) >=
	    (int)sizeof(address.sun_path))
		return 0;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	/* The credentials are those of who called listen(2): the parent. */
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length))
		peer.pid = 0;
	close(fd);
	return peer.pid;
}

/* Whoever else listens there is not for us to end. */
static bool is_posternd(pid_t pid)
{
	char path[64], name[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(name, sizeof(name), file))
		name[0] = '\0';
	fclose(file);
	return strcmp(name, "posternd\n") == 0;
}

static int send_signal(int pidfd, int number)
{
	return syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0) ? -errno
								      : 0;
}

static int wait_for_end(int pidfd, int timeout_ms)
{
	struct pollfd fd = {.fd = pidfd, .events = POLLIN};
	int n = poll(&fd, 1, timeout_ms);

	if (n < 0)
		return -errno;
	return n ? 0 : -ETIMEDOUT;
}

static int end_process(int pidfd, pid_t pid)
{
	int error = send_signal(pidfd, TAKEOVER_SIGNAL);

	if (!error)
		error = wait_for_end(pidfd, PATIENCE_MS);
	if (error != -ETIMEDOUT)
		return error;
	log_warning("the daemon that runs (pid %d) does not answer: killing "
		    "it",
		    pid);
	error = send_signal(pidfd, SIGKILL);
	return error ? error : wait_for_end(pidfd, KILL_MS);
}

int takeover_from(const char *path)
{
	pid_t pid = listener_of(path);
	int pidfd, error;

	if (pid == 0) {
		log_info("no daemon runs that could be taken over");
		return 0;
	}
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0) {
		error = errno == ESRCH ? 0 : -errno;
	} else {
		/* Still the same one, now that it can't be mistaken? */
		error = listener_of(path) == pid && is_posternd(pid)
				? end_process(pidfd, pid)
				: -ESTALE;
		close(pidfd);
	}
	if (error)
		log_error("can't take over from pid %d: %s", pid,
			  strerror(-error));
	return error == -ESRCH ? 0 : error;
}
