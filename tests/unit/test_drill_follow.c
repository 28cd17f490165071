/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What log and queue of Postfix tell a drill, and children with a limit. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl/child.h"
#include "ctl/drill_follow.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define PATIENCE_MS 20000

#define SMTP "Nov 27 02:07:31 mx2 postfix/smtp[71]: "

static const struct {
	const char *line;
	enum drill_fate fate;
	const char *words;
	const char *relay;
} lines[] = {
	{SMTP "4Xy: to=<u@b.example>, relay=mx1[192.0.2.5]:25, delay=0.1, "
	      "delays=0/0/0/0.1, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued "
	      "as 9Ab)",
	 DRILL_FATE_SENT, "mx1[192.0.2.5]:25: 250 2.0.0 Ok: queued as 9Ab",
	 "mx1[192.0.2.5]:25"},
	{SMTP "4Xy: to=<u@b.example>, orig_to=<x@b.example>, "
	      "relay=127.0.0.1[127.0.0.1]:10024, dsn=2.0.0, status=sent (250 "
	      "2.0.0 from MTA: 250 Ok: queued as 9Ab)",
	 DRILL_FATE_HANDED, "", "127.0.0.1[127.0.0.1]:10024"},
	{SMTP "4Xy: to=<u@b.example>, relay=none, delay=30, dsn=4.4.1, "
	      "status=deferred (connect to mx1[2001:db8::5]:25: refused)",
	 DRILL_FATE_DEFERRED, "none: connect to mx1[2001:db8::5]:25: refused",
	 "none"},
	{SMTP "4Xy: to=<u@b.example>, relay=mx1[192.0.2.5]:25, dsn=5.7.1, "
	      "status=bounced (host mx1 said: 554 5.7.1 no (in reply to RCPT "
	      "TO command))",
	 DRILL_FATE_BOUNCED,
	 "mx1[192.0.2.5]:25: host mx1 said: 554 5.7.1 no (in reply to RCPT TO "
	 "command)",
	 "mx1[192.0.2.5]:25"},
	{SMTP "4Xyz: to=<u@b.example>, relay=a, status=sent (250 Ok)",
	 DRILL_FATE_NONE, NULL, NULL},
	{SMTP "4Xy: removed", DRILL_FATE_NONE, NULL, NULL},
	{SMTP "4Xy: to=<u@b.example>", DRILL_FATE_NONE, NULL, NULL},
	{SMTP "4Xy: to=<u@b.example>, relay=a, status=", DRILL_FATE_NONE, NULL,
	 NULL},
	{"", DRILL_FATE_NONE, NULL, NULL},
};

static void the_log_tells_what_became_of_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct drill_news news = {.id = ""};

		print_message("%s\n", lines[i].line);
		assert_int_equal(drill_log_line(lines[i].line, "4Xy", &news),
				 lines[i].fate);
		if (lines[i].fate == DRILL_FATE_HANDED)
			assert_string_equal(news.id, "9Ab");
		else if (lines[i].fate)
			assert_string_equal(news.words, lines[i].words);
		if (lines[i].fate)
			assert_string_equal(news.relay, lines[i].relay);
	}
}

static const struct {
	const char *line;
	bool is_it;
	const char *words;
} queued[] = {
	{"{\"queue_id\":\"4Xy\",\"recipients\":[{\"address\":\"a\"}]}", true,
	 ""},
	{"{\"queue_id\":\"4Xy\",\"recipients\":[{\"delay_reason\":\"no\"}]}",
	 true, "no"},
	{"{\"queue_id\":\"4X\",\"recipients\":[{\"delay_reason\":\"no\"}]}",
	 false, ""},
	{"{\"queue_id\":4}", false, ""},
	{"mail system is down", false, ""},
};

static void the_queue_tells_whether_it_is_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(queued); i++) {
		struct drill_news news = {.words = ""};

		print_message("%s\n", queued[i].line);
		assert_int_equal(drill_queue_line(queued[i].line, "4Xy", &news),
				 queued[i].is_it);
		assert_string_equal(news.words, queued[i].words);
	}
}

static void count_octets(void *context, const char *line)
{
	*(size_t *)context += strlen(line) + 1;
}

static void children_are_heard_and_end_in_time(void **state)
{
	char sh[] = "sh", option[] = "-c";
	char lines_three[] = "echo a; echo bb; printf c";
	char long_line[] = "head -c 200000 /dev/zero | tr '\\0' x";
	char fails[] = "echo; exit 3", hangs[] = "exec sleep 60";
	const struct {
		char *script;
		int result;
		size_t octets; /* with an end for each line */
	} children[] = {
		{lines_three, 0, 7},
		{long_line, 0, 200004},
		{fails, -EIO, 1},
	};
	size_t octets = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(children); i++) {
		char *argv[] = {sh, option, children[i].script, NULL};

		octets = 0;
		assert_int_equal(
			child_run(argv, PATIENCE_MS, count_octets, &octets),
			children[i].result);
		assert_int_equal(octets, children[i].octets);
	}
	assert_int_equal(child_run((char *[]){sh, option, hangs, NULL}, 200,
				   count_octets, &octets),
			 -ETIMEDOUT);
}

static void a_child_that_is_missing_is_told(void **state)
{
	char none[] = "/nonexistent";
	size_t octets = 0;

	(void)state;
	/* It forks where posix_spawn() shares memory, and tells no error. */
	if (getenv("VALGRIND"))
		skip();
	assert_int_equal(
		child_run((char *[]){none, NULL}, 200, count_octets, &octets),
		-ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_log_tells_what_became_of_it),
		cmocka_unit_test(the_queue_tells_whether_it_is_there),
		cmocka_unit_test(children_are_heard_and_end_in_time),
		cmocka_unit_test(a_child_that_is_missing_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
