/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers of many lines: whoever takes them slowly, leaves or misbehaves harms
 * nobody else, and the owner is always told that it is over.
 */

#include "control_fixture.h"

#include <poll.h>
#include <stdbool.h>

#define STREAM "{\"command\":\"stream\"}\n"

static struct control_stream *stream;
static size_t ended;

static void on_ended(void *context)
{
	assert_ptr_equal(context, &loop);
	stream = NULL;
	ended++;
}

static void on_stream(void *context, const json_t *args,
		      struct control_request *request)
{
	(void)args;
	stream = control_stream_begin(request, on_ended, context);
	assert_non_null(stream);
}

static const struct control_command streaming[] = {
	{"echo", false, on_echo},
	{"stream", false, on_stream},
};

static void stream_commands(void)
{
	options.commands = streaming;
	options.command_count = sizeof(streaming) / sizeof(streaming[0]);
	stream = NULL;
	ended = 0;
}

static int start_streaming(void **state)
{
	int status = start(state);

	stream_commands();
	return status;
}

static int start_streaming_impatient(void **state)
{
	int status = start_impatient(state);

	stream_commands();
	return status;
}

static int dial_stream(void)
{
	uint64_t until = deadline();
	int fd = dial();

	say(fd, STREAM);
	while (!stream)
		turn(until);
	return fd;
}

static void expect_ended(void)
{
	uint64_t until = deadline();

	while (!ended)
		turn(until);
	assert_int_equal(ended, 1);
}

static bool send_number(int number)
{
	char *line = control_format_result(json_pack("{s:i}", "n", number));
	bool sent = control_stream_send(stream, line);

	free(line);
	return sent;
}

static void expect_number(int fd, int number)
{
	char line[64];

	snprintf(line, sizeof(line), "{\"ok\":true,\"result\":{\"n\":%d}}",
		 number);
	expect_line(fd, line);
}

/*
 * As many lines as there is room for, in the socket as well; or until an
 * impatient server has lost its patience.
 */
static int fill(void)
{
	int count = 0;

	for (int idle_turns = 0; stream && idle_turns < 10; idle_turns++) {
		for (; send_number(count); idle_turns = 0)
			count++;
		turn(deadline());
	}
	return count;
}

static void lines_come_in_order(void **state)
{
	int fd = dial_stream();

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_true(send_number(i));
	for (int i = 0; i < 100; i++)
		expect_number(fd, i);
	close(fd);
	expect_ended();
}

static void what_a_slow_client_has_no_room_for_is_left_out(void **state)
{
	int fd = dial_stream();
	int count = fill();

	(void)state;
	assert_false(send_number(count));
	expect_service();
	for (int i = 0; i < count; i++)
		expect_number(fd, i);
	/* There is room again. */
	while (!send_number(count))
		turn(deadline());
	expect_number(fd, count);
	close(fd);
	expect_ended();
}

static void who_takes_nothing_in_time_is_let_go(void **state)
{
	int fd = dial_stream();

	(void)state;
	fill();
	expect_ended();
	expect_service();
	close(fd);
}

static void with_nothing_to_take_it_may_be_quiet_for_long(void **state)
{
	uint64_t quiet_until = uv_hrtime() / 1000000 + 4 * SHORT_MS;
	uint64_t until = deadline();
	int fd = dial_stream();

	(void)state;
	assert_true(send_number(1));
	expect_number(fd, 1);
	while (uv_hrtime() / 1000000 < quiet_until)
		turn(until);
	assert_int_equal(ended, 0);
	assert_true(send_number(2));
	expect_number(fd, 2);
	close(fd);
	expect_ended();
}

static void who_leaves_with_lines_under_way_is_told_of(void **state)
{
	int fd = dial_stream();

	(void)state;
	fill();
	close(fd);
	expect_ended();
	expect_service();
}

static void who_says_another_word_is_let_go(void **state)
{
	int fd = dial_stream();

	(void)state;
	say(fd, ECHO_1);
	expect_ended();
	expect_hang_up(fd);
	assert_int_equal(handled, 0);
}

static void it_ends_with_the_server(void **state)
{
	int fd = dial_stream();

	(void)state;
	assert_true(send_number(1));
	control_server_close(server);
	server = NULL;
	/* From the loop, not from that call. */
	assert_int_equal(ended, 0);
	assert_false(send_number(2));
	expect_ended();
	close(fd);
}

#define TEST(name, begin) cmocka_unit_test_setup_teardown(name, begin, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_come_in_order, start_streaming),
		TEST(what_a_slow_client_has_no_room_for_is_left_out,
		     start_streaming),
		TEST(who_takes_nothing_in_time_is_let_go,
		     start_streaming_impatient),
		TEST(with_nothing_to_take_it_may_be_quiet_for_long,
		     start_streaming_impatient),
		TEST(who_leaves_with_lines_under_way_is_told_of,
		     start_streaming),
		TEST(who_says_another_word_is_let_go, start_streaming),
		TEST(it_ends_with_the_server, start_streaming),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
