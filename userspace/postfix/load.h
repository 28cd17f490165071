/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds a main.cf and loads it. */
#ifndef POSTERN_POSTFIX_LOAD_H
#define POSTERN_POSTFIX_LOAD_H

#include "postfix/main_cf.h"

/*
 * Loads the file `operand`, or main.cf in that directory.  Returns 0 with
 * *out for main_cf_free() and *path (what was read) for free(3); or a negative
 * errno with "PATH: why" or "PATH:LINE: why" in `error` and both untouched.
 */
int postfix_load(const char *operand, struct main_cf **out, char **path,
		 char error[static MAIN_CF_ERROR]);

#endif
