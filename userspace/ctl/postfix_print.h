/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An import as a configuration for posternd, which loads as it is; what
 * somebody has to fill in is marked in it.
 */
#ifndef POSTERN_CTL_POSTFIX_PRINT_H
#define POSTERN_CTL_POSTFIX_PRINT_H

#include <stdio.h>

#include "ctl/postfix_import.h"

/* `path`: where it comes from. */
void postfix_print(const struct postfix_import *import, const char *path,
		   FILE *out);

#endif
