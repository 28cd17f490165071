/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text for people: paragraphs within 80 columns, quantities as one says them,
 * colours on a terminal that wants them.
 *
 * What is printed may come from strangers (an SMTP reply, a zone's answer):
 * control characters never reach the terminal.
 */
#ifndef POSTERN_CTL_PRINT_H
#define POSTERN_CTL_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PRINT_COLUMNS 80

enum tone {
	TONE_PLAIN,
	TONE_HEAD,
	TONE_GOOD,
	TONE_WARN,
	TONE_BAD,
};

struct print {
	FILE *out;
	bool colour;
};

/* Colours are for terminals, and not if NO_COLOR is set (no-color.org). */
struct print print_to(FILE *out);

/* Begins a section. */
void print_heading(const struct print *print, const char *text);

/* Wraps; `mark` goes before the first line, as many blanks before others. */
void print_paragraph(const struct print *print, enum tone tone,
		     const char *mark, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The two that tables are made of: text as it is, and words from `column`. */
void print_text(const struct print *print, enum tone tone, const char *text);
void print_words(const struct print *print, enum tone tone, size_t column,
		 const char *text);

/* Replaces control characters in place; returns `text`. */
char *print_clean(char *text);

/* Columns that (clean, UTF-8) text takes. */
size_t print_width(const char *text);

/* Room for what the next ones write; they return `text`. */
#define PRINT_QUANTITY 24

/* "8.4 s", "90 s", "14 min", "5 h", "3 d". */
const char *print_duration(double seconds, char text[static PRINT_QUANTITY]);

/* "1,234,567", "1.23 G". */
const char *print_count(uint64_t count, char text[static PRINT_QUANTITY]);

#endif
