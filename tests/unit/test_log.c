/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log: levels, prefixes, and that a line stays one line. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

#define TEXT_MAX 4096

/* Where stderr goes to while a line is written: a pipe, not a file. */
struct capture {
	int stderr_before;
	int read_end;
};

static void capture_begin(struct capture *capture)
{
	int ends[2];

	fflush(stderr);
	if (pipe2(ends, O_NONBLOCK | O_CLOEXEC))
		fail_msg("pipe: %s", strerror(errno));
	capture->stderr_before = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	capture->read_end = ends[0];
}

static void capture_end(struct capture *capture, char text[static TEXT_MAX])
{
	ssize_t size = read(capture->read_end, text, TEXT_MAX - 1);

	dup2(capture->stderr_before, STDERR_FILENO);
	close(capture->stderr_before);
	close(capture->read_end);
	text[size > 0 ? size : 0] = '\0';
}

/* `journal`: the environment says that stderr is the journal's stream. */
static void start(const char *name, bool journal)
{
	struct stat stream;
	char text[64];

	assert_int_equal(fstat(STDERR_FILENO, &stream), 0);
	snprintf(text, sizeof(text), "%llu:%llu",
		 (unsigned long long)stream.st_dev,
		 (unsigned long long)stream.st_ino);
	if (journal)
		setenv("JOURNAL_STREAM", text, 1);
	else
		unsetenv("JOURNAL_STREAM");
	log_init_at(name, "/nowhere");
}

static const struct {
	enum log_level level;
	const char *journal; /* what a line begins with */
	const char *terminal;
} levels[] = {
	{LOG_LEVEL_ERROR, "<3>test: ", "error"},
	{LOG_LEVEL_WARNING, "<4>test: ", "warning"},
	{LOG_LEVEL_NOTICE, "<5>test: ", "notice"},
	{LOG_LEVEL_INFO, "<6>test: ", "info"},
	{LOG_LEVEL_DEBUG, "<7>test: ", "debug"},
};

static void the_journal_gets_levels_as_it_knows_them(void **state)
{
	char text[TEXT_MAX], want[TEXT_MAX];
	struct capture capture;

	(void)state;
	start("test", true);
	log_set_threshold(LOG_LEVEL_DEBUG);
	for (size_t i = 0; i < COUNT(levels); i++) {
		capture_begin(&capture);
		log_write(levels[i].level, "%s is %d", "the answer", 42);
		capture_end(&capture, text);
		snprintf(want, sizeof(want), "%sthe answer is 42\n",
			 levels[i].journal);
		assert_string_equal(text, want);
	}
}

static void a_terminal_gets_time_and_level_in_words(void **state)
{
	char text[TEXT_MAX], want[TEXT_MAX];
	struct capture capture;

	(void)state;
	start("test", false);
	log_set_threshold(LOG_LEVEL_DEBUG);
	for (size_t i = 0; i < COUNT(levels); i++) {
		unsigned int year, month, day, hour, minute, second;
		int length = 0;

		capture_begin(&capture);
		log_write(levels[i].level, "%s is %d", "the answer", 42);
		capture_end(&capture, text);
		assert_int_equal(sscanf(text, "%4u-%2u-%2u %2u:%2u:%2u %n",
					&year, &month, &day, &hour, &minute,
					&second, &length),
				 6);
		assert_int_equal(length, strlen("2001-02-03 04:05:06 "));
		snprintf(want, sizeof(want), "test: %s: the answer is 42\n",
			 levels[i].terminal);
		assert_string_equal(text + length, want);
	}
}

static void only_what_weighs_enough_is_written(void **state)
{
	char text[TEXT_MAX];
	struct capture capture;

	(void)state;
	start("test", true);
	for (size_t limit = 0; limit < COUNT(levels); limit++)
		for (size_t i = 0; i < COUNT(levels); i++) {
			log_set_threshold(levels[limit].level);
			capture_begin(&capture);
			log_write(levels[i].level, "x");
			capture_end(&capture, text);
			assert_int_equal(text[0] != '\0', i <= limit);
		}
}

static void debugging_is_off_at_first(void **state)
{
	char text[TEXT_MAX];
	struct capture capture;

	(void)state;
	start("test", true);
	capture_begin(&capture);
	log_debug("x");
	log_info("y");
	capture_end(&capture, text);
	assert_string_equal(text, "<6>test: y\n");
}

static const struct {
	const char *name;
	const char *given;
	const char *written;
} strangers[] = {
	{"a forged line", "a\n<3>posternd: b", "a?<3>posternd: b"},
	{"a carriage return", "a\rb", "a?b"},
	{"a terminal's sequence", "\033[2Ja", "?[2Ja"},
	{"tab, bell, delete", "\t\a\x7f", "???"},
	{"a newline at the end", "a\n", "a?"},
	{"a percent sign", "100%s%n", "100%s%n"},
	{"letters beyond ASCII", "\xc3\xa4", "\xc3\xa4"},
	{"nothing", "", ""},
};

static void a_line_stays_one_line(void **state)
{
	char text[TEXT_MAX], want[TEXT_MAX];
	struct capture capture;

	(void)state;
	start("test", true);
	for (size_t i = 0; i < COUNT(strangers); i++) {
		print_message("%s\n", strangers[i].name);
		capture_begin(&capture);
		log_info("%s", strangers[i].given);
		capture_end(&capture, text);
		snprintf(want, sizeof(want), "<6>test: %s\n",
			 strangers[i].written);
		assert_string_equal(text, want);
	}
}

static void long_lines_are_cut_but_end(void **state)
{
	static const size_t lengths[] = {0,    900,  1000, 1010, 1013, 1014,
					 1015, 1016, 1023, 1024, 3000};
	char given[TEXT_MAX], text[TEXT_MAX];
	struct capture capture;

	(void)state;
	start("test", true);
	for (size_t i = 0; i < COUNT(lengths); i++) {
		size_t got;

		memset(given, 'x', lengths[i]);
		given[lengths[i]] = '\0';
		capture_begin(&capture);
		log_info("%s", given);
		capture_end(&capture, text);
		got = strlen(text);
		assert_true(got <= 1024);
		assert_int_equal(text[got - 1], '\n');
		/* Nothing is lost where all has room, nothing is added. */
		if (lengths[i] <= 1000)
			assert_int_equal(got,
					 strlen("<6>test: \n") + lengths[i]);
		assert_int_equal(strspn(text + strlen("<6>test: "), "x"),
				 got - strlen("<6>test: \n"));
	}
}

static void errno_survives(void **state)
{
	char text[TEXT_MAX];
	struct capture capture;

	(void)state;
	start("test", true);
	log_set_threshold(LOG_LEVEL_INFO);
	capture_begin(&capture);
	errno = ENOTUNIQ;
	log_info("written");
	assert_int_equal(errno, ENOTUNIQ);
	log_debug("not written");
	assert_int_equal(errno, ENOTUNIQ);
	capture_end(&capture, text);
	/* Nor does a stderr that is closed change it. */
	capture_begin(&capture);
	close(STDERR_FILENO);
	errno = ENOTUNIQ;
	log_error("lost");
	assert_int_equal(errno, ENOTUNIQ);
	capture_end(&capture, text);
	assert_string_equal(text, "");
}

/* A service may send its stderr elsewhere, to a file for instance. */
static void another_stderr_is_not_the_journal(void **state)
{
	static const char *const others[] = {"1:2", "", "x", "8", "8:"};
	char text[TEXT_MAX];
	struct capture capture;

	(void)state;
	log_set_threshold(LOG_LEVEL_INFO);
	for (size_t i = 0; i < COUNT(others); i++) {
		setenv("JOURNAL_STREAM", others[i], 1);
		log_init_at("test", "/nowhere");
		capture_begin(&capture);
		log_info("x");
		capture_end(&capture, text);
		assert_non_null(strstr(text, " test: info: x\n"));
	}
	start("test", true);
	capture_begin(&capture);
	log_init_at("test", "/nowhere"); /* where stderr is another now */
	log_info("x");
	capture_end(&capture, text);
	assert_int_not_equal(text[0], '<');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(debugging_is_off_at_first),
		cmocka_unit_test(the_journal_gets_levels_as_it_knows_them),
		cmocka_unit_test(a_terminal_gets_time_and_level_in_words),
		cmocka_unit_test(only_what_weighs_enough_is_written),
		cmocka_unit_test(a_line_stays_one_line),
		cmocka_unit_test(long_lines_are_cut_but_end),
		cmocka_unit_test(errno_survives),
		cmocka_unit_test(another_stderr_is_not_the_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
