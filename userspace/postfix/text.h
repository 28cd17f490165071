/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of Postfix's files, as Postfix takes it: a line that begins with
 * white space continues the one before it, over blank lines and comments in
 * between.
 *
 * Used by the readers of main.cf and of tables.  Only postfix_text_read()
 * does I/O.
 */
#ifndef POSTERN_POSTFIX_TEXT_H
#define POSTERN_POSTFIX_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define POSTFIX_TEXT_MAX 1048576 /* octets of a file */

#define POSTFIX_SPACE	  " \t\r\n\v\f" /* isspace(3) */
#define POSTFIX_SEPARATOR ", \t\r\n"	/* between the words of a list */

/*
 * Reads a regular file into memory for free(3).  Returns 0; -EFBIG above
 * POSTFIX_TEXT_MAX, -ENOTSUP for anything but a regular file, or another
 * negative errno, with *text and *size untouched.
 */
int postfix_text_read(const char *path, char **text, size_t *size);

struct postfix_lines {
	const char *at;
	const char *end;
	unsigned int next; /* the number of the line at `at` */
	char *text;	   /* the logical line, for writing, too */
	unsigned int line; /* the number of its first line */
};

/*
 * Borrows `text`.  Returns 0; -EILSEQ with the line in *line where there is a
 * NUL, which no C string survives; or -ENOMEM.
 */
int postfix_lines_open(const char *text, size_t size, struct postfix_lines *out,
		       unsigned int *line);

/* Takes the next logical line; false at the end. */
bool postfix_lines_next(struct postfix_lines *lines);

void postfix_lines_close(struct postfix_lines *lines);

/*
 * Cuts the next word off *rest, or returns NULL.  Separators within braces
 * belong to the word.
 */
char *postfix_word(char **rest);

/* Cuts off white space at both ends. */
char *postfix_trim(char *text);

#endif
