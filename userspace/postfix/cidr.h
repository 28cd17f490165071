/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Postfix's tables of type cidr (cidr_table(5)).  Pure: text in, rules out.
 */
#ifndef POSTERN_POSTFIX_CIDR_H
#define POSTERN_POSTFIX_CIDR_H

#include <stddef.h>

#include "core/addr.h"

struct postfix_cidr_rule {
	unsigned int line;
	struct prefix prefix;
	const char *result; /* valid during the call */
};

struct postfix_cidr_reader {
	/* Returns 0 to go on, or what postfix_cidr_read() shall return. */
	int (*rule)(void *context, const struct postfix_cidr_rule *rule);
	/* A line that is not carried over, and why. */
	void (*skipped)(void *context, unsigned int line, const char *why);
	void *context;
};

/* Returns 0, -ENOMEM, or what a callback returned. */
int postfix_cidr_read(const char *text, size_t size,
		      const struct postfix_cidr_reader *reader);

#endif
