/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A control server in a real loop on a real socket, commands for it, and
 * clients that let the loop turn while they wait.
 */
#ifndef POSTERN_TESTS_CONTROL_FIXTURE_H
#define POSTERN_TESTS_CONTROL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <jansson.h>
#include <uv.h>

#include "control/server.h"

#define PATIENCE_MS 20000
#define SHORT_MS    300 /* the server's, where a test is about time */
#define ADMINS	    4242

#define ECHO_1	"{\"command\":\"echo\",\"args\":{\"n\":1}}\n"
#define REPLY_1 "{\"ok\":true,\"result\":{\"n\":1}}"
#define LATER	"{\"command\":\"later\"}\n"

#define WRONG(words) "{\"ok\":false,\"error\":\"" words

static uv_loop_t loop;
static uv_timer_t tick; /* lets uv_run() return to the test */
static size_t ticks;
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static struct control_server *server;
static struct control_request *waiting[CONTROL_REQUESTS_MAX + 1];
static size_t waiting_count;
static size_t handled;

/* The owner's commands */

static inline void on_echo(void *context, const json_t *args,
			   struct control_request *request)
{
	assert_ptr_equal(context, &loop);
	handled++;
	control_reply(request, json_deep_copy(args));
}

static inline void on_later(void *context, const json_t *args,
			    struct control_request *request)
{
	(void)context;
	(void)args;
	assert_true(waiting_count < CONTROL_REQUESTS_MAX + 1);
	waiting[waiting_count++] = request;
}

static inline void on_change(void *context, const json_t *args,
			     struct control_request *request)
{
	(void)context;
	(void)args;
	control_reply(request, json_pack("{s:b}", "changed", 1));
}

static inline json_t *text_of(size_t length)
{
	char *text = malloc(length + 1);
	json_t *object;

	memset(text, 'x', length);
	text[length] = '\0';
	object = json_pack("{s:s}", "text", text);
	free(text);
	return object;
}

static inline void on_huge(void *context, const json_t *args,
			   struct control_request *request)
{
	(void)context;
	(void)args;
	handled++;
	control_reply(request, text_of(CONTROL_REPLY_MAX - 64));
}

static inline void on_too_huge(void *context, const json_t *args,
			       struct control_request *request)
{
	(void)context;
	(void)args;
	control_reply(request, text_of(CONTROL_REPLY_MAX));
}

static inline void on_nothing(void *context, const json_t *args,
			      struct control_request *request)
{
	(void)context;
	(void)args;
	control_reply(request, NULL);
}

static inline void on_fail(void *context, const json_t *args,
			   struct control_request *request)
{
	(void)context;
	(void)args;
	control_fail(request, "line %d: \"bad\" \xff", 7);
}

static inline void on_stop(void *context, const json_t *args,
			   struct control_request *request)
{
	(void)context;
	(void)args;
	control_server_close(server);
	server = NULL;
	control_reply(request, json_object());
}

static const struct control_command commands[] = {
	{"echo", CONTROL_READ, on_echo},
	{"later", CONTROL_READ, on_later},
	{"change", CONTROL_CHANGE, on_change},
	{"huge", CONTROL_READ, on_huge},
	{"too-huge", CONTROL_READ, on_too_huge},
	{"nothing", CONTROL_READ, on_nothing},
	{"fail", CONTROL_READ, on_fail},
	{"stop", CONTROL_READ, on_stop},
};

static struct control_options options;

/* Set-up */

/* Once, for a program of tests: where the socket is. */
static inline int make_directory(void **state)
{
	char directory[] = "/tmp/test_control.XXXXXX";

	(void)state;
	if (!mkdtemp(directory) || chmod(directory, 0755) < 0)
		return -1;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket",
		 directory);
	return 0;
}

static inline int remove_directory(void **state)
{
	(void)state;
	unlink(address.sun_path);
	*strrchr(address.sun_path, '/') = '\0';
	return rmdir(address.sun_path);
}

static inline int listen_at(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	unlink(address.sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	assert_int_equal(chmod(address.sun_path, 0666), 0);
	assert_int_equal(listen(fd, 128), 0);
	return fd;
}

static inline void on_tick(uv_timer_t *timer)
{
	(void)timer;
	ticks++;
}

static inline int start_with(uint64_t timeout_ms, gid_t admin_group)
{
	assert_int_equal(uv_loop_init(&loop), 0);
	uv_timer_init(&loop, &tick);
	uv_timer_start(&tick, on_tick, 2, 2);
	options = (struct control_options){
		.commands = commands,
		.command_count = sizeof(commands) / sizeof(commands[0]),
		.context = &loop,
		.admin_group = admin_group,
		.admin_group_name = "admins",
		.timeout_ms = timeout_ms,
	};
	waiting_count = 0;
	handled = 0;
	return control_server_create(&loop, listen_at(), &options, &server);
}

static inline int start(void **state)
{
	(void)state;
	return start_with(0, ADMINS);
}

static inline int start_impatient(void **state)
{
	(void)state;
	return start_with(SHORT_MS, ADMINS);
}

static inline int start_without_group(void **state)
{
	(void)state;
	return start_with(0, PEER_NO_GROUP);
}

/* Everything must be gone by itself: the loop has to end. */
static inline int stop(void **state)
{
	(void)state;
	if (server)
		control_server_close(server);
	server = NULL;
	for (size_t i = 0; i < waiting_count; i++)
		control_fail(waiting[i], "stopped");
	uv_close((uv_handle_t *)&tick, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	return uv_loop_close(&loop);
}

/* Clients */

static inline int dial(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(
		connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static inline void say_some(int fd, const char *text, size_t length)
{
	assert_int_equal(send(fd, text, length, MSG_NOSIGNAL), length);
}

static inline void say(int fd, const char *text)
{
	say_some(fd, text, strlen(text));
}

static inline uint64_t deadline(void)
{
	return uv_hrtime() / 1000000 + PATIENCE_MS;
}

static inline void turn(uint64_t until)
{
	uv_run(&loop, UV_RUN_ONCE);
	assert_true(uv_hrtime() / 1000000 < until);
}

/* The loop turns until an octet comes; 0: the server has hung up. */
static inline ssize_t hear_octet(int fd, char *octet)
{
	uint64_t until = deadline();
	ssize_t count;

	for (;;) {
		count = recv(fd, octet, 1, 0);
		if (count >= 0)
			return count;
		if (errno == ECONNRESET)
			return 0;
		assert_int_equal(errno, EAGAIN);
		turn(until);
	}
}

static inline void expect_line(int fd, const char *expected)
{
	static char line[CONTROL_REPLY_MAX];
	size_t used = 0;

	do {
		assert_true(used < sizeof(line));
		assert_int_equal(hear_octet(fd, &line[used]), 1);
	} while (line[used++] != '\n');
	line[used - 1] = '\0';
	assert_string_equal(line, expected);
}

static inline void expect_hang_up(int fd)
{
	char octet;

	assert_int_equal(hear_octet(fd, &octet), 0);
	close(fd);
}

/* Someone else is served meanwhile. */
static inline void expect_service(void)
{
	int fd = dial();

	say(fd, ECHO_1);
	expect_line(fd, REPLY_1);
	close(fd);
}

static inline void expect_waiting(size_t count)
{
	uint64_t until = deadline();

	while (waiting_count < count)
		turn(until);
	assert_int_equal(waiting_count, count);
}

static inline void answer(size_t i)
{
	control_reply(waiting[i], json_pack("{s:i}", "n", (int)i));
}

#endif
