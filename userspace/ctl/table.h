/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table for people, within 80 columns: what is too wide for its column
 * pushes the rest of its row to the next line, words in the last column wrap.
 *
 * Ends the process when memory runs out.
 */
#ifndef POSTERN_CTL_TABLE_H
#define POSTERN_CTL_TABLE_H

#include <stddef.h>

#include "ctl/print.h"

#define TABLE_COLUMNS_MAX 8
#define TABLE_CELL_MAX	  320

struct table_cell {
	enum tone tone;
	char text[TABLE_CELL_MAX];
};

struct table {
	const char *align; /* a letter for each column: l or r */
	size_t columns;
	size_t count;
	struct table_cell *cells;
};

/* `align` must outlive the table. */
struct table table_of(const char *align);

/* The next cell, row after row.  Longer text is cut. */
void table_add(struct table *table, enum tone tone, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Prints it, two columns in, and frees what it holds. */
void table_finish(struct table *table, const struct print *print);

#endif
