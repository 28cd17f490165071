/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages between parent and worker, and what a hostile worker could send
 * instead: other sizes, other kinds, more descriptors than are asked for.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/message.h"

#define COUNT(table)	(sizeof(table) / sizeof(*(table)))
#define DESCRIPTORS_MAX 4

#define KIND_ALONE (-(ssize_t)(sizeof(struct message) - sizeof(uint32_t)))

struct pair {
	int here;
	int there;
};

static struct pair open_pair(void)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		fail_msg("socketpair: %s", strerror(errno));
	return (struct pair){.here = ends[0], .there = ends[1]};
}

static void close_pair(struct pair *pair)
{
	if (pair->here >= 0)
		close(pair->here);
	if (pair->there >= 0)
		close(pair->there);
}

static unsigned int open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* Sends anything, with so many descriptors, as message_send() would not. */
static void send_raw(int socket, const void *data, size_t size,
		     size_t descriptors)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_len = size};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	int fds[DESCRIPTORS_MAX] = {STDERR_FILENO, STDERR_FILENO, STDERR_FILENO,
				    STDERR_FILENO};
	size_t length = descriptors * sizeof(int);

	memcpy(&iov.iov_base, &data, sizeof(data));
	if (descriptors) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(length);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(length);
		memcpy(CMSG_DATA(&control.header), fds, length);
	}
	assert_int_equal(sendmsg(socket, &msg, MSG_DONTWAIT), size);
}

/* Receives what is refused: nothing changes, no descriptor stays open. */
static void check_refused(int socket, unsigned int descriptors, int result)
{
	struct message before, message;
	int fd = -42;

	memset(&before, 0xa5, sizeof(before));
	message = before;
	assert_int_equal(message_receive(socket, &message, &fd), result);
	assert_memory_equal(&message, &before, sizeof(message));
	assert_int_equal(fd, -42);
	assert_int_equal(open_descriptors(), descriptors);
}

static void messages_arrive_whole_and_in_order(void **state)
{
	struct pair pair = open_pair();
	struct message message, sent;
	int fd;

	(void)state;
	for (unsigned int kind = 0; kind < MESSAGE_KINDS; kind++) {
		memset(&sent, (int)kind + 1, sizeof(sent));
		sent.kind = kind;
		sent.id = 1000 + kind;
		assert_int_equal(message_send(pair.there, &sent, -1), 0);
	}
	for (unsigned int kind = 0; kind < MESSAGE_KINDS; kind++) {
		memset(&sent, (int)kind + 1, sizeof(sent));
		sent.kind = kind;
		sent.id = 1000 + kind;
		fd = -42;
		assert_int_equal(message_receive(pair.here, &message, &fd), 1);
		assert_memory_equal(&message, &sent, sizeof(sent));
		assert_int_equal(fd, -1);
	}
	close_pair(&pair);
}

static void a_descriptor_comes_with_its_message(void **state)
{
	struct message sent = {.kind = MESSAGE_CONFIG}, message;
	struct pair pair = open_pair();
	struct stat ours, theirs;
	int file, fd = -42;

	(void)state;
	file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	assert_true(file >= 0);
	assert_int_equal(message_send(pair.there, &sent, file), 0);
	assert_int_equal(message_receive(pair.here, &message, &fd), 1);
	assert_true(fd >= 0);
	assert_int_not_equal(fd, file);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fstat(file, &ours), 0);
	assert_int_equal(fstat(fd, &theirs), 0);
	assert_true(ours.st_ino == theirs.st_ino);
	assert_true(ours.st_dev == theirs.st_dev);
	close(fd);
	close(file);
	close_pair(&pair);
}

static void descriptor_zero_is_one_like_others(void **state)
{
	struct message sent = {.kind = MESSAGE_CONFIG}, message;
	int kept = dup(STDIN_FILENO), fd = -42;
	struct pair pair = open_pair();

	(void)state;
	assert_int_equal(dup2(pair.here, STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(message_send(pair.there, &sent, STDIN_FILENO), 0);
	assert_int_equal(message_receive(pair.here, &message, &fd), 1);
	assert_true(fd >= 0);
	close(fd);
	close(STDIN_FILENO);
	if (kept >= 0) {
		dup2(kept, STDIN_FILENO);
		close(kept);
	}
	close_pair(&pair);
}

static void nothing_to_receive_is_said_at_once(void **state)
{
	struct pair pair = open_pair();

	(void)state;
	check_refused(pair.here, open_descriptors(), -EAGAIN);
	close_pair(&pair);
}

static void the_end_of_the_other_side_is_seen(void **state)
{
	struct message message = {.kind = MESSAGE_READY};
	struct pair pair = open_pair();
	int fd;

	(void)state;
	/* What was sent before is still received. */
	assert_int_equal(message_send(pair.there, &message, -1), 0);
	close(pair.there);
	pair.there = -1;
	assert_int_equal(message_receive(pair.here, &message, &fd), 1);
	check_refused(pair.here, open_descriptors(), 0);
	/* And a message to nobody is an error, not a signal. */
	assert_int_equal(message_send(pair.here, &message, -1), -EPIPE);
	close_pair(&pair);
}

static void a_receiver_that_does_not_read_blocks_nobody(void **state)
{
	struct message message = {.kind = MESSAGE_NUDGE};
	struct pair pair = open_pair();
	unsigned int sent = 0, received = 0;
	int fd, result;

	(void)state;
	while ((result = message_send(pair.there, &message, -1)) == 0)
		if (++sent > 1000000)
			fail_msg("there is no end to it");
	assert_int_equal(result, -EAGAIN);
	assert_true(sent > 0);
	while (message_receive(pair.here, &message, &fd) == 1)
		received++;
	assert_int_equal(received, sent);
	close_pair(&pair);
}

static const struct {
	const char *name;
	ssize_t size; /* from that of a message on */
	unsigned int kind;
	size_t descriptors;
} hostile[] = {
	{"a kind too high", 0, MESSAGE_KINDS, 0},
	{"a negative kind", 0, UINT32_MAX, 0},
	{"a kind too high, with a descriptor", 0, MESSAGE_KINDS, 1},
	{"an octet too few", -1, MESSAGE_READY, 0},
	{"an octet too few, with a descriptor", -1, MESSAGE_READY, 1},
	{"the kind alone", KIND_ALONE, MESSAGE_READY, 0},
	{"an octet too many", 1, MESSAGE_READY, 0},
	{"an octet too many, with a descriptor", 1, MESSAGE_READY, 1},
	{"far too many octets", 4096, MESSAGE_READY, 0},
	{"two descriptors", 0, MESSAGE_READY, 2},
	{"more of them than there is room for", 0, MESSAGE_READY, 4},
	{"two of them, and an octet too few", -1, MESSAGE_READY, 2},
};

static void hostile_messages_are_refused_and_leave_nothing_open(void **state)
{
	static unsigned char data[sizeof(struct message) + 4096];

	(void)state;
	for (size_t i = 0; i < COUNT(hostile); i++) {
		struct pair pair = open_pair();
		unsigned int descriptors = open_descriptors();
		struct message message = {.kind = MESSAGE_READY};
		int fd;

		print_message("%s\n", hostile[i].name);
		memcpy(data, &hostile[i].kind, sizeof(hostile[i].kind));
		send_raw(pair.there, data,
			 sizeof(message) + (size_t)hostile[i].size,
			 hostile[i].descriptors);
		check_refused(pair.here, descriptors, -EBADMSG);
		/* The next one is not affected. */
		assert_int_equal(message_send(pair.there, &message, -1), 0);
		assert_int_equal(message_receive(pair.here, &message, &fd), 1);
		assert_int_equal(fd, -1);
		close_pair(&pair);
	}
}

static void an_empty_message_is_an_end_that_leaves_nothing_open(void **state)
{
	struct pair pair = open_pair();
	unsigned int descriptors = open_descriptors();

	(void)state;
	send_raw(pair.there, "", 0, 1);
	check_refused(pair.here, descriptors, 0);
	close_pair(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_arrive_whole_and_in_order),
		cmocka_unit_test(a_descriptor_comes_with_its_message),
		cmocka_unit_test(descriptor_zero_is_one_like_others),
		cmocka_unit_test(nothing_to_receive_is_said_at_once),
		cmocka_unit_test(the_end_of_the_other_side_is_seen),
		cmocka_unit_test(a_receiver_that_does_not_read_blocks_nobody),
		cmocka_unit_test(
			hostile_messages_are_refused_and_leave_nothing_open),
		cmocka_unit_test(
			an_empty_message_is_an_end_that_leaves_nothing_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
