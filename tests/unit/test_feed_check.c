/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `posternctl feed check` says of a file, for people and for programs. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "run_ctl.h"

static char directory[64];

static const char *path_of(const char *name)
{
	static char path[4][128];
	static unsigned int turn;

	turn = (turn + 1) % 4;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", directory, name);
	return path[turn];
}

static void put(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name), "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* Runs "feed check" with more words; the answer is for json_decref(). */
static json_t *check(int status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static json_t *check(int status, const char *format, ...)
{
	char line[512] = "--json feed check ";
	size_t length = strlen(line);
	struct ctl_run run;
	va_list arguments;
	json_t *answer;

	va_start(arguments, format);
	vsnprintf(line + length, sizeof(line) - length, format, arguments);
	va_end(arguments);
	run = ctl_run(line);
	assert_int_equal(run.status, status);
	answer = json_loads(run.out, 0, NULL);
	assert_non_null(answer);
	ctl_run_free(&run);
	return answer;
}

static json_int_t number(const json_t *answer, const char *key)
{
	const json_t *value = json_object_get(answer, key);

	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

static void programs_get_stable_keys(void **state)
{
	json_t *answer, *problem;

	(void)state;
	put("one",
	    "# x\n192.0.2.0/24\n2001:db8::1\n192.0.2.300\n192.0.2.0/24\n");
	answer = check(0, "%s 192.0.2.7 198.51.100.1 2001:db8::1",
		       path_of("one"));
	assert_string_equal(
		json_string_value(json_object_get(answer, "format")), "plain");
	assert_int_equal(number(answer, "v4"), 2);
	assert_int_equal(number(answer, "v6"), 1);
	assert_int_equal(number(answer, "rejected"), 1);
	assert_int_equal(number(answer, "left_out"), 0);
	problem = json_array_get(json_object_get(answer, "problems"), 0);
	assert_int_equal(number(problem, "line"), 4);
	assert_string_equal(json_string_value(json_object_get(problem, "text")),
			    "192.0.2.300");
	assert_string_not_equal(
		json_string_value(json_object_get(problem, "reason")), "");
	problem = json_object_get(answer, "addresses");
	assert_int_equal(json_object_size(problem), 3);
	assert_true(json_is_true(json_object_get(problem, "192.0.2.7")));
	assert_true(json_is_false(json_object_get(problem, "198.51.100.1")));
	assert_true(json_is_true(json_object_get(problem, "2001:db8::1")));
	json_decref(answer);
}

static void a_format_can_be_given(void **state)
{
	json_t *answer;

	(void)state;
	/* To a set an exclusion is of an entry, to a trie of addresses. */
	put("one", "192.0.2.0/24\n!192.0.2.0/25\n");
	answer = check(0, "--format rbldnsd:ip4trie %s 192.0.2.1",
		       path_of("one"));
	assert_true(json_is_false(json_object_get(
		json_object_get(answer, "addresses"), "192.0.2.1")));
	json_decref(answer);
	answer = check(0, "--format rbldnsd:ip4set %s", path_of("one"));
	assert_string_equal(
		json_string_value(json_object_get(answer, "format")),
		"rbldnsd:ip4set");
	json_decref(answer);
}

static void what_is_refused_fails(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} cases[] = {
		{"", "it is empty"},
		{"<html></html>\n", "it is an HTML page, and no list of "
				    "addresses"},
		{"AS1\nAS2\n", "it is a list of AS numbers, and no list of "
			       "addresses"},
	};
	char line[256], expected[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *answer, *problem;

		put("one", cases[i].text);
		snprintf(line, sizeof(line), "feed check %s", path_of("one"));
		snprintf(expected, sizeof(expected),
			 "posternctl: %s is refused: %s\n", path_of("one"),
			 cases[i].why);
		ctl_run_expect(line, 1, "", expected);
		answer = check(1, "%s", path_of("one"));
		problem =
			json_array_get(json_object_get(answer, "problems"), 0);
		assert_int_equal(number(problem, "line"), 0);
		assert_string_equal(
			json_string_value(json_object_get(problem, "reason")),
			cases[i].why);
		json_decref(answer);
	}
}

/* What the configuration would leave out; by the settings of its feed. */
static void the_configuration_leaves_out(void **state)
{
	char config[512];
	json_t *answer;

	(void)state;
	snprintf(config, sizeof(config),
		 "interface = { \"lo\" }\nprotect = { \"192.0.2.25\" }\n"
		 "allow = { \"198.51.100.0/28\" }\n"
		 "primary \"mx1.example.net\" { address = { \"192.0.2.5\" } }\n"
		 "feed \"one\" { file = \"%s\" widest-ipv4 = 25 "
		 "max-rejected = 1 }\n",
		 path_of("one"));
	put("conf", config);
	put("other", "192.0.2.0/25\n198.51.100.4\n10.0.0.0/8\n203.0.113.0/24\n"
		     "203.0.113.9\n0.0.0.0/1\n");
	answer = check(0, "--config %s %s 203.0.113.1 198.51.100.4",
		       path_of("conf"), path_of("other"));
	assert_int_equal(number(answer, "left_out"), 4);
	assert_int_equal(number(answer, "v4"), 2);
	assert_true(json_is_false(json_object_get(
		json_object_get(answer, "addresses"), "198.51.100.4")));
	json_decref(answer);
	for (unsigned int i = 0; i < 2; i++) {
		const char *name = i ? "one.new" : "one";

		put(name, "203.0.113.0/24\n203.0.113.9\n");
		answer = check(0, "--config %s %s 203.0.113.1", path_of("conf"),
			       path_of(name));
		assert_int_equal(number(answer, "left_out"), 1);
		assert_true(json_is_false(json_object_get(
			json_object_get(answer, "addresses"), "203.0.113.1")));
		json_decref(answer);
		put(name, "203.0.113.9\n? ?\n");
		json_decref(check(1, "--config %s %s", path_of("conf"),
				  path_of(name)));
	}
}

static void people_are_told_the_lines(void **state)
{
	struct ctl_run run;
	char line[256];

	(void)state;
	put("one", "192.0.2.1\nnonsense here\n192.0.2.9/24\n\x1b[31m\n");
	snprintf(line, sizeof(line), "feed check %s 192.0.2.9", path_of("one"));
	run = ctl_run(line);
	assert_int_equal(run.status, 0);
	assert_non_null(strstr(run.out, "Not understood"));
	assert_non_null(strstr(run.out, "line 2  nonsense here"));
	assert_non_null(strstr(run.out, "Noted"));
	assert_non_null(strstr(run.out, "192.0.2.0/24"));
	assert_non_null(strstr(run.out, "192.0.2.9  listed"));
	assert_null(strchr(run.out, '\x1b'));
	ctl_run_free(&run);
}

static void wrong_usage_is_told(void **state)
{
	static const char *const lines[] = {
		"feed check --format no-such /dev/null",
		"feed check /dev/null example.org",
		"feed check",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct ctl_run run = ctl_run(lines[i]);

		assert_int_equal(run.status, 2);
		assert_string_not_equal(run.err, "");
		assert_string_equal(run.out, "");
		ctl_run_free(&run);
	}
	ctl_run_expect("feed check /nonexistent/file", 1, "",
		       "posternctl: can't open /nonexistent/file: No such file "
		       "or directory\n");
}

static int make_directory(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/postern-check-XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	static const char *const names[] = {"one", "one.new", "other", "conf"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlink(path_of(names[i]));
	return rmdir(directory);
}

#define CASE(test)                                                             \
	cmocka_unit_test_setup_teardown(test, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(programs_get_stable_keys),
		CASE(a_format_can_be_given),
		CASE(what_is_refused_fails),
		CASE(the_configuration_leaves_out),
		CASE(people_are_told_the_lines),
		CASE(wrong_usage_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
