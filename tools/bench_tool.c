/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fork(2), exec(3), and what came out. */

#include "bench_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_FOUND 127

/* In the child. */
static void execute(const char *const argv[], int input, int output)
{
	char *words[16];
	size_t i;

	for (i = 0; argv[i] && i + 1 < sizeof(words) / sizeof(*words); i++)
		words[i] = strdup(argv[i]);
	words[i] = NULL;
	if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
	    dup2(output, STDERR_FILENO) < 0)
		_exit(NOT_FOUND);
	execvp(words[0], words);
	_exit(NOT_FOUND);
}

/* Its first line says most. */
static void read_line(int output, char why[BENCH_TOOL_WHY])
{
	ssize_t got = pread(output, why, BENCH_TOOL_WHY - 1, 0);

	why[got > 0 ? got : 0] = '\0';
	why[strcspn(why, "\n")] = '\0';
}

static int judge(const char *name, int status, int output,
		 char why[BENCH_TOOL_WHY])
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	read_line(output, why);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND) {
		snprintf(why, BENCH_TOOL_WHY, "%s is not installed", name);
		return -ENOENT;
	}
	if (why[0] == '\0')
		snprintf(why, BENCH_TOOL_WHY, "%s failed", name);
	return -EIO;
}

static int run(const char *const argv[], int input, int output,
	       char why[BENCH_TOOL_WHY])
{
	int status;
	pid_t pid;

	if (lseek(input, 0, SEEK_SET) < 0 && errno != ESPIPE)
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		execute(argv, input, output);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return judge(argv[0], status, output, why);
}

int bench_tool(const char *const argv[], int input, char why[BENCH_TOOL_WHY])
{
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int output = memfd_create("output", MFD_CLOEXEC);
	int error;

	why[0] = '\0';
	if (nothing < 0 || output < 0)
		error = -errno;
	else
		error = run(argv, input < 0 ? nothing : input, output, why);
	if (error && why[0] == '\0')
		snprintf(why, BENCH_TOOL_WHY, "%s", strerror(-error));
	if (nothing >= 0)
		close(nothing);
	if (output >= 0)
		close(output);
	return error;
}

int bench_tool_feed(const char *const argv[], const char *input,
		    char why[BENCH_TOOL_WHY])
{
	int fd = memfd_create("input", MFD_CLOEXEC);
	int error;

	if (fd < 0 || write(fd, input, strlen(input)) != (ssize_t)strlen(input))
		error = -EIO;
	else
		error = bench_tool(argv, fd, why);
	if (fd >= 0)
		close(fd);
	return error;
}
