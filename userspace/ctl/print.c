/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text for people. */

#include "ctl/print.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Longer paragraphs are cut. */
#define PARAGRAPH_MAX 2048

static const char *const colours[] = {
	[TONE_PLAIN] = "",	   [TONE_HEAD] = "\033[1m",
	[TONE_GOOD] = "\033[32m",  [TONE_WARN] = "\033[33m",
	[TONE_BAD] = "\033[1;31m",
};

struct print print_to(FILE *out)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");
	struct print print = {.out = out};

	print.colour = isatty(fileno(out)) && !(no_color && *no_color) &&
		       !(term && strcmp(term, "dumb") == 0);
	return print;
}

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

char *print_clean(char *text)
{
	unsigned char *c = (unsigned char *)text;

	for (; *c; c++) {
		if (*c < ' ' || *c == 0x7f)
			*c = '?';
		/* U+0080 to U+009F are control characters, too. */
		if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
			c[0] = c[1] = '?';
	}
	return text;
}

size_t print_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		if (!is_continuation(*text))
			width++;
	return width;
}

static void put(const struct print *print, enum tone tone, const char *text,
		size_t length)
{
	bool colour = print->colour && tone != TONE_PLAIN && length > 0;

	fprintf(print->out, "%s%.*s%s", colour ? colours[tone] : "",
		(int)length, text, colour ? "\033[0m" : "");
}

void print_text(const struct print *print, enum tone tone, const char *text)
{
	put(print, tone, text, strlen(text));
}

/* Octets of the words that fit into `room` columns: one word at least. */
static size_t fitting(const char *text, size_t room)
{
	size_t length = 0;
	size_t width = 0;
	size_t i;

	for (i = 0; text[i]; i++) {
		if (text[i] == ' ')
			length = i;
		if (!is_continuation(text[i]))
			width++;
		if (width > room && length > 0)
			return length;
	}
	return width <= room || length == 0 ? i : length;
}

void print_words(const struct print *print, enum tone tone, size_t column,
		 const char *text)
{
	size_t room = PRINT_COLUMNS - column;
	size_t length;

	for (;;) {
		length = fitting(text, room);
		put(print, tone, text, length);
		text += length;
		text += strspn(text, " ");
		if (!*text)
			return;
		fprintf(print->out, "\n%*s", (int)column, "");
	}
}

void print_heading(const struct print *print, const char *text)
{
	fputc('\n', print->out);
	print_text(print, TONE_HEAD, text);
	fputc('\n', print->out);
}

void print_paragraph(const struct print *print, enum tone tone,
		     const char *mark, const char *format, ...)
{
	char text[PARAGRAPH_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	print_text(print, tone, mark);
	print_words(print, tone, strlen(mark), print_clean(text));
	fputc('\n', print->out);
}

const char *print_duration(double seconds, char text[static PRINT_QUANTITY])
{
	if (seconds < 0)
		seconds = 0;
	if (seconds < 9.95)
		snprintf(text, PRINT_QUANTITY, "%.1f s", seconds);
	else if (seconds < 120)
		snprintf(text, PRINT_QUANTITY, "%d s", (int)(seconds + 0.05));
	else if (seconds < 2 * 3600)
		snprintf(text, PRINT_QUANTITY, "%d min", (int)(seconds / 60));
	else if (seconds < 2 * 86400)
		snprintf(text, PRINT_QUANTITY, "%d h", (int)(seconds / 3600));
	else
		snprintf(text, PRINT_QUANTITY, "%.0f d", seconds / 86400);
	return text;
}

static const char *group_digits(uint64_t count, char text[PRINT_QUANTITY])
{
	char digits[PRINT_QUANTITY];
	size_t length;
	size_t at = 0;

	length = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, count);
	for (size_t i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			text[at++] = ',';
		text[at++] = digits[i];
	}
	text[at] = '\0';
	return text;
}

const char *print_count(uint64_t count, char text[static PRINT_QUANTITY])
{
	static const char units[] = "GTPE";
	double scaled = (double)count / 1e9;
	size_t unit = 0;

	if (count < 1000000000)
		return group_digits(count, text);
	for (; scaled >= 999.995; unit++)
		scaled /= 1000;
	snprintf(text, PRINT_QUANTITY, "%.2f %c", scaled, units[unit]);
	return text;
}
