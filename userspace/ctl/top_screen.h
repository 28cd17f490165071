/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The screen of `posternctl top`, as lines of printable ASCII: nothing that a
 * stranger has sent can command the terminal.  Pure.
 */
#ifndef POSTERN_CTL_TOP_SCREEN_H
#define POSTERN_CTL_TOP_SCREEN_H

#include <time.h>

#include "ctl/print.h"
#include "ctl/top_model.h"

/* What a larger terminal has more is left blank. */
#define TOP_COLUMNS_MAX 200
#define TOP_ROWS_MAX	200

struct top_screen {
	size_t columns, rows;
	size_t used; /* lines, at most `rows` */
	struct {
		enum tone tone;
		char text[TOP_COLUMNS_MAX + 1];
	} lines[TOP_ROWS_MAX];
};

/* `now` is shown, in local time. */
void top_screen_draw(struct top_screen *screen, const struct top_model *model,
		     size_t columns, size_t rows, time_t now);

#endif
