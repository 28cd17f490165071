/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * posternctl: options, the table of commands, and what the commands share.
 * Apart from main(), so that tests can run all of it.
 *
 * Exit status of posternctl, and what a command returns: 0 done, 1 refused or
 * failed with one clear line on stderr, 2 wrong usage.
 */
#ifndef POSTERN_CTL_CTL_H
#define POSTERN_CTL_CTL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "ctl/print.h"

enum ctl_exit {
	CTL_DONE,
	CTL_FAILED,
	CTL_MISUSED,
};

/* Options of one command, always long. */
#define CTL_OPTIONS_MAX 8

struct ctl_option {
	const char *name;    /* "config" */
	const char *operand; /* "FILE", or "": it takes none */
	const char *words;
};

struct ctl_given {
	const struct ctl_option *option;
	const char *value; /* "" where it takes none */
};

/* How many of them may stand in a command line. */
#define CTL_GIVEN_MAX 128

struct ctl {
	const char *socket;
	bool json;
	struct ctl_given given[CTL_GIVEN_MAX];
	size_t given_count;
	size_t operand_count;
	FILE *out;
	FILE *err;
};

struct ctl_command {
	const char *name;     /* a word, or several: "feed check" */
	const char *operands; /* "ADDR", or "" */
	size_t operand_count;
	bool more_operands; /* operand_count is the least */
	struct ctl_option options[CTL_OPTIONS_MAX]; /* the first ones */
	const char *summary; /* one line in the list of commands */
	const char *help;    /* what else there is to know */
	const char *example; /* a command line */
	enum ctl_exit (*run)(const struct ctl *ctl, char **operands);
};

/* All commands, in the order in which --help shows them. */
extern const struct ctl_command ctl_commands[];
extern const size_t ctl_command_count;

enum ctl_exit ctl_main(int argc, char **argv, FILE *out, FILE *err);

/*
 * Asks the daemon (client_ask() has the arguments) and prints the result: as
 * JSON, or by `show`.
 */
enum ctl_exit ctl_ask(const struct ctl *ctl, const char *command, json_t *args,
		      unsigned int timeout_s,
		      void (*show)(const struct print *print,
				   const json_t *result));

/* The value of an option of the command, the last one; NULL: not given. */
const char *ctl_option(const struct ctl *ctl, const char *name);

/*
 * The same for one that may be given several times: the next one from *at on,
 * which is 0 at first.
 */
const char *ctl_next_option(const struct ctl *ctl, const char *name,
			    size_t *at);

/* Prints an object, and takes the reference to it; NULL prints nothing. */
void ctl_print_json(const struct ctl *ctl, json_t *result);

/* One line on stderr. */
void ctl_error(const struct ctl *ctl, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
