/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of an import: each reads some parameters, and adds to the same
 * struct postfix_import.
 *
 * Private to postfix_import.c, postfix_access.c, postfix_sites.c and
 * postfix_restrictions.c.
 */
#ifndef POSTERN_POSTFIX_COLLECT_H
#define POSTERN_POSTFIX_COLLECT_H

#include "postfix/import.h"

struct postfix_collect {
	struct main_cf *main_cf;
	postfix_read *read;
	struct postfix_import *import;
	char *error;	    /* of MAIN_CF_ERROR */
	unsigned int files; /* read so far */
};

/* Each returns 0, -ENOMEM, or -EINVAL with the error set. */
int postfix_collect_access(struct postfix_collect *collect);
int postfix_collect_sites(struct postfix_collect *collect);
int postfix_collect_restrictions(struct postfix_collect *collect);

/* The value of a parameter, for free(3), or NULL; notes what it lacks. */
int postfix_collect_value(struct postfix_collect *collect, const char *name,
			  char **out);

/* Sets the error, and returns -EINVAL. */
int postfix_collect_fail(struct postfix_collect *collect, unsigned int line,
			 const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* `path` NULL: main.cf.  Line 0: no line is meant. */
void postfix_collect_note(struct postfix_collect *collect, const char *path,
			  unsigned int line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Adds "zone", "zone=filter" or "zone=filter*weight", of a restriction if it
 * has a weight of its own (`weight` not 0).
 */
int postfix_collect_site(struct postfix_collect *collect, const char *parameter,
			 const char *text, int weight);

#endif
