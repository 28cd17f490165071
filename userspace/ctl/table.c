/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables: widths of columns, and rows that break where they must. */

#include "ctl/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define INDENT 2
#define GAP    2

/* What the last column gets at least, where it has so much to say. */
#define LAST_MIN 24

struct table table_of(const char *align)
{
	return (struct table){.align = align, .columns = strlen(align)};
}

void table_add(struct table *table, enum tone tone, const char *format, ...)
{
	struct table_cell *cell;
	va_list args;

	table->cells = reallocarray(table->cells, table->count + 1,
				    sizeof(*table->cells));
	if (!table->cells) {
		perror("posternctl");
		exit(EXIT_FAILURE);
	}
	cell = &table->cells[table->count++];
	cell->tone = tone;
	va_start(args, format);
	vsnprintf(cell->text, sizeof(cell->text), format, args);
	va_end(args);
	print_clean(cell->text);
}

static size_t total(const size_t *widths, size_t columns)
{
	size_t last = widths[columns - 1];
	size_t sum = INDENT + (last < LAST_MIN ? last : LAST_MIN);

	for (size_t i = 0; i + 1 < columns; i++)
		sum += widths[i] + GAP;
	return sum;
}

/* As wide as the content wants; the widest give way where it is too much. */
static void measure(const struct table *table, size_t *widths)
{
	size_t widest;
	size_t width;

	memset(widths, 0, TABLE_COLUMNS_MAX * sizeof(*widths));
	for (size_t i = 0; i < table->count; i++) {
		width = print_width(table->cells[i].text);
		if (width > widths[i % table->columns])
			widths[i % table->columns] = width;
	}
	while (total(widths, table->columns) > PRINT_COLUMNS) {
		widest = 0;
		for (size_t i = 1; i + 1 < table->columns; i++)
			if (widths[i] > widths[widest])
				widest = i;
		widths[widest]--;
	}
}

/* Goes to `column`, on the next line when this one leaves no gap before it. */
static size_t go_to(const struct print *print, size_t at, size_t column)
{
	if (at > 0 && at + GAP > column) {
		fputc('\n', print->out);
		at = 0;
	}
	fprintf(print->out, "%*s", (int)(column - at), "");
	return column;
}

static void print_row(const struct table *table, const struct print *print,
		      const size_t *widths, const struct table_cell *row)
{
	size_t start = INDENT;
	size_t at = 0;

	for (size_t i = 0; i < table->columns; i++) {
		size_t width = print_width(row[i].text);
		size_t column = start;

		if (table->align[i] == 'r' && width < widths[i])
			column += widths[i] - width;
		start += widths[i] + GAP;
		if (width == 0)
			continue;
		at = go_to(print, at, column) + width;
		if (i + 1 == table->columns)
			print_words(print, row[i].tone, column, row[i].text);
		else
			print_text(print, row[i].tone, row[i].text);
	}
	fputc('\n', print->out);
}

void table_finish(struct table *table, const struct print *print)
{
	size_t widths[TABLE_COLUMNS_MAX];

	measure(table, widths);
	for (size_t i = 0; i + table->columns <= table->count;
	     i += table->columns)
		print_row(table, print, widths, &table->cells[i]);
	free(table->cells);
	table->cells = NULL;
	table->count = 0;
}
