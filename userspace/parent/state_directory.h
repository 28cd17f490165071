/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The directory in which the worker keeps what outlives it. */
#ifndef POSTERN_PARENT_STATE_DIRECTORY_H
#define POSTERN_PARENT_STATE_DIRECTORY_H

#include "parent/privileges.h"

/*
 * Makes the directory (not those above it) and gives it to `identity`.  What
 * goes wrong is logged: the daemon is of use without it.
 */
void state_directory_make(const char *path, const struct identity *identity);

#endif
