/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dialogue on the control socket: requests whole, in pieces and at once,
 * answers now and later, and what rubbish gets.
 */

#include "control_fixture.h"

#include <fcntl.h>

/* Good manners */

static void a_request_gets_its_reply(void **state)
{
	int fd = dial();

	(void)state;
	say(fd, ECHO_1);
	expect_line(fd, REPLY_1);
	say(fd, "{\"command\":\"echo\"}\n");
	expect_line(fd, "{\"ok\":true,\"result\":{}}");
	close(fd);
}

static void a_request_in_pieces_gets_its_reply(void **state)
{
	uint64_t until = deadline();
	int fd = dial();

	(void)state;
	for (const char *c = ECHO_1; *c; c++) {
		say_some(fd, c, 1);
		turn(until);
	}
	expect_line(fd, REPLY_1);
	close(fd);
}

static void requests_at_once_are_answered_in_order(void **state)
{
	int fd = dial();

	(void)state;
	say(fd, LATER ECHO_1 LATER "{\"command\":\"echo\"}\n");
	expect_waiting(1);
	expect_service();
	assert_int_equal(handled, 1);
	answer(0);
	expect_line(fd, "{\"ok\":true,\"result\":{\"n\":0}}");
	expect_line(fd, REPLY_1);
	expect_waiting(2);
	answer(1);
	waiting_count = 0;
	expect_line(fd, "{\"ok\":true,\"result\":{\"n\":1}}");
	expect_line(fd, "{\"ok\":true,\"result\":{}}");
	close(fd);
}

static void half_a_connection_is_enough(void **state)
{
	int fd = dial();

	(void)state;
	say(fd, ECHO_1 ECHO_1);
	shutdown(fd, SHUT_WR);
	expect_line(fd, REPLY_1);
	expect_line(fd, REPLY_1);
	expect_hang_up(fd);
}

/* Rubbish */

#define FORM "expected {\\\"command\\\":\\\"NAME\\\",\\\"args\\\":{...}}\"}"

static const struct {
	const char *line;
	const char *reply;
} rubbish[] = {
	{"[]\n", WRONG("not a JSON object; ") FORM},
	{"{}\n", WRONG("\\\"command\\\" is missing or no string; ") FORM},
	{"{\"command\":1}\n",
	 WRONG("\\\"command\\\" is missing or no string; ") FORM},
	{"{\"command\":\"echo\",\"args\":[]}\n",
	 WRONG("\\\"args\\\" is no object; ") FORM},
	{"{\"command\":\"echo\",\"arg\":{}}\n",
	 WRONG("unknown key \\\"arg\\\"; ") FORM},
	{"{\"command\":\"0123456789012345678901234567890123456789012345678901"
	 "234567890123\"}\n",
	 WRONG("no command has a name longer than 63 characters\"}")},
	{"{\"command\":\"frob\\u001b[2J\"}\n",
	 WRONG("the daemon has no command \\\"frob\\u001B[2J\\\", but echo, "
	       "later, change, huge, too-huge, nothing, fail, stop\"}")},
	{"{\"command\":\"fail\"}\n", WRONG("line 7: \\\"bad\\\" ?\"}")},
	{"{\"command\":\"nothing\"}\n",
	 WRONG("the daemon lacks memory or room for the answer\"}")},
	{"{\"command\":\"too-huge\"}\n",
	 WRONG("the daemon lacks memory or room for the answer\"}")},
};

static void rubbish_gets_one_clear_line(void **state)
{
	int fd = dial();

	(void)state;
	for (size_t i = 0; i < sizeof(rubbish) / sizeof(rubbish[0]); i++) {
		say(fd, rubbish[i].line);
		expect_line(fd, rubbish[i].reply);
	}
	say(fd, ECHO_1);
	expect_line(fd, REPLY_1);
	close(fd);
}

static const char *const not_json[] = {
	"\n",
	"EHLO mx.example\r\n",
	"{\"command\":\"echo\"",
	"{\"command\":\"echo\",\"command\":\"change\"}\n",
	"{\"command\":\"\xff\"}\n",
	"{\"command\":\"echo\\u0000\"}\n",
	"{\"command\":\"echo\"} {\"command\":\"echo\"}\n",
};

static void what_is_not_json_is_refused(void **state)
{
	char start_of[64];
	int fd = dial();

	(void)state;
	for (size_t i = 0; i < sizeof(not_json) / sizeof(not_json[0]); i++) {
		char octet = 0;

		say(fd, not_json[i]);
		if (!strchr(not_json[i], '\n'))
			say(fd, "\n");
		for (size_t n = 0; octet != '\n'; n++) {
			assert_int_equal(hear_octet(fd, &octet), 1);
			start_of[n < 63 ? n : 63] = octet;
		}
		assert_memory_equal(start_of, WRONG("not JSON at column"),
				    strlen(WRONG("not JSON at column")));
	}
	assert_int_equal(handled, 0);
	close(fd);
}

static void fill(int fd, size_t length)
{
	uint64_t until = deadline();
	char blanks[4096];
	ssize_t count;

	memset(blanks, ' ', sizeof(blanks));
	while (length > 0) {
		count = send(fd, blanks,
			     length < sizeof(blanks) ? length : sizeof(blanks),
			     MSG_NOSIGNAL);
		if (count > 0)
			length -= (size_t)count;
		turn(until);
	}
}

static void the_longest_line_is_taken(void **state)
{
	int fd = dial();

	(void)state;
	for (int i = 0; i < 2; i++) {
		fill(fd, CONTROL_REQUEST_MAX - strlen(ECHO_1));
		say(fd, ECHO_1);
		expect_line(fd, REPLY_1);
	}
	close(fd);
}

static void a_longer_line_ends_the_connection(void **state)
{
	int fd = dial();

	(void)state;
	fill(fd, CONTROL_REQUEST_MAX - 1);
	say(fd, ECHO_1);
	expect_line(fd, WRONG("the request is longer than 64 KiB\"}"));
	expect_hang_up(fd);
}

static void a_request_without_its_newline_is_told(void **state)
{
	int fd = dial();

	(void)state;
	say_some(fd, ECHO_1, strlen(ECHO_1) - 1);
	shutdown(fd, SHUT_WR);
	expect_line(fd, WRONG("the request lacks its newline\"}"));
	expect_hang_up(fd);
}

/* Life */

static void a_late_answer_finds_its_client(void **state)
{
	int fd = dial();

	(void)state;
	say(fd, LATER);
	expect_waiting(1);
	expect_service();
	answer(0);
	waiting_count = 0;
	expect_line(fd, "{\"ok\":true,\"result\":{\"n\":0}}");
	close(fd);
}

static void an_answer_may_come_after_its_client_is_gone(void **state)
{
	int fd = dial();

	(void)state;
	say(fd, LATER ECHO_1);
	expect_waiting(1);
	close(fd);
	answer(0);
	waiting_count = 0;
	expect_service();
}

static void an_answer_may_come_after_the_server_is_gone(void **state)
{
	int fd = dial();

	(void)state;
	say(fd, LATER);
	expect_waiting(1);
	control_server_close(server);
	server = NULL;
	expect_hang_up(fd);
	answer(0);
	waiting_count = 0;
}

static void a_handler_may_close_the_server(void **state)
{
	int fd = dial();

	(void)state;
	say(fd, "{\"command\":\"stop\"}\n" ECHO_1);
	expect_hang_up(fd);
	assert_int_equal(handled, 0);
}

static void what_cannot_be_polled_is_refused(void **state)
{
	struct control_server *untouched = NULL;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_true(control_server_create(&loop, fd, &options, &untouched) < 0);
	assert_null(untouched);
	assert_int_equal(close(fd), 0);
}

static void a_request_is_what_it_was_made_of(void **state)
{
	struct control_call call = {.args = NULL};
	char error[CONTROL_ERROR_MAX];
	char *line;

	(void)state;
	line = control_format_request("echo", json_pack("{s:f}", "n", 9.2));
	assert_string_equal(line,
			    "{\"command\":\"echo\",\"args\":{\"n\":9.2}}\n");
	assert_int_equal(
		control_parse_request(line, strlen(line), &call, error), 0);
	assert_string_equal(call.command, "echo");
	assert_int_equal(json_object_size(call.args), 1);
	json_decref(call.args);
	free(line);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_gets_its_reply),
		TEST(a_request_in_pieces_gets_its_reply),
		TEST(requests_at_once_are_answered_in_order),
		TEST(half_a_connection_is_enough),
		TEST(rubbish_gets_one_clear_line),
		TEST(what_is_not_json_is_refused),
		TEST(the_longest_line_is_taken),
		TEST(a_longer_line_ends_the_connection),
		TEST(a_request_without_its_newline_is_told),
		TEST(a_late_answer_finds_its_client),
		TEST(an_answer_may_come_after_its_client_is_gone),
		TEST(an_answer_may_come_after_the_server_is_gone),
		TEST(a_handler_may_close_the_server),
		TEST(what_cannot_be_polled_is_refused),
		cmocka_unit_test(a_request_is_what_it_was_made_of),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
