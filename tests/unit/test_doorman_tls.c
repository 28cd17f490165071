/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The doorman over TLS, with a client of OpenSSL in a thread: what is said
 * over it, what is not believed before it, and who comes to no harm.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "certificate.h"
#include "sources/doorman.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* Generous: only a test that fails waits so long. */
#define PATIENCE_MS 20000

#define NAME	 "mx2.example.net"
#define GREETING "220 " NAME " ESMTP\r\n"
#define REFUSAL	 "451 4.3.2 deliver there"
#define READY	 "220 2.0.0 ready to start TLS\r\n"
#define BYE	 "221 2.0.0 " NAME " bye\r\n"
#define MANY	 25

static struct certificate certificates[2];
static struct tls_identity *identities[2];
static uv_loop_t loop;
static uv_timer_t patience;
static struct doorman *doorman;
static struct sockaddr_in address;

struct client {
	/* What it does. */
	const char *said;    /* in plain text, after the greeting */
	const char *instead; /* of a handshake */
	const char *sealed;  /* said over TLS; NULL: just connects */
	int version;	     /* of TLS, at most; 0: any */
	/* What comes of it. */
	char plain[512];  /* heard in plain text */
	char heard[8192]; /* ... over TLS */
	bool shaken;	  /* the handshake was done */
	long serial;	  /* of the certificate */
	atomic_bool done;
};

static bool meet(void *context, const struct doorman_guest *guest,
		 struct doorman_welcome *out)
{
	(void)context;
	out->network = guest->source;
	strcpy(out->refusal, REFUSAL);
	return true;
}

static void on_patience(uv_timer_t *timer)
{
	(void)timer;
	fail_msg("that takes too long");
}

static void limit(uint64_t timeout_ms)
{
	const struct config_doorman config = {
		.connections = 2 * MANY,
		.per_network = 2 * MANY,
		.timeout_ms = timeout_ms,
	};

	doorman_configure(doorman, &config);
}

static int start(void **state)
{
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	address = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    getsockname(fd, (struct sockaddr *)&address, &length) ||
	    listen(fd, 2 * MANY))
		return -1;
	uv_loop_init(&loop);
	uv_timer_init(&loop, &patience);
	uv_timer_start(&patience, on_patience, PATIENCE_MS, 0);
	if (doorman_create(&loop, meet, NULL, &doorman))
		return -1;
	doorman_identify(doorman, NAME, identities[0]);
	limit(PATIENCE_MS);
	return doorman_listen(doorman, FAMILY_IPV4, fd);
}

static int stop(void **state)
{
	(void)state;
	doorman_close(doorman);
	uv_close((uv_handle_t *)&patience, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	return uv_loop_close(&loop);
}

static struct doorman_status status(void)
{
	struct doorman_status now;

	doorman_status(doorman, &now);
	return now;
}

static int come(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(
		connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* Up to an end of a line after `text`; false at the end. */
static bool hear(int fd, char *heard, size_t size, const char *text)
{
	size_t used = strlen(heard);

	while (used + 1 < size && !strstr(heard, text)) {
		if (recv(fd, heard + used, 1, 0) != 1)
			return false;
		heard[++used] = '\0';
	}
	while (used + 1 < size && heard[used - 1] != '\n' &&
	       recv(fd, heard + used, 1, 0) == 1)
		heard[++used] = '\0';
	return true;
}

static void speak_tls(struct client *client, int fd)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	size_t used = 0;
	SSL *ssl;
	int got;

	SSL_CTX_set_security_level(context, 0);
	SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(context, client->version);
	ssl = SSL_new(context);
	SSL_set_fd(ssl, fd);
	client->shaken = SSL_connect(ssl) == 1;
	if (client->shaken) {
		X509 *peer = SSL_get1_peer_certificate(ssl);

		client->serial = ASN1_INTEGER_get(X509_get_serialNumber(peer));
		X509_free(peer);
		SSL_write(ssl, client->sealed, (int)strlen(client->sealed));
		while ((got = SSL_read(
				ssl, client->heard + used,
				(int)(sizeof(client->heard) - 1 - used))) > 0)
			used += (size_t)got;
	}
	SSL_free(ssl);
	SSL_CTX_free(context);
}

static void *converse(void *argument)
{
	struct client *client = argument;
	int fd = come();

	if (hear(fd, client->plain, sizeof(client->plain), GREETING)) {
		*client->plain = '\0';
		say(fd, client->said);
		if (hear(fd, client->plain, sizeof(client->plain), READY) &&
		    client->sealed)
			speak_tls(client, fd);
		if (client->instead)
			say(fd, client->instead);
		while (!client->sealed &&
		       hear(fd, client->plain, sizeof(client->plain), "\377"))
			;
	}
	close(fd);
	client->done = true;
	return NULL;
}

static void begin(struct client *client, pthread_t *thread)
{
	assert_int_equal(pthread_create(thread, NULL, converse, client), 0);
}

static void finish(struct client *client, pthread_t thread)
{
	while (!client->done) {
		uv_run(&loop, UV_RUN_NOWAIT);
		usleep(500);
	}
	pthread_join(thread, NULL);
	while (status().sessions) {
		uv_run(&loop, UV_RUN_NOWAIT);
		usleep(500);
	}
}

static void run(struct client *client)
{
	pthread_t thread;

	begin(client, &thread);
	finish(client, thread);
}

static void a_sender_is_told_over_tls(void **state)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

	(void)state;
	for (size_t i = 0; i < COUNT(versions); i++) {
		struct client client = {
			.said = "STARTTLS\r\n",
			.sealed = "MAIL FROM:<>\r\nRCPT TO:<a>\r\nQUIT\r\n",
			.version = versions[i],
		};

		run(&client);
		assert_true(client.shaken);
		assert_string_equal(client.plain, READY);
		assert_string_equal(client.heard,
				    "250 2.1.0 ok\r\n" REFUSAL "\r\n" BYE);
		assert_int_equal(status().told, i + 1);
		assert_int_equal(status().tls, i + 1);
		assert_int_equal(status().tls_failed, 0);
	}
}

/* More than one record and one write of it. */
static void long_replies_come_whole(void **state)
{
	static char said[DOORMAN_COMMANDS_MAX * 10], expected[8192];
	struct client client = {.said = "STARTTLS\r\n", .sealed = said};

	(void)state;
	for (unsigned int i = 0; i < DOORMAN_COMMANDS_MAX - 2; i++) {
		strcat(said, "NOOP\r\n");
		strcat(expected, "250 2.0.0 ok\r\n");
	}
	strcat(said, "QUIT\r\n");
	strcat(expected, BYE);
	run(&client);
	assert_string_equal(client.heard, expected);
}

static void plain_text_behind_starttls_is_not_believed(void **state)
{
	struct client client = {
		.said = "STARTTLS\r\nMAIL FROM:<>\r\nNOOP\r\n",
		.sealed = "RCPT TO:<a>\r\nQUIT\r\n",
	};

	(void)state;
	run(&client);
	assert_true(client.shaken);
	assert_string_equal(client.plain, READY);
	assert_string_equal(client.heard,
			    "503 5.5.1 expected MAIL first\r\n" BYE);
}

static void an_old_version_is_refused(void **state)
{
	struct client client = {.said = "STARTTLS\r\n",
				.sealed = "QUIT\r\n",
				.version = TLS1_1_VERSION};

	(void)state;
	run(&client);
	assert_false(client.shaken);
	assert_int_equal(status().tls_failed, 1);
}

static void a_broken_handshake_harms_nobody_else(void **state)
{
	struct client client = {
		.said = "STARTTLS\r\n",
		.instead = "NOOP\r\nthis is no record of TLS at all\r\n",
	};
	char heard[512] = "";
	int fd = come();

	(void)state;
	while (status().sessions < 1)
		uv_run(&loop, UV_RUN_NOWAIT);
	/* Not run(): one session stays. */
	{
		pthread_t thread;

		begin(&client, &thread);
		while (!client.done) {
			uv_run(&loop, UV_RUN_NOWAIT);
			usleep(500);
		}
		pthread_join(thread, NULL);
	}
	assert_null(strstr(client.plain, "250"));
	assert_int_equal(status().tls_failed, 1);
	say(fd, "NOOP\r\nQUIT\r\n");
	while (status().sessions)
		uv_run(&loop, UV_RUN_NOWAIT);
	while (hear(fd, heard, sizeof(heard), "\377"))
		;
	assert_string_equal(heard, GREETING "250 2.0.0 ok\r\n" BYE);
	close(fd);
}

static void silence_in_the_handshake_ends(void **state)
{
	struct client client = {.said = "STARTTLS\r\n"};

	(void)state;
	limit(300);
	run(&client);
	/* No words in plain text either. */
	assert_string_equal(client.plain, READY);
}

static void a_new_certificate_is_for_those_who_come(void **state)
{
	struct client client = {.said = "EHLO a\r\nSTARTTLS\r\n",
				.sealed = "EHLO a\r\nQUIT\r\n"};

	(void)state;
	run(&client);
	assert_int_equal(client.serial, 1);
	assert_non_null(strstr(client.plain, "250-STARTTLS\r\n"));
	assert_null(strstr(client.heard, "STARTTLS"));
	doorman_identify(doorman, NAME, identities[1]);
	client = (struct client){.said = "STARTTLS\r\n", .sealed = "QUIT\r\n"};
	run(&client);
	assert_int_equal(client.serial, 2);
	assert_true(status().starttls);
	doorman_identify(doorman, NULL, NULL);
	assert_false(status().starttls);
}

/* The second may be over meanwhile, so more than once. */
static void handshakes_are_bounded(void **state)
{
	unsigned int refused = 0;

	(void)state;
	for (unsigned int turn = 0; turn < 20 && !refused; turn++) {
		int fds[MANY];

		for (size_t i = 0; i < MANY; i++) {
			fds[i] = come();
			say(fds[i], "EHLO a\r\nSTARTTLS\r\n");
		}
		for (unsigned int i = 0; i < 50; i++)
			uv_run(&loop, UV_RUN_NOWAIT);
		for (size_t i = 0; i < MANY; i++) {
			char heard[1024];
			ssize_t got = recv(fds[i], heard, sizeof(heard) - 1,
					   MSG_DONTWAIT);

			heard[got > 0 ? got : 0] = '\0';
			refused += strstr(heard, "502 5.5.1 not done") != NULL;
			close(fds[i]);
		}
		while (status().sessions)
			uv_run(&loop, UV_RUN_NOWAIT);
	}
	assert_int_not_equal(refused, 0);
}

static int make_identities(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < COUNT(certificates); i++) {
		struct certificate *certificate = &certificates[i];
		char pem[2 * PEM_ROOM];
		const char *why;

		certificate_make(i ? KEY_ECDSA : KEY_RSA, (long)i + 1,
				 certificate);
		snprintf(pem, sizeof(pem), "%s%s", certificate->key_pem,
			 certificate->pem);
		if (tls_identity_load(pem, strlen(pem), &identities[i], &why))
			return -1;
	}
	return 0;
}

static int free_identities(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(certificates); i++) {
		tls_identity_free(identities[i]);
		certificate_free(&certificates[i]);
	}
	return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_sender_is_told_over_tls),
		CASE(long_replies_come_whole),
		CASE(plain_text_behind_starttls_is_not_believed),
		CASE(an_old_version_is_refused),
		CASE(a_broken_handshake_harms_nobody_else),
		CASE(silence_in_the_handshake_ends),
		CASE(a_new_certificate_is_for_those_who_come),
		CASE(handshakes_are_bounded),
	};

	return cmocka_run_group_tests(tests, make_identities, free_identities);
}
