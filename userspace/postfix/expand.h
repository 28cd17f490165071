/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Expansion of $name, ${name?value}, ${{a} == {b} ? {c} : {d}} and their like,
 * as in Postfix 3.7 (postconf(5)); what that refuses is refused here.
 *
 * Pure.  What a hostile text can make it do is bounded by `work`.
 */
#ifndef POSTERN_POSTFIX_EXPAND_H
#define POSTERN_POSTFIX_EXPAND_H

#include <stdbool.h>
#include <stddef.h>

struct postfix_parameter {
	struct postfix_parameter *next;
	char *name;
	char *value;	   /* as it is written */
	unsigned int line; /* 0: a default */
	bool expanding;	   /* kept by postfix_expand() */
};

struct postfix_scope {
	/* NULL: there is no such parameter. */
	struct postfix_parameter *(*find)(void *context, const char *name,
					  size_t length);
	/* May be NULL; else told of each of those that is used. */
	void (*undefined)(void *context, const char *name, size_t length,
			  unsigned int line);
	void *context;
	size_t *work; /* octets and names that may be expanded yet */
};

#define POSTFIX_WHY 256

/* What is wrong, and in which line. */
struct postfix_fault {
	unsigned int line;
	char why[POSTFIX_WHY];
};

/*
 * Returns 0 and the value in *out, for free(3); or -ENOMEM, or -EINVAL and
 * *fault, with *out untouched.
 */
int postfix_expand(const struct postfix_scope *scope,
		   struct postfix_parameter *parameter, char **out,
		   struct postfix_fault *fault);

#endif
