/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A message for sendmail(1). */

#include "ctl/mail.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define RECIPIENT_MAX 254 /* RFC 5321, 4.5.3.1.3 */

extern char **environ;

bool mail_is_recipient(const char *text)
{
	size_t length = 0;

	for (; text[length]; length++)
		if (text[length] <= ' ' || text[length] > '~' ||
		    text[length] == ',')
			return false;
	return length > 0 && length <= RECIPIENT_MAX && text[0] != '-';
}

/* It reads from the pipe, whose other end it must not hold. */
static int start(const char *program, const int ends[2], pid_t *out)
{
	/* posix_spawn() changes none of them. */
	char name[] = "sendmail", dots[] = "-oi", headers[] = "-t";
	char *const argv[] = {name, dots, headers, NULL};
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);

	if (error)
		return -error;
	error = posix_spawn_file_actions_adddup2(&actions, ends[0],
						 STDIN_FILENO);
	if (!error)
		error = posix_spawn(out, program, &actions, NULL, argv,
				    environ);
	posix_spawn_file_actions_destroy(&actions);
	return -error;
}

static int write_message(FILE *pipe, const char *recipient, const char *subject,
			 const char *text)
{
	int length = fprintf(pipe,
			     "To: %s\n"
			     "Subject: %s\n"
			     "Auto-Submitted: auto-generated\n"
			     "MIME-Version: 1.0\n"
			     "Content-Type: text/plain; charset=utf-8\n"
			     "Content-Transfer-Encoding: 8bit\n"
			     "\n"
			     "%s",
			     recipient, subject, text);

	return length < 0 || fflush(pipe) ? -errno : 0;
}

/* Returns its exit status, or -ECHILD if it had none. */
static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -ECHILD;
}

int mail_send(const char *program, const char *recipient, const char *subject,
	      const char *text)
{
	int ends[2], error, status;
	FILE *pipe = NULL;
	pid_t pid = 0;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	error = start(program, ends, &pid);
	close(ends[0]);
	if (!error)
		pipe = fdopen(ends[1], "w");
	if (!pipe) {
		close(ends[1]);
		return error ? error : wait_for(pid);
	}
	/* It may end before it has read all of it. */
	signal(SIGPIPE, SIG_IGN);
	error = write_message(pipe, recipient, subject, text);
	fclose(pipe);
	status = wait_for(pid);
	return status ? status : error;
}
