/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a program of somebody else's, and hears what it prints, for a while. */
#ifndef POSTERN_CTL_CHILD_H
#define POSTERN_CTL_CHILD_H

/* A line of its output, without the newline; longer ones come in parts. */
typedef void child_line(void *context, const char *line);

/*
 * Runs argv[0] of PATH without input, with its errors thrown away, for
 * `limit_ms` at most: then it is killed.  Returns 0 once it has ended well, or
 * a negative errno: -ENOENT (there is no such program), -ETIMEDOUT, -EIO (it
 * failed).
 */
int child_run(char *const argv[], unsigned int limit_ms, child_line *line,
	      void *context);

#endif
