/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ids of stories, and how many lines they may have. */

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

#include "core/log_budget.h"
#include "worker/stories.h"

#define S     UINT64_C(1000000000)
#define START (1000 * S)

static struct stories *stories;
static int stderr_before, pipe_end;

static int set_up(void **state)
{
	int ends[2];

	(void)state;
	stories = stories_create();
	fflush(stderr);
	if (!stories || pipe2(ends, O_NONBLOCK | O_CLOEXEC))
		return -1;
	stderr_before = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	pipe_end = ends[0];
	unsetenv("JOURNAL_STREAM");
	log_init("test");
	log_set_threshold(LOG_LEVEL_INFO);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	dup2(stderr_before, STDERR_FILENO);
	close(stderr_before);
	close(pipe_end);
	stories_free(stories);
	return 0;
}

static struct addr addr_of(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

static bool same(const char *first, uint64_t first_ns, const char *second,
		 uint64_t second_ns)
{
	struct addr a = addr_of(first), b = addr_of(second);
	char of_a[LOG_ID_TEXT], of_b[LOG_ID_TEXT];

	stories_id(stories, &a, first_ns, of_a);
	assert_int_equal(strlen(of_a), LOG_ID_TEXT - 1);
	assert_int_equal(strspn(of_a, "0123456789abcdef"), LOG_ID_TEXT - 1);
	stories_id(stories, &b, second_ns, of_b);
	return strcmp(of_a, of_b) == 0;
}

static const struct {
	const char *name;
	const char *first, *second;
	uint64_t after_s;
	bool same;
} cases[] = {
	{"a retransmission", "192.0.2.1", "192.0.2.1", 31, true},
	{"another host of the /24", "192.0.2.1", "192.0.2.9", 1, true},
	{"another /24", "192.0.2.1", "192.0.3.1", 1, false},
	{"another host of the /64", "2001:db8::1", "2001:db8::2", 1, true},
	{"another /64", "2001:db8::1", "2001:db8:0:1::1", 1, false},
	{"the next attempt", "192.0.2.1", "192.0.2.1", STORY_S, false},
};

static void an_id_is_of_one_network_and_attempt(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		stories_free(stories);
		stories = stories_create();
		assert_non_null(stories);
		print_message("%s\n", cases[i].name);
		assert_int_equal(same(cases[i].first, START, cases[i].second,
				      START + cases[i].after_s * S),
				 cases[i].same);
	}
}

/* Lines that were written since, and the last of them in `last`. */
static size_t lines(char last[static 256])
{
	static char text[65536];
	ssize_t size = read(pipe_end, text, sizeof(text) - 1);
	size_t count = 0;
	char *rest;

	last[0] = '\0';
	text[size > 0 ? size : 0] = '\0';
	for (char *line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest), count++)
		snprintf(last, 256, "%.255s", line);
	return count;
}

static void tell(enum log_level level, uint64_t now_ns)
{
	struct addr source = addr_of("192.0.2.1");

	stories_tell(stories, level, &source, REASON_BYPASS, now_ns,
		     "refused %s", "192.0.2.1");
}

static void a_line_has_reason_and_id(void **state)
{
	struct addr source = addr_of("192.0.2.1");
	char last[256], want[256], id[LOG_ID_TEXT];

	(void)state;
	tell(LOG_LEVEL_INFO, START);
	assert_int_equal(lines(last), 1);
	snprintf(want, sizeof(want),
		 "test: info: refused 192.0.2.1 reason=bypass id=%s",
		 stories_id(stories, &source, START, id));
	assert_non_null(strstr(last, want));
}

static void a_flood_makes_a_line_a_second(void **state)
{
	char last[256];

	(void)state;
	for (uint64_t ms = 0; ms < 60000; ms += 10)
		tell(LOG_LEVEL_INFO, START + ms * S / 1000);
	assert_in_range(lines(last), 20, 20 + 60);
	stories_sum_up(stories, START + 60 * S);
	assert_int_equal(lines(last), 1);
	assert_non_null(strstr(last, " more attempts within a minute, not "
				     "named: too many lines"));
	stories_sum_up(stories, START + 120 * S);
	assert_int_equal(lines(last), 0);
}

static void debugging_takes_nothing_from_that(void **state)
{
	char last[256];

	(void)state;
	log_set_threshold(LOG_LEVEL_DEBUG);
	for (size_t i = 0; i < 1000; i++)
		tell(LOG_LEVEL_DEBUG, START);
	assert_int_equal(lines(last), 100);
	tell(LOG_LEVEL_INFO, START);
	assert_int_equal(lines(last), 1);
	log_set_threshold(LOG_LEVEL_INFO);
	tell(LOG_LEVEL_DEBUG, START + 100 * S);
	assert_int_equal(lines(last), 0);
}

static void a_budget_fills_again(void **state)
{
	struct log_budget budget = {.per_second = 2, .at_once = 3};
	size_t taken = 0;

	(void)state;
	for (size_t i = 0; i < 10; i++)
		taken += log_budget_take(&budget, 5000);
	assert_int_equal(taken, 3);
	assert_int_equal(log_budget_omitted(&budget, 5000), 0);
	assert_true(log_budget_take(&budget, 5500));
	assert_false(log_budget_take(&budget, 5500));
	assert_int_equal(log_budget_omitted(&budget, 6000), 8);
	assert_int_equal(log_budget_omitted(&budget, 7000), 0);
}

#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_id_is_of_one_network_and_attempt),
		TEST(a_line_has_reason_and_id),
		TEST(a_flood_makes_a_line_a_second),
		TEST(debugging_takes_nothing_from_that),
		TEST(a_budget_fills_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
