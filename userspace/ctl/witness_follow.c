/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Follows a log as `tail -F` does, or standard input, and tells the daemon of
 * the networks that have connected: in batches, and each of them again only
 * when half of its time is over.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ctl/client.h"
#include "ctl/witness.h"
#include "ctl/witness_log.h"
#include "tables/networks.h"

#define ANSWER_S  10
#define DEFAULT_S (4 * 3600)
#define BATCH_MAX 1000
#define BATCH_S	  2
#define POLL_MS	  250
#define LINE_ROOM 2048
#define SEEN_MAX  8192 /* places; what falls out is told again */

struct seen {
	struct addr key;
	time_t told;
};

struct follower {
	const struct ctl *ctl;
	const char *path; /* NULL: standard input */
	int fd;
	ino_t inode;
	off_t read;
	uint64_t for_s;
	json_t *batch;
	time_t batch_began;
	size_t used;
	bool too_long; /* the rest of the line is left out */
	char line[LINE_ROOM];
	struct seen seen[SEEN_MAX];
};

static time_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* ---- telling ---- */

/* The daemon may be away for a while: what it misses comes again. */
static void send_batch(struct follower *follower)
{
	char error[CONTROL_ERROR_MAX];
	json_t *result = NULL;

	if (json_array_size(follower->batch) == 0)
		return;
	if (client_ask(follower->ctl->socket, "witness-add",
		       json_pack("{s:o, s:I}", "networks", follower->batch,
				 "for_s", (json_int_t)follower->for_s),
		       ANSWER_S, &result, error) < 0) {
		ctl_error(follower->ctl, "%s", error);
		memset(follower->seen, 0, sizeof(follower->seen));
	}
	json_decref(result);
	follower->batch = json_array();
}

static struct seen *place_of(struct follower *follower, const struct addr *key)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < sizeof(key->octets); i++)
		hash = hash * 31 + key->octets[i];
	return &follower->seen[hash % SEEN_MAX];
}

static void on_witness(struct follower *follower, const struct addr *source)
{
	struct addr key = networks_key(source);
	struct seen *seen = place_of(follower, &key);
	char text[ADDR_TEXT];
	time_t now = now_s();

	if (addr_equal(&seen->key, &key) &&
	    (uint64_t)(now - seen->told) < follower->for_s / 2)
		return;
	*seen = (struct seen){.key = key, .told = now};
	if (json_array_size(follower->batch) == 0)
		follower->batch_began = now;
	json_array_append_new(follower->batch,
			      json_string(addr_format(&key, text)));
	if (json_array_size(follower->batch) == BATCH_MAX)
		send_batch(follower);
}

/* ---- reading ---- */

static void on_line(struct follower *follower)
{
	struct addr source;

	follower->line[follower->used] = '\0';
	if (!follower->too_long && witness_log_parse(follower->line, &source))
		on_witness(follower, &source);
	follower->used = 0;
	follower->too_long = false;
}

static void take(struct follower *follower, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\n')
			on_line(follower);
		else if (follower->used < LINE_ROOM - 1)
			follower->line[follower->used++] = text[i];
		else
			follower->too_long = true;
	}
}

/* Returns 1, 0 at the end, or a negative errno. */
static int read_some(struct follower *follower)
{
	char text[16384];
	ssize_t got = read(follower->fd, text, sizeof(text));

	if (got < 0)
		return errno == EINTR || errno == EAGAIN ? 1 : -errno;
	take(follower, text, (size_t)got);
	follower->read += got;
	return got > 0;
}

/* A new log has taken the place of this one, or it was cut. */
static bool was_rotated(const struct follower *follower)
{
	struct stat now;

	return stat(follower->path, &now) == 0 &&
	       (now.st_ino != follower->inode || now.st_size < follower->read);
}

static int open_log(struct follower *follower, bool at_end)
{
	struct stat stat;
	int fd = open(follower->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &stat) != 0) {
		close(fd);
		return -errno;
	}
	if (follower->fd >= 0)
		close(follower->fd);
	follower->fd = fd;
	follower->inode = stat.st_ino;
	follower->read = at_end ? lseek(fd, 0, SEEK_END) : 0;
	follower->used = 0;
	return 0;
}

static bool is_due(const struct follower *follower)
{
	return json_array_size(follower->batch) > 0 &&
	       now_s() - follower->batch_began >= BATCH_S;
}

/* Until there is something to read or to send. */
static void wait(const struct follower *follower)
{
	struct pollfd fd = {.fd = follower->fd, .events = POLLIN};

	/* A file is always readable. */
	if (follower->path)
		poll(NULL, 0, POLL_MS);
	else
		poll(&fd, 1, POLL_MS);
}

static bool has_input(const struct follower *follower)
{
	struct pollfd fd = {.fd = follower->fd, .events = POLLIN};

	return follower->path || poll(&fd, 1, 0) > 0;
}

static int follow(struct follower *follower)
{
	for (;;) {
		int more = has_input(follower) ? read_some(follower) : 1;
		bool idle = more == 0 || !has_input(follower);

		if (more < 0 || (more == 0 && !follower->path))
			return more;
		if (more == 0 && was_rotated(follower))
			idle = open_log(follower, false) != 0;
		if (is_due(follower))
			send_batch(follower);
		if (idle)
			wait(follower);
	}
}

enum ctl_exit witness_follow_run(const struct ctl *ctl, char **operands)
{
	struct follower *follower = calloc(1, sizeof(*follower));
	int error = follower ? 0 : -ENOMEM;

	if (follower && !witness_time(ctl, &follower->for_s)) {
		free(follower);
		return CTL_MISUSED;
	}
	if (follower) {
		follower->ctl = ctl;
		follower->fd = STDIN_FILENO;
		follower->batch = json_array();
		if (follower->for_s == 0)
			follower->for_s = DEFAULT_S;
		if (strcmp(operands[0], "-") != 0) {
			follower->path = operands[0];
			follower->fd = -1;
			error = open_log(follower, true);
		}
		if (!error)
			error = follow(follower);
		send_batch(follower);
		json_decref(follower->batch);
	}
	free(follower);
	if (!error)
		return CTL_DONE;
	ctl_error(ctl, "%s: %s", operands[0], strerror(-error));
	return CTL_FAILED;
}
