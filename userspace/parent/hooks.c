/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running on-up and on-down. */

#include "parent/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"
#include "tables/clock.h"

#define TIME_LIMIT_NS (60 * NS_PER_S)

static const char *const names[HOOKS] = {
	[HOOK_UP] = "on-up",
	[HOOK_DOWN] = "on-down",
};

struct hooks {
	pid_t pid[HOOKS]; /* 0: does not run */
	uint64_t started_ns[HOOKS];
	bool again[HOOKS];
};

int hooks_create(struct hooks **out)
{
	struct hooks *hooks = calloc(1, sizeof(*hooks));

	if (!hooks)
		return -ENOMEM;
	*out = hooks;
	return 0;
}

static char *const *command_of(const struct config *config, enum hook hook)
{
	return hook == HOOK_UP ? config->health.on_up : config->health.on_down;
}

static void execute(char *const *command)
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
	/* One stream for all that it says, where the log goes. */
	dup2(STDERR_FILENO, STDOUT_FILENO);
	close_range(STDERR_FILENO + 1, ~0U, 0);
	execvp(command[0], command);
	log_error("can't run %s: %s", command[0], strerror(errno));
	_exit(127);
}

void hooks_run(struct hooks *hooks, const struct config *config, enum hook hook)
{
	char *const *command = command_of(config, hook);
	pid_t pid;

	if (!command)
		return;
	if (hooks->pid[hook]) {
		hooks->again[hook] = true;
		return;
	}
	pid = fork();
	if (pid == 0)
		execute(command);
	if (pid < 0) {
		log_error("can't run %s: %s", names[hook], strerror(errno));
		return;
	}
	log_info("%s: running %s pid=%d", names[hook], command[0], pid);
	hooks->pid[hook] = pid;
	hooks->started_ns[hook] = clock_monotonic_ns();
}

static void report(enum hook hook, int status)
{
	if (WIFSIGNALED(status))
		log_warning("%s: killed by signal %d", names[hook],
			    WTERMSIG(status));
	else if (WEXITSTATUS(status))
		log_warning("%s: failed with exit status %d", names[hook],
			    WEXITSTATUS(status));
	else
		log_info("%s: done", names[hook]);
}

bool hooks_reaped(struct hooks *hooks, const struct config *config, pid_t pid,
		  int status)
{
	for (enum hook hook = 0; hook < HOOKS; hook++) {
		if (hooks->pid[hook] != pid)
			continue;
		report(hook, status);
		hooks->pid[hook] = 0;
		if (hooks->again[hook]) {
			hooks->again[hook] = false;
			hooks_run(hooks, config, hook);
		}
		return true;
	}
	return false;
}

void hooks_check(struct hooks *hooks)
{
	uint64_t now = clock_monotonic_ns();

	for (enum hook hook = 0; hook < HOOKS; hook++) {
		if (!hooks->pid[hook] ||
		    now - hooks->started_ns[hook] < TIME_LIMIT_NS)
			continue;
		log_warning("%s: still running after a minute, so it is killed",
			    names[hook]);
		kill(-hooks->pid[hook], SIGKILL);
		hooks->started_ns[hook] = now;
	}
}

void hooks_close(struct hooks *hooks)
{
	free(hooks);
}
