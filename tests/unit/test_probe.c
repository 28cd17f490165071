/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The probe against a scripted primary on loopback, in the same event loop:
 * what it concludes, and every word it says.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "sources/probe.h"

/* Answers that are none. */
#define CLOSE  "(close)"
#define SILENT "(silent)"

#define LONG_MS	  20000
#define WATCH_MS  60000
#define PAUSE_MS  200
#define HEARD_MAX 1024

#define TO_EHLO "EHLO a.example|"
#define TO_MAIL TO_EHLO "MAIL FROM:<>|"
#define TO_RCPT TO_MAIL "RCPT TO:<postmaster>|"
#define ALL	TO_RCPT "RSET|QUIT|"

/* What the primary of a test does; the rest of it is well. */
struct script {
	const char *greeting; /* NULL: "220 mx ESMTP\r\n" */
	const char *late;     /* follows after PAUSE_MS */
	const char *verb;     /* is answered by `answer`, and so is what comes
				 after it if that is SILENT */
	const char *answer;
};

static struct scene {
	uv_loop_t loop;
	uv_tcp_t listener;
	uv_tcp_t client; /* the one connection of the server */
	uv_timer_t pause;
	uv_timer_t watch;
	bool connected;
	bool silent;
	bool spoke_early;
	bool late_due;
	struct script script;
	char heard[HEARD_MAX];
	size_t heard_length;
	char buffer[512];
	struct probe *probe;
	struct probe_target target;
	struct probe_result result;
	unsigned int done;
	void (*on_heard)(void);
} scene;

static void close_handle(uv_handle_t *handle)
{
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void close_client(void)
{
	close_handle((uv_handle_t *)&scene.client);
}

/* The connection is left to hear the rest, up to its end. */
static void close_server(void)
{
	close_handle((uv_handle_t *)&scene.listener);
	close_handle((uv_handle_t *)&scene.pause);
}

static void server_say(const char *text)
{
	char copy[4096];
	uv_buf_t buf = uv_buf_init(copy, (unsigned int)strlen(text));

	assert_true(strlen(text) < sizeof(copy));
	memcpy(copy, text, strlen(text));
	if (strcmp(text, CLOSE) == 0)
		close_client();
	else if (strcmp(text, SILENT) == 0)
		scene.silent = true;
	else
		uv_try_write((uv_stream_t *)&scene.client, &buf, 1);
}

static void on_line(const char *line)
{
	const char *verb = scene.script.verb;

	if (scene.late_due)
		scene.spoke_early = true;
	if (scene.on_heard)
		scene.on_heard();
	if (scene.silent)
		return;
	if (verb && strncmp(line, verb, strlen(verb)) == 0) {
		scene.script.verb = NULL;
		server_say(scene.script.answer);
	} else if (strncmp(line, "EHLO", 4) == 0) {
		server_say("250-mx\r\n250-SIZE 10240000\r\n250 DSN\r\n");
	} else if (strncmp(line, "QUIT", 4) == 0) {
		server_say("221 2.0.0 Bye\r\n");
		close_client();
	} else {
		server_say("250 2.0.0 Ok\r\n");
	}
}

static void on_server_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
	(void)handle;
	(void)size;
	*buf = uv_buf_init(scene.buffer, sizeof(scene.buffer));
}

/* Keeps all lines, with "|" for their ends. */
static void on_server_read(uv_stream_t *stream, ssize_t length,
			   const uv_buf_t *buf)
{
	(void)stream;
	if (length < 0)
		close_client();
	for (ssize_t i = 0; i < length; i++) {
		char c = buf->base[i];

		assert_true(scene.heard_length < HEARD_MAX - 1);
		if (c == '\r')
			continue;
		scene.heard[scene.heard_length++] = c == '\n' ? '|' : c;
		if (c == '\n') {
			char *end = scene.heard + scene.heard_length - 1;
			char *line = end;

			while (line > scene.heard && line[-1] != '|')
				line--;
			on_line(line);
		}
	}
}

static void on_pause(uv_timer_t *timer)
{
	(void)timer;
	scene.late_due = false;
	server_say(scene.script.late);
}

static void on_connection(uv_stream_t *listener, int status)
{
	assert_int_equal(status, 0);
	assert_false(scene.connected);
	uv_tcp_init(&scene.loop, &scene.client);
	assert_int_equal(uv_accept(listener, (uv_stream_t *)&scene.client), 0);
	scene.connected = true;
	assert_int_equal(uv_read_start((uv_stream_t *)&scene.client,
				       on_server_alloc, on_server_read),
			 0);
	server_say(scene.script.greeting ? scene.script.greeting
					 : "220 mx ESMTP\r\n");
	if (scene.script.late) {
		scene.late_due = true;
		uv_timer_start(&scene.pause, on_pause, PAUSE_MS, 0);
	}
}

static void on_watch(uv_timer_t *timer)
{
	(void)timer;
	fail_msg("the test takes too long");
}

static void on_done(void *context, const struct probe_result *result)
{
	assert_ptr_equal(context, &scene);
	scene.result = *result;
	scene.done++;
	close_server();
}

static void bind_to(const char *address)
{
	struct sockaddr_storage storage;
	struct sockaddr *sockaddr = (struct sockaddr *)&storage;
	int length = sizeof(storage);

	assert_int_equal(addr_parse(address, &scene.target.addr), 0);
	addr_to_sockaddr(&scene.target.addr, 0, &storage);
	assert_int_equal(uv_tcp_bind(&scene.listener, sockaddr, 0), 0);
	assert_int_equal(
		uv_listen((uv_stream_t *)&scene.listener, 4, on_connection), 0);
	assert_int_equal(uv_tcp_getsockname(&scene.listener, sockaddr, &length),
			 0);
	scene.target.port = ntohs(((struct sockaddr_in *)&storage)->sin_port);
}

static void set_scene(const struct script *script)
{
	memset(&scene, 0, sizeof(scene));
	if (script)
		scene.script = *script;
	assert_int_equal(uv_loop_init(&scene.loop), 0);
	uv_tcp_init(&scene.loop, &scene.listener);
	uv_timer_init(&scene.loop, &scene.pause);
	uv_timer_init(&scene.loop, &scene.watch);
	uv_timer_start(&scene.watch, on_watch, WATCH_MS, 0);
	uv_unref((uv_handle_t *)&scene.watch);
	scene.target.helo = "a.example";
	scene.target.recipient = "postmaster";
	scene.target.connect_ms = LONG_MS;
	scene.target.greeting_ms = LONG_MS;
	scene.target.timeout_ms = LONG_MS;
}

static void start(void)
{
	assert_int_equal(probe_start(&scene.loop, &scene.target, on_done,
				     &scene, &scene.probe),
			 0);
	assert_int_equal(scene.done, 0);
}

/* Runs until nothing is left, which is a test of its own. */
static void run(void)
{
	uv_run(&scene.loop, UV_RUN_DEFAULT);
	uv_close((uv_handle_t *)&scene.watch, NULL);
	uv_run(&scene.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&scene.loop), 0);
}

static void probe_once(const struct script *script)
{
	set_scene(script);
	bind_to("127.0.0.1");
	start();
	run();
	assert_int_equal(scene.done, 1);
}

#define OCTETS_64                                                              \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define OCTETS_512                                                             \
	OCTETS_64 OCTETS_64 OCTETS_64 OCTETS_64 OCTETS_64 OCTETS_64 OCTETS_64  \
		OCTETS_64
#define OCTETS_2048 OCTETS_512 OCTETS_512 OCTETS_512 OCTETS_512

static const struct {
	const char *name;
	struct script script;
	enum probe_reason reason;
	const char *reply; /* how it begins */
	const char *heard;
} answered[] = {
	{"a healthy primary is good", {0}, PROBE_GOOD, "250 2.0.0 Ok", ALL},
	{"a teaser is waited out",
	 {.greeting = "220-wait\r\n", .late = "220 mx ESMTP\r\n"},
	 PROBE_GOOD,
	 "250 2.0.0 Ok",
	 ALL},
	{"half a line is waited out",
	 {.greeting = "220-wait\r\n220 m", .late = "x ESMTP\r\n"},
	 PROBE_GOOD,
	 "250 2.0.0 Ok",
	 ALL},
	{"a late greeting is waited for",
	 {.greeting = "", .late = "220 mx\r\n"},
	 PROBE_GOOD,
	 "250 2.0.0 Ok",
	 ALL},
	{"421 for a greeting is bad",
	 {.greeting = "421 4.3.2 busy\r\n"},
	 PROBE_GREETING,
	 "421 4.3.2 busy",
	 "QUIT|"},
	{"421 after a teaser is bad",
	 {.greeting = "220-wait\r\n", .late = "421 4.3.2 busy\r\n"},
	 PROBE_GREETING,
	 "421 4.3.2 busy",
	 "QUIT|"},
	{"554 for a greeting is bad",
	 {.greeting = "554-no\r\n554 5.7.1 go away\r\n"},
	 PROBE_GREETING,
	 "554 5.7.1 go away",
	 "QUIT|"},
	{"too many connections is limited",
	 {.greeting = "421 4.7.0 mx Error: too many connections from x\r\n"},
	 PROBE_LIMITED,
	 "421 4.7.0 mx Error",
	 "QUIT|"},
	{"too many connections is limited at MAIL too",
	 {.verb = "MAIL", .answer = "421 4.7.0 mx too many\r\n"},
	 PROBE_LIMITED,
	 "421 4.7.0 mx too many",
	 TO_MAIL "QUIT|"},
	{"EHLO refused by 451 is bad",
	 {.verb = "EHLO", .answer = "451 4.3.0 no\r\n"},
	 PROBE_EHLO,
	 "451 4.3.0 no",
	 TO_EHLO "QUIT|"},
	{"HELO is tried after 502",
	 {.verb = "EHLO", .answer = "502 5.5.1 what?\r\n"},
	 PROBE_GOOD,
	 "250 2.0.0 Ok",
	 TO_EHLO "HELO a.example|MAIL FROM:<>|RCPT TO:<postmaster>|RSET|QUIT|"},
	{"a full disk is bad",
	 {.verb = "MAIL", .answer = "452 4.3.1 Insufficient storage\r\n"},
	 PROBE_MAIL,
	 "452 4.3.1 Insufficient storage",
	 TO_MAIL "QUIT|"},
	{"550 at MAIL is bad",
	 {.verb = "MAIL", .answer = "550 5.7.1 no\r\n"},
	 PROBE_MAIL,
	 "550 5.7.1 no",
	 TO_MAIL "QUIT|"},
	{"a dead table is bad",
	 {.verb = "RCPT", .answer = "451 4.3.0 Temporary lookup failure\r\n"},
	 PROBE_RCPT,
	 "451 4.3.0 Temporary",
	 ALL},
	{"greylisting is good",
	 {.verb = "RCPT", .answer = "450 4.7.1 Greylisted\r\n"},
	 PROBE_GOOD,
	 "450 4.7.1 Greylisted",
	 ALL},
	{"no such mailbox is good",
	 {.verb = "RCPT", .answer = "550 5.1.1 unknown\r\n"},
	 PROBE_GOOD,
	 "550 5.1.1 unknown",
	 ALL},
	{"RSET refused changes nothing",
	 {.verb = "RSET", .answer = "500 what?\r\n"},
	 PROBE_GOOD,
	 "250 2.0.0 Ok",
	 ALL},
	{"garbage after the decision changes nothing",
	 {.verb = "RSET", .answer = "\001\002\003\r\n"},
	 PROBE_GOOD,
	 "250 2.0.0 Ok",
	 ALL},

	{"a close before the greeting is one",
	 {.greeting = CLOSE},
	 PROBE_CLOSED,
	 "",
	 ""},
	{"a close within the greeting is one",
	 {.greeting = "220-wait\r\n", .late = CLOSE},
	 PROBE_CLOSED,
	 "",
	 ""},
	{"a close after EHLO is one",
	 {.verb = "EHLO", .answer = CLOSE},
	 PROBE_CLOSED,
	 "220 mx ESMTP",
	 TO_EHLO},
	{"a close after MAIL is one",
	 {.verb = "MAIL", .answer = CLOSE},
	 PROBE_CLOSED,
	 "250 DSN",
	 TO_MAIL},
	{"a close after RCPT is one",
	 {.verb = "RCPT", .answer = CLOSE},
	 PROBE_CLOSED,
	 "250 2.0.0 Ok",
	 TO_RCPT},
	{"a close after RSET changes nothing",
	 {.verb = "RSET", .answer = CLOSE},
	 PROBE_GOOD,
	 "250 2.0.0 Ok",
	 TO_RCPT "RSET|"},

	{"SSH is malformed",
	 {.greeting = "SSH-2.0-OpenSSH_9.2\r\n"},
	 PROBE_MALFORMED,
	 "SSH-2.0-OpenSSH_9.2",
	 ""},
	{"binary octets are malformed",
	 {.greeting = "\025\003\001\001\n"},
	 PROBE_MALFORMED,
	 "",
	 ""},
	{"a line too long is malformed",
	 {.greeting = "220 " OCTETS_2048 "\r\n"},
	 PROBE_MALFORMED,
	 "220 xxxxxxxx",
	 ""},
	{"a greeting of 250 is malformed",
	 {.greeting = "250 mx\r\n"},
	 PROBE_MALFORMED,
	 "250 mx",
	 "QUIT|"},
	{"garbage after EHLO is malformed",
	 {.verb = "EHLO", .answer = "what?\r\n"},
	 PROBE_MALFORMED,
	 "what?",
	 TO_EHLO "QUIT|"},
	{"an answer to what was not asked is malformed",
	 {.greeting = "220 mx\r\n250 mx\r\n"},
	 PROBE_MALFORMED,
	 "250 mx",
	 TO_EHLO "QUIT|"},
	{"a goodbye right after the greeting is understood",
	 {.greeting = "220 mx\r\n421 4.3.2 shutting down\r\n"},
	 PROBE_EHLO,
	 "421 4.3.2 shutting down",
	 TO_EHLO "QUIT|"},
};

static void each_primary_is_judged_and_hears_only_what_it_should(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(answered) / sizeof(*answered); i++) {
		const char *reply = answered[i].reply;

		print_message("%s\n", answered[i].name);
		probe_once(&answered[i].script);
		assert_string_equal(probe_reason_name(scene.result.reason),
				    probe_reason_name(answered[i].reason));
		assert_memory_equal(scene.result.reply, reply, strlen(reply));
		assert_string_equal(scene.heard, answered[i].heard);
		assert_false(scene.spoke_early);
	}
}

static const struct {
	const char *name;
	struct script script;
	uint64_t greeting_ms;
	uint64_t timeout_ms;
	enum probe_reason reason;
	const char *reply;
	const char *heard;
} silent[] = {
	{"silence instead of a greeting ends, without a word",
	 {.greeting = ""},
	 300,
	 LONG_MS,
	 PROBE_GREETING_TIMEOUT,
	 "",
	 ""},
	{"a teaser without an end does not count",
	 {.greeting = "220-wait\r\n"},
	 300,
	 LONG_MS,
	 PROBE_GREETING_TIMEOUT,
	 "220-wait",
	 ""},
	{"the limit of the whole dialogue cuts that of the greeting",
	 {.greeting = ""},
	 LONG_MS,
	 300,
	 PROBE_GREETING_TIMEOUT,
	 "",
	 ""},
	{"silence at EHLO ends",
	 {.verb = "EHLO", .answer = SILENT},
	 LONG_MS,
	 1000,
	 PROBE_TIMEOUT,
	 "220 mx ESMTP",
	 TO_EHLO "QUIT|"},
	{"silence at RCPT ends",
	 {.verb = "RCPT", .answer = SILENT},
	 LONG_MS,
	 1000,
	 PROBE_TIMEOUT,
	 "250 2.0.0 Ok",
	 TO_RCPT "QUIT|"},
	{"silence at RSET ends with QUIT and changes nothing",
	 {.verb = "RSET", .answer = SILENT},
	 LONG_MS,
	 LONG_MS,
	 PROBE_GOOD,
	 "250 2.0.0 Ok",
	 ALL},
	{"silence at QUIT ends and changes nothing",
	 {.verb = "QUIT", .answer = SILENT},
	 LONG_MS,
	 LONG_MS,
	 PROBE_GOOD,
	 "250 2.0.0 Ok",
	 ALL},
};

static void silence_ends_by_the_limit_of_its_step(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(silent) / sizeof(*silent); i++) {
		print_message("%s\n", silent[i].name);
		set_scene(&silent[i].script);
		bind_to("127.0.0.1");
		scene.target.greeting_ms = silent[i].greeting_ms;
		scene.target.timeout_ms = silent[i].timeout_ms;
		start();
		run();
		assert_int_equal(scene.done, 1);
		assert_string_equal(probe_reason_name(scene.result.reason),
				    probe_reason_name(silent[i].reason));
		assert_string_equal(scene.result.reply, silent[i].reply);
		assert_string_equal(scene.heard, silent[i].heard);
	}
}

static void a_closed_port_refuses(void **state)
{
	(void)state;
	set_scene(NULL);
	bind_to("127.0.0.1");
	uv_close((uv_handle_t *)&scene.listener, NULL);
	uv_run(&scene.loop, UV_RUN_NOWAIT);
	start();
	run();
	assert_int_equal(scene.done, 1);
	assert_int_equal(scene.result.reason, PROBE_REFUSED);
	assert_int_equal(scene.result.error, -ECONNREFUSED);
	assert_string_equal(scene.result.reply, "");
}

/* A listener whose queue is full drops SYNs. */
static void fill_queue(int fds[3])
{
	struct sockaddr_storage storage;
	socklen_t length = sizeof(storage);

	fds[0] = socket(AF_INET, SOCK_STREAM, 0);
	addr_parse("127.0.0.1", &scene.target.addr);
	length = addr_to_sockaddr(&scene.target.addr, 0, &storage);
	assert_int_equal(bind(fds[0], (struct sockaddr *)&storage, length), 0);
	assert_int_equal(listen(fds[0], 0), 0);
	length = sizeof(storage);
	getsockname(fds[0], (struct sockaddr *)&storage, &length);
	scene.target.port = ntohs(((struct sockaddr_in *)&storage)->sin_port);
	for (int i = 1; i < 3; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(fds[i], (struct sockaddr *)&storage, length) != 0)
			assert_int_equal(errno, EINPROGRESS);
	}
}

static void close_all(const int fds[3])
{
	for (int i = 0; i < 3; i++)
		close(fds[i]);
}

static void a_primary_that_drops_syns_is_given_up(void **state)
{
	int fds[3];

	(void)state;
	set_scene(NULL);
	fill_queue(fds);
	scene.target.connect_ms = 300;
	start();
	run();
	close_all(fds);
	assert_int_equal(scene.done, 1);
	assert_int_equal(scene.result.reason, PROBE_CONNECT_TIMEOUT);
}

static void a_hurried_connection_is_given_up_sooner(void **state)
{
	int fds[3];

	(void)state;
	set_scene(NULL);
	fill_queue(fds);
	scene.target.connect_ms = 10 * (uint64_t)WATCH_MS;
	scene.target.timeout_ms = 10 * (uint64_t)WATCH_MS;
	start();
	probe_hurry(scene.probe, 20 * (uint64_t)WATCH_MS);
	probe_hurry(scene.probe, 300);
	probe_hurry(scene.probe, 20 * (uint64_t)WATCH_MS);
	run();
	close_all(fds);
	assert_int_equal(scene.done, 1);
	assert_int_equal(scene.result.reason, PROBE_CONNECT_TIMEOUT);
}

static void hurry_probe(void)
{
	probe_hurry(scene.probe, 0);
}

static void a_connection_that_is_there_is_not_hurried(void **state)
{
	(void)state;
	set_scene(NULL);
	bind_to("127.0.0.1");
	scene.on_heard = hurry_probe;
	start();
	run();
	assert_int_equal(scene.result.reason, PROBE_GOOD);
}

/* Lowers the limit to what is open, so that the next descriptor fails. */
static void want_of_descriptors_is_our_own_fault(void **state)
{
	struct rlimit before;
	struct rlimit none;
	int next;

	(void)state;
	set_scene(NULL);
	bind_to("127.0.0.1");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	next = dup(STDERR_FILENO);
	assert_true(next > 0);
	close(next);
	none = before;
	none.rlim_cur = (rlim_t)next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	start();
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	run();
	assert_int_equal(scene.done, 1);
	assert_int_equal(scene.result.reason, PROBE_LOCAL);
	assert_int_equal(scene.result.error, -EMFILE);
}

static void oversleep(void)
{
	if (!scene.silent)
		uv_sleep(2500);
	scene.silent = true;
}

/* The loop itself hangs longer than the limit: the primary isn't to blame. */
static void a_loop_that_sleeps_is_our_own_fault(void **state)
{
	(void)state;
	set_scene(NULL);
	bind_to("127.0.0.1");
	scene.target.timeout_ms = 1000;
	scene.on_heard = oversleep;
	start();
	run();
	assert_int_equal(scene.done, 1);
	assert_int_equal(scene.result.reason, PROBE_LOCAL);
}

static void without_a_name_it_says_its_address(void **state)
{
	(void)state;
	set_scene(NULL);
	bind_to("127.0.0.1");
	scene.target.helo = NULL;
	start();
	run();
	assert_int_equal(scene.result.reason, PROBE_GOOD);
	assert_memory_equal(scene.heard, "EHLO [127.0.0.1]|", 17);
}

static void it_comes_from_where_it_is_told_to(void **state)
{
	struct addr source;

	(void)state;
	set_scene(NULL);
	bind_to("127.0.0.1");
	scene.target.helo = NULL;
	assert_int_equal(addr_parse("127.0.0.5", &source), 0);
	scene.target.source = &source;
	start();
	run();
	assert_int_equal(scene.result.reason, PROBE_GOOD);
	assert_memory_equal(scene.heard, "EHLO [127.0.0.5]|", 17);
}

static void a_source_that_is_not_ours_is_our_own_fault(void **state)
{
	struct addr source;

	(void)state;
	set_scene(NULL);
	bind_to("127.0.0.1");
	assert_int_equal(addr_parse("192.0.2.99", &source), 0);
	scene.target.source = &source;
	start();
	close_server();
	run();
	assert_int_equal(scene.done, 1);
	assert_int_equal(scene.result.reason, PROBE_LOCAL);
	assert_int_equal(scene.result.error, -EADDRNOTAVAIL);
}

static bool has_ipv6(void)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
				   .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	bool usable =
		fd >= 0 && bind(fd, (struct sockaddr *)&in6, sizeof(in6)) == 0;

	if (fd >= 0)
		close(fd);
	return usable;
}

static void over_ipv6_its_address_is_tagged(void **state)
{
	(void)state;
	if (!has_ipv6()) {
		print_message("no IPv6 on loopback here\n");
		skip();
	}
	set_scene(NULL);
	bind_to("::1");
	scene.target.helo = NULL;
	start();
	run();
	assert_int_equal(scene.result.reason, PROBE_GOOD);
	assert_memory_equal(scene.heard, "EHLO [IPv6:::1]|", 16);
}

static void arguments_that_break_the_protocol_are_refused(void **state)
{
	(void)state;
	set_scene(NULL);
	scene.target.helo = "a b";
	assert_int_equal(probe_start(&scene.loop, &scene.target, on_done,
				     &scene, &scene.probe),
			 -EINVAL);
	scene.target.helo = "a";
	scene.target.recipient = "x>\r\nDATA";
	assert_int_equal(probe_start(&scene.loop, &scene.target, on_done,
				     &scene, &scene.probe),
			 -EINVAL);
	assert_null(scene.probe);
	close_server();
	run();
}

static void cancel_probe(void)
{
	if (scene.probe)
		probe_cancel(scene.probe);
	scene.probe = NULL;
}

static void stop_scene(uv_timer_t *timer)
{
	(void)timer;
	cancel_probe();
	close_server();
}

static void a_cancelled_probe_says_nothing_more(void **state)
{
	(void)state;
	print_message("while it connects\n");
	set_scene(NULL);
	bind_to("127.0.0.1");
	start();
	cancel_probe();
	close_server();
	run();
	assert_int_equal(scene.done, 0);

	print_message("while it waits for the greeting\n");
	set_scene(&(struct script){.greeting = "220-wait\r\n"});
	bind_to("127.0.0.1");
	start();
	uv_timer_start(&scene.pause, stop_scene, 300, 0);
	run();
	assert_int_equal(scene.done, 0);
	assert_string_equal(scene.heard, "");
}

static void cancel_at_mail(void)
{
	if (strstr(scene.heard, "MAIL")) {
		cancel_probe();
		uv_timer_start(&scene.pause, stop_scene, 300, 0);
		scene.silent = true;
	}
}

static void a_probe_cancelled_in_its_dialogue_says_quit(void **state)
{
	(void)state;
	set_scene(NULL);
	bind_to("127.0.0.1");
	scene.on_heard = cancel_at_mail;
	start();
	run();
	assert_int_equal(scene.done, 0);
	assert_string_equal(scene.heard, TO_MAIL "QUIT|");
}

#define STEPS_MAX 16

/* What was told: "EHLO 250 size 10240000", "RCPT a 250", ... */
static struct {
	char text[STEPS_MAX][64];
	size_t count;
} told;

static void on_told(void *context, enum dialogue_step step,
		    const char *recipient, const struct reply *reply)
{
	assert_ptr_equal(context, &scene);
	assert_true(told.count < STEPS_MAX);
	snprintf(told.text[told.count++], sizeof(told.text[0]), "%d %s %u",
		 step, recipient ? recipient : "-", reply->code);
	if (step == STEP_EHLO)
		assert_int_equal(reply->size, 10240000);
}

static void several_recipients_are_asked_about(void **state)
{
	static const char *const more[] = {"b@a.example", "c@a.example", NULL};
	static const struct script script = {.verb = "RCPT TO:<b",
					     .answer = "550 5.1.1 nobody\r\n"};
	static const char *const steps[] = {
		"0 - 220",	    "1 - 250",		 "3 - 250",
		"4 postmaster 250", "4 b@a.example 550", "4 c@a.example 250",
	};

	(void)state;
	told.count = 0;
	set_scene(&script);
	scene.target.more = more;
	scene.target.heard = on_told;
	bind_to("127.0.0.1");
	start();
	run();
	assert_int_equal(scene.done, 1);
	assert_int_equal(scene.result.reason, PROBE_GOOD);
	assert_string_equal(scene.heard,
			    TO_MAIL "RCPT TO:<postmaster>|RCPT TO:<b@a.example>"
				    "|RCPT TO:<c@a.example>|RSET|QUIT|");
	assert_int_equal(told.count, sizeof(steps) / sizeof(*steps));
	for (size_t i = 0; i < told.count; i++)
		assert_string_equal(told.text[i], steps[i]);
}

static void a_recipient_that_no_command_can_carry_is_refused(void **state)
{
	static const char *const more[] = {"b@a.example", "a b", NULL};

	(void)state;
	set_scene(NULL);
	scene.target.more = more;
	assert_int_equal(probe_start(&scene.loop, &scene.target, on_done,
				     &scene, &scene.probe),
			 -EINVAL);
	close_server();
	run();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			each_primary_is_judged_and_hears_only_what_it_should),
		cmocka_unit_test(silence_ends_by_the_limit_of_its_step),
		cmocka_unit_test(a_closed_port_refuses),
		cmocka_unit_test(a_primary_that_drops_syns_is_given_up),
		cmocka_unit_test(a_hurried_connection_is_given_up_sooner),
		cmocka_unit_test(a_connection_that_is_there_is_not_hurried),
		cmocka_unit_test(want_of_descriptors_is_our_own_fault),
		cmocka_unit_test(a_loop_that_sleeps_is_our_own_fault),
		cmocka_unit_test(without_a_name_it_says_its_address),
		cmocka_unit_test(it_comes_from_where_it_is_told_to),
		cmocka_unit_test(a_source_that_is_not_ours_is_our_own_fault),
		cmocka_unit_test(over_ipv6_its_address_is_tagged),
		cmocka_unit_test(arguments_that_break_the_protocol_are_refused),
		cmocka_unit_test(a_cancelled_probe_says_nothing_more),
		cmocka_unit_test(a_probe_cancelled_in_its_dialogue_says_quit),
		cmocka_unit_test(several_recipients_are_asked_about),
		cmocka_unit_test(
			a_recipient_that_no_command_can_carry_is_refused),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
