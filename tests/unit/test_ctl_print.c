/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text for people: quantities, wrapping, tables, colours; and that nothing a
 * stranger sent can steer a terminal.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/print.h"
#include "ctl/table.h"

static const struct {
	double seconds;
	const char *text;
} durations[] = {
	{-3, "0.0 s"},	      {0, "0.0 s"},	 {9.94, "9.9 s"},
	{9.96, "10 s"},	      {10, "10 s"},	 {119.9, "119 s"},
	{120, "2 min"},	      {7199, "119 min"}, {7200, "2 h"},
	{172799, "47 h"},     {172800, "2 d"},	 {86400 * 400.0, "400 d"},
	{1e30, "1157407407"},
};

static void durations_are_said_in_one_unit(void **state)
{
	char text[PRINT_QUANTITY];

	(void)state;
	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		print_duration(durations[i].seconds, text);
		/* The last one is cut, and does no harm. */
		assert_memory_equal(text, durations[i].text,
				    strlen(durations[i].text));
	}
}

static const struct {
	uint64_t count;
	const char *text;
} counts[] = {
	{0, "0"},
	{999, "999"},
	{1000, "1,000"},
	{999999, "999,999"},
	{999999999, "999,999,999"},
	{1000000000, "1.00 G"},
	{999994999999, "999.99 G"},
	{999999999999, "1.00 T"},
	{UINT64_MAX, "18.45 E"},
};

static void counts_are_grouped_or_scaled(void **state)
{
	char text[PRINT_QUANTITY];

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		assert_string_equal(print_count(counts[i].count, text),
				    counts[i].text);
}

static const struct {
	const char *text;
	const char *clean;
} strange[] = {
	{"plain", "plain"},
	{"\033[2J\007\r\n\t", "?[2J????"},
	{"\x7f", "?"},
	{"\xc2\x9b"
	 "2J",
	 "??2J"},
	{"J\xc3\xb6rg", "J\xc3\xb6rg"},
	{"\xc2", "\xc2"},
};

static void control_characters_are_replaced(void **state)
{
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		strcpy(text, strange[i].text);
		assert_string_equal(print_clean(text), strange[i].clean);
	}
	assert_int_equal(print_width("J\xc3\xb6rg"), 4);
}

/* What `make` prints, for free(3). */
static char *printed(void (*make)(const struct print *print))
{
	struct print print = {0};
	size_t length;
	char *text;

	print.out = open_memstream(&text, &length);
	make(&print);
	fclose(print.out);
	return text;
}

#define TEN "123456789 "

static void make_paragraphs(const struct print *print)
{
	print_paragraph(print, TONE_PLAIN, "! ", "%s",
			TEN TEN TEN TEN TEN TEN TEN "12345678 next  one");
	print_paragraph(print, TONE_PLAIN, "", "%s",
			TEN TEN TEN TEN TEN TEN TEN "1234567890");
	print_paragraph(print, TONE_PLAIN, "", "%s",
			TEN TEN TEN TEN TEN TEN TEN "12345678901");
	print_paragraph(print, TONE_PLAIN, "  ", "%090d %s", 0, "x");
	print_paragraph(print, TONE_PLAIN, "  ", "%s", "");
}

static void paragraphs_end_at_column_80(void **state)
{
	char *text = printed(make_paragraphs);

	(void)state;
	assert_string_equal(
		text,
		"! " TEN TEN TEN TEN TEN TEN TEN
		"12345678\n  next  one\n" TEN TEN TEN TEN TEN TEN TEN
		"1234567890\n" TEN TEN TEN TEN TEN TEN
		"123456789\n12345678901\n"
		"  00000000000000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000\n  x\n  \n");
	free(text);
}

static void make_table(const struct print *print)
{
	struct table table = table_of("lrl");

	table_add(&table, TONE_GOOD, "a");
	table_add(&table, TONE_PLAIN, "1");
	table_add(&table, TONE_PLAIN, "few words");
	table_add(&table, TONE_PLAIN, "%s", TEN TEN TEN TEN TEN "wide");
	table_add(&table, TONE_PLAIN, "12345");
	table_add(&table, TONE_PLAIN,
		  "more words than there is room for in the last column");
	table_add(&table, TONE_PLAIN, "no more");
	table_add(&table, TONE_PLAIN, "%s", "");
	table_add(&table, TONE_PLAIN, "%s", "");
	table_finish(&table, print);
}

static void tables_break_rows_that_are_too_wide(void **state)
{
	char *text = printed(make_table);

	(void)state;
	assert_string_equal(
		text,
		"  a                                                  1  few "
		"words\n"
		"  " TEN TEN TEN TEN TEN "wide\n"
		"                                                 12345  "
		"more words than there is\n"
		"                                                        "
		"room for in the last\n"
		"                                                        "
		"column\n"
		"  no more\n");
	free(text);
}

/* Whether print_to() takes to colours, on a terminal of its own. */
static bool is_coloured(const char *no_color, const char *term)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY);
	struct print print;
	FILE *out;
	int fd;

	assert_int_equal(grantpt(terminal), 0);
	assert_int_equal(unlockpt(terminal), 0);
	fd = open(ptsname(terminal), O_RDWR | O_NOCTTY);
	assert_true(isatty(fd));
	out = fdopen(fd, "w");
	if (no_color)
		setenv("NO_COLOR", no_color, 1);
	else
		unsetenv("NO_COLOR");
	setenv("TERM", term, 1);
	print = print_to(out);
	fclose(out);
	close(terminal);
	return print.colour;
}

static void colours_are_for_terminals_that_want_them(void **state)
{
	FILE *file = tmpfile();

	(void)state;
	assert_true(is_coloured(NULL, "xterm"));
	assert_true(is_coloured("", "xterm"));
	assert_false(is_coloured("1", "xterm"));
	assert_false(is_coloured("0", "xterm"));
	assert_false(is_coloured(NULL, "dumb"));
	assert_false(print_to(file).colour);
	fclose(file);
}

static void colour_surrounds_the_text_of_a_line(void **state)
{
	struct print print = {.colour = true};
	size_t length;
	char *text;

	(void)state;
	print.out = open_memstream(&text, &length);
	print_paragraph(&print, TONE_WARN, "", "%s", "one");
	print_paragraph(&print, TONE_PLAIN, "", "%s", "two");
	fclose(print.out);
	assert_string_equal(text, "\033[33mone\033[0m\ntwo\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_are_said_in_one_unit),
		cmocka_unit_test(counts_are_grouped_or_scaled),
		cmocka_unit_test(control_characters_are_replaced),
		cmocka_unit_test(paragraphs_end_at_column_80),
		cmocka_unit_test(tables_break_rows_that_are_too_wide),
		cmocka_unit_test(colours_are_for_terminals_that_want_them),
		cmocka_unit_test(colour_surrounds_the_text_of_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
