/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arguments of `watch`, and what they let through. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "worker/watch_filter.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static json_t *load(const char *text)
{
	json_t *args = json_loads(text, 0, NULL);

	assert_non_null(args);
	return args;
}

static const struct {
	const char *args;
	enum reason reason;
	const char *source;
	bool has;
} cases[] = {
	{"{}", REASON_ALLOWED, "192.0.2.1", true},
	{"{}", REASON_BYPASS, "2001:db8::1", true},
	{"{}", REASON_MAX, "192.0.2.1", false},
	{"{\"reasons\":[]}", REASON_HELD, "192.0.2.1", true},
	{"{\"reasons\":[\"held\"]}", REASON_HELD, "192.0.2.1", true},
	{"{\"reasons\":[\"held\"]}", REASON_LISTED, "192.0.2.1", false},
	{"{\"reasons\":[\"held\",\"listed\"]}", REASON_LISTED, "192.0.2.1",
	 true},
	{"{\"source\":\"192.0.2.0/24\"}", REASON_HELD, "192.0.2.1", true},
	{"{\"source\":\"192.0.2.0/24\"}", REASON_HELD, "192.0.3.1", false},
	{"{\"source\":\"192.0.2.0/24\"}", REASON_HELD, "::ffff:0:1", false},
	{"{\"source\":\"192.0.2.1\"}", REASON_HELD, "192.0.2.1", true},
	{"{\"source\":\"192.0.2.1\"}", REASON_HELD, "192.0.2.2", false},
	{"{\"source\":\"2001:db8::/32\"}", REASON_HELD, "2001:db8:7::1", true},
	{"{\"source\":\"2001:db8::/32\"}", REASON_HELD, "192.0.2.1", false},
	{"{\"source\":\"2001:db8::/32\",\"reasons\":[\"clean\"]}", REASON_HELD,
	 "2001:db8:7::1", false},
};

static void a_filter_lets_through_what_it_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *args = load(cases[i].args);
		char error[WATCH_FILTER_TEXT];
		struct watch_filter filter;
		struct addr source;

		assert_int_equal(addr_parse(cases[i].source, &source), 0);
		assert_int_equal(watch_filter_parse(args, &filter, error), 0);
		if (watch_filter_has(&filter, cases[i].reason, &source) !=
		    cases[i].has)
			fail_msg("%s, %s", cases[i].args, cases[i].source);
		json_decref(args);
	}
}

static const struct {
	const char *args;
	const char *error;
} wrong[] = {
	{"{\"reasons\":[\"spam\"]}",
	 "\"spam\" is no reason, but allowed, witness, clean, unknown, late, "
	 "overload, stale, held, blocked, feed, listed, evasion, bypass"},
	{"{\"reasons\":[7]}", "\"\" is no reason, but allowed"},
	{"{\"reasons\":\"held\"}", "\"reasons\" is no array"},
	{"{\"source\":7}", "\"\" is no address, and no prefix"},
	{"{\"source\":\"192.0.2.1/24\"}",
	 "\"192.0.2.1/24\" is no address, and no prefix with its host bits "
	 "zero"},
	{"{\"source\":\"mx.example\"}", "\"mx.example\" is no address"},
};

static void what_is_wrong_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct watch_filter filter = {.reasons = 4711};
		json_t *args = load(wrong[i].args);
		char error[WATCH_FILTER_TEXT];

		assert_int_equal(watch_filter_parse(args, &filter, error),
				 -EINVAL);
		assert_int_equal(filter.reasons, 4711);
		if (strncmp(error, wrong[i].error, strlen(wrong[i].error)) != 0)
			fail_msg("%s: %s", wrong[i].args, error);
		json_decref(args);
	}
}

static void a_long_word_is_cut(void **state)
{
	char word[2000], error[WATCH_FILTER_TEXT];
	struct watch_filter filter;
	json_t *args;

	(void)state;
	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	args = json_pack("{s:[s]}", "reasons", word);
	assert_int_equal(watch_filter_parse(args, &filter, error), -EINVAL);
	assert_non_null(strstr(error, ", bypass"));
	json_decref(args);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_filter_lets_through_what_it_names),
		cmocka_unit_test(what_is_wrong_is_told),
		cmocka_unit_test(a_long_word_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
