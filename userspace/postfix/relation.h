/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The comparisons that main.cf can have, such as ${{a} == {b} ? ...}. */
#ifndef POSTERN_POSTFIX_RELATION_H
#define POSTERN_POSTFIX_RELATION_H

#include <stddef.h>

enum postfix_truth {
	POSTFIX_FALSE,
	POSTFIX_TRUE,
	POSTFIX_NO_RELATION, /* no such operator, or not for these values */
};

/* `word`: "==", "<level", ... */
enum postfix_truth postfix_compare(const char *left, const char *word,
				   size_t length, const char *right);

#endif
