/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs posternctl for commands that need no daemon. */
#ifndef POSTERN_TESTS_RUN_CTL_H
#define POSTERN_TESTS_RUN_CTL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"

#define RUN_ARGUMENTS_MAX 160

struct ctl_run {
	int status;
	char *out;
	char *err;
};

/* `line`: its arguments, with blanks between. */
static inline struct ctl_run ctl_run(const char *line)
{
	char *argv[RUN_ARGUMENTS_MAX + 1];
	struct ctl_run run = {0};
	char *words = NULL;
	FILE *out, *err;
	int argc = 0;
	size_t size;
	char *rest;

	assert_true(asprintf(&words, "posternctl %s", line) > 0);
	for (char *word = strtok_r(words, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest)) {
		assert_true(argc < RUN_ARGUMENTS_MAX);
		argv[argc++] = word;
	}
	argv[argc] = NULL;
	out = open_memstream(&run.out, &size);
	err = open_memstream(&run.err, &size);
	run.status = (int)ctl_main(argc, argv, out, err);
	fclose(out);
	fclose(err);
	free(words);
	return run;
}

static inline void ctl_run_free(struct ctl_run *run)
{
	free(run->out);
	free(run->err);
}

/* Runs `line` and fails unless this is what comes of it. */
static inline void ctl_run_expect(const char *line, int status, const char *out,
				  const char *err)
{
	struct ctl_run run = ctl_run(line);

	assert_string_equal(run.err, err);
	assert_string_equal(run.out, out);
	assert_int_equal(run.status, status);
	ctl_run_free(&run);
}

/* The same where nothing comes of it but an error, which begins so. */
static inline void ctl_run_refuse(const char *line, int status,
				  const char *error)
{
	struct ctl_run run = ctl_run(line);

	assert_int_equal(run.status, status);
	if (strncmp(run.err, error, strlen(error)) != 0)
		fail_msg("%s", run.err);
	assert_string_equal(run.out, "");
	ctl_run_free(&run);
}

#endif
