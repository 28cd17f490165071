/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages between parent and worker. */

#include "core/message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

/* By send(2): the worker may not use sendmsg(2), see parent/seccomp.c. */
static int send_alone(int socket, const struct message *message)
{
	if (send(socket, message, sizeof(*message),
		 MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

static int send_with(int socket, const struct message *message, int fd)
{
	struct message copy = *message;
	struct iovec iov = {.iov_base = &copy, .iov_len = sizeof(copy)};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	union control control = {0};
	struct cmsghdr *header;

	msg.msg_control = &control;
	msg.msg_controllen = sizeof(control);
	header = CMSG_FIRSTHDR(&msg);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	if (sendmsg(socket, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

int message_send(int socket, const struct message *message, int fd)
{
	return fd < 0 ? send_alone(socket, message)
		      : send_with(socket, message, fd);
}

/*
 * Takes the descriptor that came along; none or more than one (padding leaves
 * room for two) is -1, and nothing stays open.
 */
static int take_descriptor(struct msghdr *msg)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(msg);
	size_t count;
	int fd;

	if (!header || header->cmsg_level != SOL_SOCKET ||
	    header->cmsg_type != SCM_RIGHTS)
		return -1;
	count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(fd);
	for (size_t i = 0; i < count; i++) {
		memcpy(&fd, CMSG_DATA(header) + i * sizeof(fd), sizeof(fd));
		if (count == 1)
			return fd;
		close(fd);
	}
	return -1;
}

int message_receive(int socket, struct message *message, int *fd)
{
	struct message received;
	struct iovec iov = {.iov_base = &received, .iov_len = sizeof(received)};
	union control control = {0};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t size;
	int came;

	size = recvmsg(socket, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (size < 0)
		return -errno;
	came = take_descriptor(&msg);
	if (size != sizeof(received) || msg.msg_flags & MSG_TRUNC ||
	    (came < 0 && msg.msg_controllen) ||
	    (unsigned int)received.kind >= MESSAGE_KINDS) {
		if (came >= 0)
			close(came);
		return size ? -EBADMSG : 0;
	}
	*message = received;
	*fd = came;
	return 1;
}
