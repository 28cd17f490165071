/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects as tables of tests have them, and what is shown of them. */
#ifndef POSTERN_TESTS_SHOWN_H
#define POSTERN_TESTS_SHOWN_H

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/print.h"

/* The object of a text, in which ' stands for "; to be released. */
static inline json_t *quoted_json(const char *quoted)
{
	char *text = strdup(quoted);
	json_t *object;

	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	object = json_loads(text, 0, NULL);
	free(text);
	assert_non_null(object);
	return object;
}

/* No line is too wide for a terminal, or ends with a blank. */
static inline void assert_narrow(const char *text)
{
	for (size_t length; *text; text += length + 1) {
		length = strcspn(text, "\n");
		assert_true(length <= PRINT_COLUMNS);
		assert_true(length == 0 || text[length - 1] != ' ');
	}
}

#endif
