/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text that is no configuration: what libconfuse alone would have taken, or
 * told nobody the place of, and what is no text.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "load_config.h"

#define NO_KEY                                                                 \
	"a string where a setting should begin, expected a key without quotes"
#define NOT_ASCII                                                              \
	"expected ASCII outside of comments (are these typographic quotes?)"
#define NO_FIT                                                                 \
	"does not fit here, expected a value, or a `,`, `=` or brace before "  \
	"it"

static void strings_and_braces_have_to_be_closed(void **state)
{
	static const struct refused cases[] = {
		{"mode = \"monitor\nuser = mail\n",
		 "t.conf:1: the string is not closed on its line, expected "
		 "another \""},
		{"\n\nmode = 'monitor",
		 "t.conf:3: the string is not closed on its line, expected "
		 "another '"},
		{"mode = \"monitor\\\n\"",
		 "t.conf:1: the string is not closed on its line, expected "
		 "another \""},
		{LEAST "health {\n\tfall = 1\n",
		 "t.conf:2: a `{` that is never closed, expected a `}`"},
		{"interface = { eth0\nmode = monitor\n",
		 "t.conf:1: a `{` that is never closed, expected a `}`"},
		{"health { fall = 1 } }\n",
		 "t.conf:1: a `}` that closes nothing, expected a `{` before "
		 "it"},
		{"{{{{{{{{{",
		 "t.conf:1: more than 8 `{` within each other, expected no "
		 "more than two"},
		{"\n/* a\n * b\n",
		 "t.conf:2: the comment is never closed, expected `*/`"},
		{"/* a\n\n */ user = 'mail",
		 "t.conf:3: the string is not closed on its line, expected "
		 "another '"},
		{"/*/", "t.conf:1: the comment is never closed, expected `*/`"},
	};

	(void)state;
	expect_refused(cases, COUNT(cases));
}

static void what_libconfuse_would_skip_is_refused(void **state)
{
	static const struct refused cases[] = {
		{LEAST "\n\"mode", "t.conf:3: " NO_KEY},
		{"\"mode\" = monitor", "t.conf:1: " NO_KEY},
		{"\"\"", "t.conf:1: " NO_KEY},
		{"mode = \x80", "t.conf:1: a byte 0x80, " NOT_ASCII},
		{"user = \xe2\x80\x9cmail\xe2\x80\x9d",
		 "t.conf:1: a byte 0xe2, " NOT_ASCII},
		{"# a\n# \x01", "t.conf:2: a byte 0x01, expected text"},
		{"/* \x7f */", "t.conf:1: a byte 0x7f, expected text"},
		{"mode = \"a\rb\"", "t.conf:1: a byte 0x0d, expected text"},
		{"\x7f\x45LF", "t.conf:1: a byte 0x7f, expected text"},
		{"dnsbl { sites = { z.example*2 } }",
		 "t.conf:1: * without quotes, expected \"...\" around the "
		 "value"},
		{"user = a+b",
		 "t.conf:1: + without quotes, expected \"...\" around the "
		 "value"},
		{"health|fall = 3",
		 "t.conf:1: | without quotes, expected \"...\" around the "
		 "value"},
		{"user = \"${USER}\"",
		 "t.conf:1: ${...} in \"...\", expected '...' around it: "
		 "variables are never expanded here"},
		{"\nuser = ${USER}",
		 "t.conf:2: ${...}, expected '...' around it: variables are "
		 "never expanded here"},
		{"user = \"\\x41\"",
		 "t.conf:1: a lone \\ in \"...\", expected \\\\, or '...' "
		 "around the string"},
	};

	(void)state;
	expect_refused(cases, COUNT(cases));
}

static void syntax_errors_have_their_line(void **state)
{
	static const struct refused cases[] = {
		{"= 1", "t.conf:1: `=` " NO_FIT},
		{"mode monitor",
		 "t.conf:1: `mode` without a value, expected `=` after it"},
		{"mode += monitor",
		 "t.conf:1: `mode` is no list, expected `=` after it"},
		{"ports = { 25 26 }", "t.conf:1: `26` " NO_FIT},
		{"mode =\n\n",
		 "t.conf:2: the file ends within a setting, expected its "
		 "value"},
		{"# a\n# b\n/* c\n d */ mode = { monitor }",
		 "t.conf:4: `{` " NO_FIT},
		{"health {\n# a\nfall = , }", "t.conf:3: `,` " NO_FIT},
		{"health = 3",
		 "t.conf:1: `health` is a section, expected `{` to begin it"},
		{"primary { }",
		 "t.conf:1: `primary` without a name, expected one in quotes "
		 "after it"},
		{"\nprimary \"a.example\" 3",
		 "t.conf:2: `primary` is a section, expected `{` to begin it"},
	};

	(void)state;
	expect_refused(cases, COUNT(cases));
}

static int load_error(const char *text, size_t size,
		      char error[static CONFIG_ERROR_TEXT])
{
	struct config *config = NULL;
	int rc = load(text, size, &config, error);

	config_free(config);
	return rc;
}

static void a_nul_is_refused(void **state)
{
	static const char text[] = "mode = monitor\nmode\0 = enforce";
	char error[CONFIG_ERROR_TEXT] = "";

	(void)state;
	assert_int_equal(load_error(text, sizeof(text) - 1, error), -EINVAL);
	assert_string_equal(error, "t.conf:2: a byte 0x00, expected text");
}

static void a_large_file_is_refused(void **state)
{
	size_t size = CONFIG_SIZE_MAX + 1;
	char *text = malloc(size);
	char error[CONFIG_ERROR_TEXT] = "";

	(void)state;
	assert_non_null(text);
	memset(text, '\n', size);
	memcpy(text, LEAST, strlen(LEAST));
	assert_int_equal(load_error(text, size - 1, error), 0);
	assert_int_equal(load_error(text, size, error), -EINVAL);
	assert_string_equal(error,
			    "t.conf: the file is larger than 1048576 octets, "
			    "expected long lists to be elsewhere");
	free(text);
}

static void a_long_word_is_cut_in_the_error(void **state)
{
	static const char before[] = "mode = ";
	static const char after[] = "www...\": expected monitor or enforce";
	size_t size = CONFIG_SIZE_MAX;
	char *text = malloc(size);
	char error[CONFIG_ERROR_TEXT] = "";

	(void)state;
	assert_non_null(text);
	memset(text, 'w', size);
	memcpy(text, before, strlen(before));
	assert_int_equal(load_error(text, size, error), -EINVAL);
	assert_true(strlen(error) < 160);
	assert_non_null(strstr(error, after));
	free(text);
}

static void files_that_can_not_be_read_are_named(void **state)
{
	struct config *config = NULL;
	char error[CONFIG_ERROR_TEXT] = "";

	(void)state;
	assert_int_equal(config_open("/nonexistent/postern.conf", error),
			 -ENOENT);
	assert_string_equal(error, "/nonexistent/postern.conf: No such file or "
				   "directory");
	assert_int_equal(config_open("/", error), -EISDIR);
	assert_string_equal(error, "/: Is a directory");
	assert_int_equal(config_load(-1, "x", &config, error), -EBADF);
	assert_string_equal(error, "x: Bad file descriptor");
	assert_null(config);
}

/* Whatever was wrong before, libconfuse's lexer begins afresh. */
static void an_error_leaves_nothing_behind(void **state)
{
	static const char *const texts[] = {
		"mode = { 'x",
		"mode = \"\\\\",
		"health { fall",
		"health { fall =",
		"/*",
		"primary a {",
		"allow = { ::1,",
		"allow = {",
		"health { fall = 0",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		char error[CONFIG_ERROR_TEXT] = "";

		assert_int_equal(load_error(texts[i], strlen(texts[i]), error),
				 -EINVAL);
		config_free(expect_loaded(LEAST));
	}
}

/* Either it loads, or it says why, on one line that begins with its place. */
static void expect_loaded_or_told(const char *text, size_t size)
{
	char error[CONFIG_ERROR_TEXT] = "";
	int rc = load_error(text, size, error);

	if (rc == 0) {
		assert_string_equal(error, "");
		return;
	}
	assert_int_equal(rc, -EINVAL);
	assert_memory_equal(error, "t.conf:", 7);
	assert_null(strchr(error, '\n'));
}

static void no_truncation_of_the_sample_confuses_it(void **state)
{
	size_t size;
	char *text = read_sample(&size);

	(void)state;
	for (size_t cut = 0; cut < size; cut++)
		expect_loaded_or_told(text, cut);
	free(text);
}

static void no_changed_byte_confuses_it(void **state)
{
	static const char bytes[] = "\0\"'{}=,#/*\\$\x80\n+|";
	static const char sound[] =
		LEAST "ports = { 25, '26' } # a\n"
		      "health { fall = 2 on-up = { \"a \\\" b\", '-x' } }\n"
		      "primary \"a.example\" { address += { ::1 } } /* b */\n";
	char text[sizeof(sound)];

	(void)state;
	config_free(expect_loaded(sound));
	for (size_t i = 0; i + 1 < sizeof(sound); i++) {
		memcpy(text, sound, sizeof(sound));
		for (size_t j = 0; j + 1 < sizeof(bytes); j++) {
			text[i] = bytes[j];
			expect_loaded_or_told(text, sizeof(sound) - 1);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_and_braces_have_to_be_closed),
		cmocka_unit_test(what_libconfuse_would_skip_is_refused),
		cmocka_unit_test(syntax_errors_have_their_line),
		cmocka_unit_test(a_nul_is_refused),
		cmocka_unit_test(a_large_file_is_refused),
		cmocka_unit_test(a_long_word_is_cut_in_the_error),
		cmocka_unit_test(files_that_can_not_be_read_are_named),
		cmocka_unit_test(an_error_leaves_nothing_behind),
		cmocka_unit_test(no_truncation_of_the_sample_confuses_it),
		cmocka_unit_test(no_changed_byte_confuses_it),
	};

	return cmocka_run_group_tests_name("config text", tests, NULL, NULL);
}
