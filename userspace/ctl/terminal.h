/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A full-screen terminal, by ncurses: nobody else knows it.  One at a time.
 * However the process ends, but by a signal that can't be caught, the terminal
 * is as before: SIGINT, SIGTERM, SIGHUP and SIGQUIT are noted and asked for
 * with terminal_is_over().
 */
#ifndef POSTERN_CTL_TERMINAL_H
#define POSTERN_CTL_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "ctl/print.h"

#define TERMINAL_ERROR_MAX 160

/*
 * Whether standard input and `out` are a terminal, of a kind that can do it.
 * Returns 0; or -ENOTTY, -EINVAL (TERM), -ENOTSUP (built without ncurses), with
 * words in `error`.
 */
int terminal_check(FILE *out, char error[static TERMINAL_ERROR_MAX]);

/* Takes them over.  Returns as terminal_check(). */
int terminal_open(FILE *out, char error[static TERMINAL_ERROR_MAX]);

/* As it is now: it may be resized at any time. */
void terminal_size(size_t *columns, size_t *rows);

/* Draws a line, printable ASCII, in place of what is there. */
void terminal_put(size_t row, enum tone tone, const char *text);

/* Shows what was drawn. */
void terminal_show(void);

/* What was typed, or 0: nothing is, or it was resized. */
int terminal_key(void);

/* A signal has asked for the end. */
bool terminal_is_over(void);

void terminal_close(void);

#endif
