/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watchers in a real loop on a real socket: the flag, who is shown what, and
 * how much is left out.
 */

#include "control_fixture.h"

#include "core/reason.h"
#include "worker/watch.h"

#define BEGIN "{\"ok\":true,\"result\":{\"kind\":\"begin\"}}"

/* More than the room of a stream and any socket's buffers. */
#define FLOOD 50000

static struct watch *watch;
static bool is_on;
static size_t changes;
static uint64_t counted[REASON_MAX];
static size_t waiting_events; /* of listed sources, in the ring */

static void on_changed(void *context)
{
	(void)context;
	is_on = watch_is_on(watch);
	changes++;
}

static int count(void *context, uint64_t out[static REASON_MAX])
{
	(void)context;
	memcpy(out, counted, sizeof(counted));
	return 0;
}

static void note(enum reason reason, const char *source)
{
	struct shown shown = {.event = {.kind = EVENT_SHOWN, .reason = reason}};

	assert_int_equal(addr_parse(source, &shown.event.source), 0);
	watch_note(watch, &shown);
}

static void drain(void *context)
{
	(void)context;
	for (; waiting_events > 0; waiting_events--)
		note(REASON_LISTED, "192.0.2.1");
}

static json_t *describe(void *context, const struct shown *shown)
{
	char text[ADDR_TEXT];

	(void)context;
	return json_pack("{s:s}", reason_name(shown->event.reason),
			 addr_format(&shown->event.source, text));
}

static void on_watch(void *context, const json_t *args,
		     struct control_request *request)
{
	char error[WATCH_FILTER_TEXT];
	struct watch_filter filter;

	(void)context;
	assert_int_equal(watch_filter_parse(args, &filter, error), 0);
	watch_join(watch, &filter, json_pack("{s:s}", "kind", "begin"),
		   request);
}

static const struct control_command watching[] = {
	{"echo", false, on_echo},
	{"watch", false, on_watch},
};

static int start_watching(void **state)
{
	const struct watch_owner owner = {
		.changed = on_changed,
		.count = count,
		.drain = drain,
		.describe = describe,
	};
	int status = start(state);

	options.commands = watching;
	options.command_count = sizeof(watching) / sizeof(watching[0]);
	is_on = false;
	changes = 0;
	waiting_events = 0;
	memset(counted, 0, sizeof(counted));
	return status ? status : watch_create(&loop, &owner, &watch);
}

static int stop_watching(void **state)
{
	watch_close(watch);
	return stop(state);
}

static int dial_watch(const char *args)
{
	char request[256];
	int fd = dial();

	snprintf(request, sizeof(request),
		 "{\"command\":\"watch\",\"args\":%s}\n", args);
	say(fd, request);
	expect_line(fd, BEGIN);
	return fd;
}

static void expect_off(void)
{
	uint64_t until = deadline();

	while (is_on)
		turn(until);
	assert_false(watch_is_on(watch));
}

static void expect_shown(int fd, const char *reason, const char *source)
{
	char line[256];

	snprintf(line, sizeof(line), "{\"ok\":true,\"result\":{\"%s\":\"%s\"}}",
		 reason, source);
	expect_line(fd, line);
}

#define LEFT_OUT(sum, reasons)                                                 \
	"{\"ok\":true,\"result\":{\"kind\":\"left_out\",\"left_out\":" sum     \
	",\"reasons\":{" reasons "}}}"

static void the_flag_is_on_while_somebody_watches(void **state)
{
	int one, two;

	(void)state;
	assert_false(watch_is_on(watch));
	one = dial_watch("{}");
	assert_true(is_on);
	two = dial_watch("{}");
	close(one);
	expect_service();
	assert_true(is_on);
	close(two);
	expect_off();
	assert_int_equal(changes, 2);
	one = dial_watch("{}");
	assert_true(is_on);
	close(one);
	expect_off();
}

static void each_sees_what_it_asked_for(void **state)
{
	int all = dial_watch("{}");
	int listed = dial_watch("{\"reasons\":[\"listed\"]}");
	int network = dial_watch("{\"source\":\"192.0.2.0/24\"}");

	(void)state;
	note(REASON_LISTED, "203.0.113.1");
	note(REASON_CLEAN, "192.0.2.7");
	note(REASON_LISTED, "2001:db8::1");
	note(REASON_LISTED, "192.0.2.8");
	expect_shown(all, "listed", "203.0.113.1");
	expect_shown(all, "clean", "192.0.2.7");
	expect_shown(all, "listed", "2001:db8::1");
	expect_shown(listed, "listed", "203.0.113.1");
	expect_shown(listed, "listed", "2001:db8::1");
	expect_shown(listed, "listed", "192.0.2.8");
	expect_shown(network, "clean", "192.0.2.7");
	expect_shown(network, "listed", "192.0.2.8");
	close(all);
	close(listed);
	close(network);
}

static void what_the_program_left_out_is_told(void **state)
{
	int all, bypass;

	(void)state;
	counted[REASON_LISTED] = 500; /* before anybody watched */
	all = dial_watch("{}");
	bypass = dial_watch("{\"reasons\":[\"bypass\"]}");
	note(REASON_LISTED, "192.0.2.1");
	expect_shown(all, "listed", "192.0.2.1");
	/* Two of them wait in the ring when the counters are read. */
	waiting_events = 2;
	counted[REASON_LISTED] += 10;
	counted[REASON_BYPASS] += 5;
	expect_shown(all, "listed", "192.0.2.1");
	expect_shown(all, "listed", "192.0.2.1");
	expect_line(all, LEFT_OUT("12", "\"listed\":7,\"bypass\":5"));
	expect_line(bypass, LEFT_OUT("5", "\"bypass\":5"));
	/* Once. */
	counted[REASON_BYPASS] += 1;
	expect_line(bypass, LEFT_OUT("1", "\"bypass\":1"));
	close(all);
	close(bypass);
}

static void who_comes_later_is_not_told_of_before(void **state)
{
	int early = dial_watch("{}");
	int late;

	(void)state;
	counted[REASON_STALE] += 3;
	late = dial_watch("{}");
	counted[REASON_STALE] += 4;
	expect_line(late, LEFT_OUT("4", "\"stale\":4"));
	expect_line(early, LEFT_OUT("7", "\"stale\":7"));
	close(early);
	close(late);
}

static void what_a_slow_one_missed_it_is_told(void **state)
{
	static char line[CONTROL_REPLY_MAX];
	int slow = dial_watch("{}");
	size_t shown = 0, used = 0;

	(void)state;
	for (size_t i = 0; i < FLOOD; i++) {
		note(REASON_HELD, "192.0.2.1");
		if (i % 256 == 0)
			uv_run(&loop, UV_RUN_NOWAIT);
	}
	counted[REASON_HELD] = FLOOD;
	expect_service();
	/* It takes them at last; the number of those left out follows. */
	for (;;) {
		assert_int_equal(hear_octet(slow, &line[used]), 1);
		if (line[used++] != '\n')
			continue;
		line[used - 1] = '\0';
		used = 0;
		if (strstr(line, "left_out"))
			break;
		shown++;
	}
	assert_true(shown > 0 && shown < FLOOD);
	used = (size_t)strtoul(strstr(line, "\"held\":") + 7, NULL, 10);
	assert_int_equal(shown + used, FLOOD);
	close(slow);
}

static void no_more_may_watch_than_there_is_room_for(void **state)
{
	int fds[WATCHERS_MAX], one;

	(void)state;
	for (size_t i = 0; i < WATCHERS_MAX; i++)
		fds[i] = dial_watch("{}");
	one = dial();
	say(one, "{\"command\":\"watch\"}\n" ECHO_1);
	expect_line(one, WRONG("8 watch already: no more may at a time\"}"));
	expect_line(one, REPLY_1);
	close(fds[3]);
	/* Its place is free as soon as the loop has seen that. */
	for (;;) {
		char octet = '\0';
		int fd = dial();

		say(fd, "{\"command\":\"watch\"}\n");
		for (size_t i = 0; i < sizeof(WRONG("")); i++)
			assert_int_equal(hear_octet(fd, &octet), 1);
		close(fd);
		if (octet != '8')
			break;
	}
	close(one);
	for (size_t i = 0; i < WATCHERS_MAX; i++)
		if (i != 3)
			close(fds[i]);
}

static void an_event_that_comes_late_is_ignored(void **state)
{
	int fd;

	(void)state;
	note(REASON_HELD, "192.0.2.1");
	fd = dial_watch("{}");
	note(REASON_MAX, "192.0.2.1");
	note(REASON_CLEAN, "192.0.2.1");
	expect_shown(fd, "clean", "192.0.2.1");
	close(fd);
}

static void all_is_gone_when_the_server_goes(void **state)
{
	int fd = dial_watch("{}");

	(void)state;
	control_server_close(server);
	server = NULL;
	expect_off();
	close(fd);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, start_watching, stop_watching)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_flag_is_on_while_somebody_watches),
		TEST(each_sees_what_it_asked_for),
		TEST(what_the_program_left_out_is_told),
		TEST(who_comes_later_is_not_told_of_before),
		TEST(what_a_slow_one_missed_it_is_told),
		TEST(no_more_may_watch_than_there_is_room_for),
		TEST(an_event_that_comes_late_is_ignored),
		TEST(all_is_gone_when_the_server_goes),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
