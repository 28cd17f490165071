/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The doorman's connections, over the loopback: who is told what, who has to
 * wait, and who has to go.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sources/doorman.h"

#define CLIENTS 8

/* Generous: only a test that fails waits so long. */
#define PATIENCE_MS 20000

#define GREETING "220 mx2.example.net ESMTP\r\n"
#define REFUSAL	 "451 4.3.2 deliver there"

static uv_loop_t loop;
static uv_timer_t patience;
static struct doorman *doorman;
static struct sockaddr_in address;
static bool welcome;	/* what meet() says */
static bool all_differ; /* each comes from a network of its own */
static unsigned int met;

static struct client {
	int fd; /* -1: none */
	bool ended;
	char heard[131072];
	size_t used;
} clients[CLIENTS];

static bool meet(void *context, const struct doorman_guest *guest,
		 struct doorman_welcome *out)
{
	assert_ptr_equal(context, &loop);
	assert_int_equal(guest->port, ntohs(address.sin_port));
	assert_int_equal(addr_family(&guest->source), FAMILY_IPV4);
	assert_int_not_equal(guest->client_port, 0);
	out->network = guest->destination;
	if (all_differ)
		out->network.octets[0] = (uint8_t)++met;
	strcpy(out->refusal, REFUSAL);
	return welcome;
}

static void on_patience(uv_timer_t *timer)
{
	(void)timer;
	fail_msg("that takes too long");
}

static int start(void **state)
{
	const struct config_doorman config = {
		.name = (char[]){"mx2.example.net"},
		.connections = 4,
		.per_network = 4,
		.timeout_ms = 10000,
	};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	address = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	welcome = true;
	all_differ = false;
	met = 0;
	for (size_t i = 0; i < CLIENTS; i++)
		clients[i] = (struct client){.fd = -1};
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    getsockname(fd, (struct sockaddr *)&address, &length) ||
	    listen(fd, 16))
		return -1;
	uv_loop_init(&loop);
	uv_timer_init(&loop, &patience);
	uv_timer_start(&patience, on_patience, PATIENCE_MS, 0);
	if (doorman_create(&loop, meet, &loop, &doorman))
		return -1;
	doorman_configure(doorman, &config);
	return doorman_listen(doorman, FAMILY_IPV4, fd);
}

static int stop(void **state)
{
	(void)state;
	doorman_close(doorman);
	uv_close((uv_handle_t *)&patience, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	for (size_t i = 0; i < CLIENTS; i++)
		if (clients[i].fd >= 0)
			close(clients[i].fd);
	return uv_loop_close(&loop);
}

static struct client *come(unsigned int number)
{
	struct client *client = &clients[number];

	client->fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(client->fd >= 0);
	assert_int_equal(connect(client->fd, (struct sockaddr *)&address,
				 sizeof(address)),
			 0);
	assert_int_equal(fcntl(client->fd, F_SETFL, O_NONBLOCK), 0);
	return client;
}

static void say(const struct client *client, const char *text)
{
	assert_int_equal(send(client->fd, text, strlen(text), MSG_NOSIGNAL),
			 strlen(text));
}

static void listen_to(struct client *client)
{
	size_t room = sizeof(client->heard) - 1 - client->used;
	ssize_t got = recv(client->fd, client->heard + client->used, room, 0);

	if (got > 0)
		client->used += (size_t)got;
	client->heard[client->used] = '\0';
	client->ended = got == 0 || (got < 0 && errno != EAGAIN);
}

static void turn(void)
{
	uv_run(&loop, UV_RUN_NOWAIT);
	usleep(1000);
}

static void expect_heard(struct client *client, const char *text)
{
	while (!client->ended && client->used < strlen(text)) {
		turn();
		listen_to(client);
	}
	assert_string_equal(client->heard, text);
}

static void expect_end(struct client *client, const char *text)
{
	while (!client->ended) {
		turn();
		listen_to(client);
	}
	assert_string_equal(client->heard, text);
}

static struct doorman_status status(void)
{
	struct doorman_status now;

	doorman_status(doorman, &now);
	return now;
}

static void a_sender_is_told_and_goes(void **state)
{
	struct client *client = come(0);

	(void)state;
	expect_heard(client, GREETING);
	assert_int_equal(status().sessions, 1);
	assert_int_equal(status().told, 0);
	say(client, "MAIL FR");
	turn();
	say(client, "OM:<>\r\nRCPT TO:<a>\r\nRCPT TO:<b>\r\nQUIT\r\nNOOP\r\n");
	expect_end(client, GREETING "250 2.1.0 ok\r\n" REFUSAL "\r\n" REFUSAL
				    "\r\n221 2.0.0 mx2.example.net bye\r\n");
	assert_int_equal(status().sessions, 0);
	assert_int_equal(status().taken, 1);
	assert_int_equal(status().told, 1);
}

static void who_was_not_deferred_is_hung_up_on(void **state)
{
	struct client *client;

	(void)state;
	welcome = false;
	client = come(0);
	expect_end(client, "");
	assert_int_equal(status().taken, 0);
}

static void a_sender_that_just_goes_leaves_nothing(void **state)
{
	struct client *client = come(0);

	(void)state;
	expect_heard(client, GREETING);
	close(client->fd);
	client->fd = -1;
	while (status().sessions)
		turn();
}

static void limit(unsigned int connections, unsigned int per_network,
		  uint64_t timeout_ms)
{
	const struct config_doorman config = {
		.name = (char[]){"mx2.example.net"},
		.connections = connections,
		.per_network = per_network,
		.timeout_ms = timeout_ms,
	};

	doorman_configure(doorman, &config);
}

static void a_session_ends_in_time_whatever_is_said(void **state)
{
	struct client *client;

	(void)state;
	limit(4, 4, 300);
	client = come(0);
	expect_heard(client, GREETING);
	while (!client->ended) {
		send(client->fd, "x", 1, MSG_NOSIGNAL);
		turn();
		listen_to(client);
	}
	assert_string_equal(client->heard,
			    GREETING "421 4.4.2 that took too long\r\n");
	assert_int_equal(status().sessions, 0);
}

static void a_network_has_its_share(void **state)
{
	(void)state;
	limit(4, 1, 10000);
	expect_heard(come(0), GREETING);
	expect_end(come(1), "421 4.7.0 too many connections from your "
			    "network\r\n");
	assert_int_equal(status().sessions, 1);
	assert_int_equal(status().turned_away, 1);
	say(&clients[0], "NOOP\r\n");
	expect_heard(&clients[0], GREETING "250 2.0.0 ok\r\n");
}

static void the_oldest_leaves_when_it_is_full(void **state)
{
	(void)state;
	all_differ = true;
	for (unsigned int i = 0; i < 3; i++)
		expect_heard(come(i), GREETING);
	expect_heard(come(3), GREETING);
	expect_end(&clients[0],
		   GREETING "421 4.3.2 too busy, try again later\r\n");
	assert_int_equal(status().sessions, 3);
	assert_int_equal(status().cut_short, 1);
}

/* It isn't read on while its replies can't be written, and none is lost. */
static void who_does_not_listen_has_to_wait(void **state)
{
	static const char line[] = "EHLO a\r\n";
	struct client *client = come(0);
	unsigned int said = DOORMAN_COMMANDS_MAX - 1, replies = 0;
	int small = 1;

	(void)state;
	setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	for (unsigned int i = 0; i < said; i++)
		say(client, line);
	for (unsigned int i = 0; i < 50; i++)
		turn();
	say(client, "QUIT\r\n");
	while (!client->ended) {
		turn();
		listen_to(client);
	}
	for (const char *at = client->heard;
	     (at = strstr(at, "250 ENHANCEDSTATUSCODES\r\n")); at++)
		replies++;
	assert_int_equal(replies, said);
	assert_non_null(strstr(client->heard, "221 2.0.0"));
}

/* stop() closes with them there. */
static void the_end_comes_with_sessions_open(void **state)
{
	(void)state;
	expect_heard(come(0), GREETING);
	expect_heard(come(1), GREETING);
	come(2);
	assert_int_equal(status().sessions, 2);
}

static void another_socket_takes_its_place(void **state)
{
	struct sockaddr_in before = address;
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	expect_heard(come(0), GREETING);
	address.sin_port = 0;
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	assert_int_equal(listen(fd, 16), 0);
	getsockname(fd, (struct sockaddr *)&address, &length);
	assert_int_equal(doorman_listen(doorman, FAMILY_IPV4, fd), 0);
	turn();
	expect_heard(come(1), GREETING);
	say(&clients[0], "NOOP\r\n");
	expect_heard(&clients[0], GREETING "250 2.0.0 ok\r\n");
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_not_equal(
		connect(fd, (struct sockaddr *)&before, sizeof(before)), 0);
	close(fd);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_sender_is_told_and_goes),
		CASE(who_was_not_deferred_is_hung_up_on),
		CASE(a_sender_that_just_goes_leaves_nothing),
		CASE(a_session_ends_in_time_whatever_is_said),
		CASE(a_network_has_its_share),
		CASE(the_oldest_leaves_when_it_is_full),
		CASE(who_does_not_listen_has_to_wait),
		CASE(the_end_comes_with_sessions_open),
		CASE(another_socket_takes_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
