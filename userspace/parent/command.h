/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A child of the parent that runs for a limited time: a command of the
 * configuration, or a function.  It leads a process group of its own, which
 * is killed when the time is over; what it says is read line by line.
 *
 * The owner polls `output` for input and calls command_read(), passes on what
 * waitpid(2) says to command_reaped(), and calls command_check() every few
 * seconds.  Nothing blocks.
 */
#ifndef POSTERN_PARENT_COMMAND_H
#define POSTERN_PARENT_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Octets of a line; what is longer becomes several. */
#define COMMAND_LINE_MAX 512

/* More lines of one run are left out. */
#define COMMAND_LINES_MAX 100

struct command {
	const char *name; /* for the log; of static storage */
	pid_t pid;	  /* 0: does not run */
	int output;	  /* -1: none */
	uint64_t started_ns;
	uint64_t limit_ns;
	unsigned int lines;
	size_t used;
	char line[COMMAND_LINE_MAX];

	/* Instead of the log, which is the default. */
	void (*on_line)(void *context, const char *line);
	void *context;
};

/* What is put into the environment of a command: ends with a NULL name. */
struct command_variable {
	const char *name;
	const char *value;
};

/* One that does not run. */
struct command command_idle(void);

bool command_runs(const struct command *command);

/*
 * Runs `argv`, which ends with NULL, for `limit_ns` at most.  `name` is not
 * copied.  Returns 0 or a negative errno, which has been logged.
 */
int command_start(struct command *command, const char *name, char *const *argv,
		  const struct command_variable *environment,
		  uint64_t limit_ns);

/* The same for a function, which prints; its return value is the exit status */
int command_call(struct command *command, const char *name,
		 int (*function)(const void *argument), const void *argument,
		 uint64_t limit_ns);

/* Reads what there is. */
void command_read(struct command *command);

/*
 * A child has ended: returns whether it was this one, and logs how.  *failed
 * is then false for exit status 0 only.
 */
bool command_reaped(struct command *command, pid_t pid, int status,
		    bool *failed);

/* Kills what runs for too long. */
void command_check(struct command *command);

/* Forgets it: what runs goes on, but nobody listens to it. */
void command_close(struct command *command);

#endif
