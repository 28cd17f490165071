/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Children with a time limit and a log. */

#include "parent/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"
#include "tables/clock.h"

struct command command_idle(void)
{
	return (struct command){.output = -1};
}

bool command_runs(const struct command *command)
{
	return command->pid != 0;
}

/* ---- the child ---- */

/* Its own group, no blocked signals, nothing open but its output. */
static void become_child(int output)
{
	sigset_t none;
	int null;

	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	close_range(STDERR_FILENO + 1, ~0U, 0);
}

static void execute(char *const *argv,
		    const struct command_variable *environment)
{
	for (; environment && environment->name; environment++)
		setenv(environment->name, environment->value, 1);
	execvp(argv[0], argv);
	dprintf(STDERR_FILENO, "can't run %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* ---- start ---- */

/* Forks; in the child it returns 0, with its output in place. */
static pid_t start(struct command *command, const char *name, uint64_t limit_ns)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0) {
		log_error("can't run %s: %s", name, strerror(errno));
		return -errno;
	}
	pid = fork();
	if (pid == 0) {
		become_child(ends[1]);
		return 0;
	}
	close(ends[1]);
	if (pid < 0) {
		int error = -errno;

		log_error("can't run %s: %s", name, strerror(errno));
		close(ends[0]);
		return error;
	}
	/* Here and there: whoever comes first. */
	setpgid(pid, pid);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	command->name = name;
	command->pid = pid;
	command->output = ends[0];
	command->started_ns = clock_monotonic_ns();
	command->limit_ns = limit_ns;
	command->lines = 0;
	command->used = 0;
	return pid;
}

int command_start(struct command *command, const char *name, char *const *argv,
		  const struct command_variable *environment, uint64_t limit_ns)
{
	pid_t pid = start(command, name, limit_ns);

	if (pid == 0)
		execute(argv, environment);
	if (pid < 0)
		return pid;
	log_info("%s: running %s pid=%d", name, argv[0], pid);
	return 0;
}

int command_call(struct command *command, const char *name,
		 int (*function)(const void *argument), const void *argument,
		 uint64_t limit_ns)
{
	pid_t pid = start(command, name, limit_ns);

	if (pid == 0)
		_exit(function(argument));
	return pid < 0 ? pid : 0;
}

/* ---- output ---- */

static void say(struct command *command)
{
	command->line[command->used] = '\0';
	if (command->used == 0)
		return;
	command->used = 0;
	if (command->on_line) {
		command->on_line(command->context, command->line);
		return;
	}
	command->lines++;
	if (command->lines <= COMMAND_LINES_MAX)
		log_info("%s: %s", command->name, command->line);
	else if (command->lines == COMMAND_LINES_MAX + 1)
		log_warning("%s: says more than %d lines; the rest is left out",
			    command->name, COMMAND_LINES_MAX);
}

static void take(struct command *command, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\n') {
			say(command);
			continue;
		}
		command->line[command->used++] = text[i];
		if (command->used == COMMAND_LINE_MAX - 1)
			say(command);
	}
}

static void hang_up(struct command *command)
{
	if (command->output < 0)
		return;
	say(command);
	close(command->output);
	command->output = -1;
}

/* One that never stops talking must not keep the parent from its work. */
#define READS_MAX 16

void command_read(struct command *command)
{
	char text[4096];
	ssize_t got = 1;

	for (int i = 0; i < READS_MAX && got > 0; i++) {
		got = read(command->output, text, sizeof(text));
		if (got > 0)
			take(command, text, (size_t)got);
	}
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		hang_up(command);
}

/* ---- end ---- */

static void report(const struct command *command, int status)
{
	if (WIFSIGNALED(status))
		log_warning("%s: killed by signal %d", command->name,
			    WTERMSIG(status));
	else if (WEXITSTATUS(status))
		log_warning("%s: failed with exit status %d", command->name,
			    WEXITSTATUS(status));
	else
		log_debug("%s: done", command->name);
}

bool command_reaped(struct command *command, pid_t pid, int status,
		    bool *failed)
{
	if (!command->pid || command->pid != pid)
		return false;
	if (command->output >= 0)
		command_read(command);
	/* What it left running may go on, but is not listened to. */
	hang_up(command);
	report(command, status);
	command->pid = 0;
	*failed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
	return true;
}

void command_check(struct command *command)
{
	uint64_t now = clock_monotonic_ns();

	if (!command->pid || now - command->started_ns < command->limit_ns)
		return;
	log_warning("%s: still running after %llu s, so it is killed",
		    command->name,
		    (unsigned long long)(command->limit_ns / NS_PER_S));
	kill(-command->pid, SIGKILL);
	command->started_ns = now;
}

void command_close(struct command *command)
{
	if (command->output >= 0)
		close(command->output);
	*command = command_idle();
}
