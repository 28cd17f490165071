/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An import as a configuration for posternd, which loads as it is; what
 * somebody has to fill in is marked in it.
 */
#ifndef POSTERN_CTL_POSTFIX_PRINT_H
#define POSTERN_CTL_POSTFIX_PRINT_H

#include <stdio.h>

#include "postfix/import.h"

/* `path`: where it comes from. */
void postfix_print(const struct postfix_import *import, const char *path,
		   FILE *out);

/* The parts of it that other configurations have, too: `allow = { ... }`, */
void postfix_print_allow(const struct postfix_import *import, FILE *out);

/* sites and threshold of `dnsbl`, as comments where they can list nobody, */
void postfix_print_sites(const struct postfix_import *import, FILE *out);

/* and what isn't carried over. */
void postfix_print_notes(const struct postfix_import *import, FILE *out);

/* Wraps words to comment lines; `mark` goes before the first word. */
void postfix_comment(FILE *out, const char *mark, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
