/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A child with a time limit. */

#include "ctl/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_OCTETS 65536

extern char **environ;

struct output {
	int fd;
	size_t used;
	char text[LINE_MAX_OCTETS];
};

static uint64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Returns its process id, or a negative errno. */
static pid_t start(char *const argv[], int output)
{
	posix_spawn_file_actions_t actions;
	pid_t pid = 0;
	int error;

	error = posix_spawn_file_actions_init(&actions);
	if (error)
		return -error;
	error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO,
						 "/dev/null", O_RDONLY, 0);
	if (!error)
		error = posix_spawn_file_actions_addopen(
			&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, output,
							 STDOUT_FILENO);
	if (!error)
		error = posix_spawnp(&pid, argv[0], &actions, NULL, argv,
				     environ);
	posix_spawn_file_actions_destroy(&actions);
	return error ? -error : pid;
}

/* Hands over what is whole, or all of it. */
static void take_lines(struct output *output, bool all, child_line *line,
		       void *context)
{
	char *at = output->text, *end;
	size_t left = output->used;

	while ((end = memchr(at, '\n', left))) {
		*end++ = '\0';
		line(context, at);
		left -= (size_t)(end - at);
		at = end;
	}
	if (left > 0 && (all || left == sizeof(output->text) - 1)) {
		at[left] = '\0';
		line(context, at);
		left = 0;
	}
	memmove(output->text, at, left);
	output->used = left;
}

/* Until it closes its output, or the time is over. */
static int listen_to(struct output *output, uint64_t deadline_ms,
		     child_line *line, void *context)
{
	struct pollfd poll_of = {.fd = output->fd, .events = POLLIN};

	for (;;) {
		uint64_t now_ms = clock_ms();
		ssize_t count;

		if (now_ms >= deadline_ms)
			return -ETIMEDOUT;
		if (poll(&poll_of, 1, (int)(deadline_ms - now_ms)) <= 0)
			continue;
		count = read(output->fd, output->text + output->used,
			     sizeof(output->text) - 1 - output->used);
		if (count < 0 && errno != EINTR)
			return -errno;
		if (count > 0)
			output->used += (size_t)count;
		take_lines(output, count == 0, line, context);
		if (count == 0)
			return 0;
	}
}

int child_run(char *const argv[], unsigned int limit_ms, child_line *line,
	      void *context)
{
	static struct output output;
	int ends[2], error, status = 0;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -errno;
	output = (struct output){.fd = ends[0]};
	pid = start(argv, ends[1]);
	close(ends[1]);
	error = pid < 0 ? pid : 0;
	if (pid > 0) {
		error = listen_to(&output, clock_ms() + limit_ms, line,
				  context);
		if (error)
			kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (!error && status != 0)
			error = -EIO;
	}
	close(ends[0]);
	return error;
}
