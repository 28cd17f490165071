/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The probe over TLS, against a server of OpenSSL in a thread, with a
 * certificate that is made here and that nobody has signed.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sources/probe.h"

#define LONG_MS 20000

/* What the server does instead of what it should. */
enum fault {
	FAULT_NONE,
	FAULT_NOT_OFFERED,
	FAULT_REFUSED,	/* 454 */
	FAULT_GARBAGE,	/* in place of a handshake */
	FAULT_CLOSE,	/* ... */
	FAULT_SILENT,	/* ... */
	FAULT_INJECTED, /* plain text behind the 220 */
	FAULT_CUT,	/* hangs up at MAIL, within TLS */
};

struct server {
	SSL_CTX *context;
	enum fault fault;
	int listener;
	int fd;
	SSL *ssl;	 /* NULL: in plain text */
	char heard[512]; /* with "|" for the ends of lines, "*" for TLS */
};

static void make_certificate(SSL_CTX *context)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	X509 *certificate = X509_new();

	assert_non_null(key);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	/* Expired: a probe doesn't mind. */
	X509_gmtime_adj(X509_getm_notBefore(certificate), -7200);
	X509_gmtime_adj(X509_getm_notAfter(certificate), -3600);
	X509_set_pubkey(certificate, key);
	assert_int_not_equal(X509_sign(certificate, key, EVP_sha256()), 0);
	assert_int_equal(SSL_CTX_use_certificate(context, certificate), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static void say(struct server *server, const char *text)
{
	size_t length = strlen(text);

	if (server->ssl)
		SSL_write(server->ssl, text, (int)length);
	else
		send(server->fd, text, length, MSG_NOSIGNAL);
}

/* Octet by octet, so that nothing of the handshake is taken. */
static bool hear(struct server *server, char *line, size_t size)
{
	size_t used = 0;
	char c;

	while (used + 1 < size) {
		if (server->ssl ? SSL_read(server->ssl, &c, 1) != 1
				: recv(server->fd, &c, 1, 0) != 1)
			return false;
		if (c == '\n')
			break;
		if (c != '\r')
			line[used++] = c;
	}
	line[used] = '\0';
	snprintf(server->heard + strlen(server->heard),
		 sizeof(server->heard) - strlen(server->heard), "%s%s|",
		 server->ssl ? "*" : "", line);
	return true;
}

/* Returns false to hang up. */
static bool on_starttls(struct server *server)
{
	char c;

	if (server->fault == FAULT_REFUSED) {
		say(server, "454 4.7.0 TLS not available\r\n");
		return true;
	}
	say(server, server->fault == FAULT_INJECTED
			    ? "220 go\r\n250 2.0.0 injected\r\n"
			    : "220 go\r\n");
	if (server->fault == FAULT_GARBAGE)
		say(server, "this is no record of TLS at all\r\n");
	if (server->fault == FAULT_CLOSE)
		return false;
	if (server->fault != FAULT_NONE && server->fault != FAULT_CUT) {
		while (recv(server->fd, &c, 1, 0) == 1)
			;
		return false;
	}
	server->ssl = SSL_new(server->context);
	SSL_set_fd(server->ssl, server->fd);
	return SSL_accept(server->ssl) == 1;
}

static bool answer(struct server *server, const char *line)
{
	if (strcmp(line, "STARTTLS") == 0)
		return on_starttls(server);
	if (server->fault == FAULT_CUT && strncmp(line, "MAIL", 4) == 0)
		return false;
	if (strncmp(line, "EHLO", 4) == 0 && !server->ssl &&
	    server->fault != FAULT_NOT_OFFERED)
		say(server, "250-mx\r\n250 STARTTLS\r\n");
	else if (strcmp(line, "QUIT") == 0)
		say(server, "221 2.0.0 bye\r\n");
	else
		say(server, "250 2.0.0 ok\r\n");
	return strcmp(line, "QUIT") != 0;
}

static void *serve(void *context)
{
	struct server *server = context;
	char line[256];

	server->fd = accept(server->listener, NULL, NULL);
	say(server, "220 mx ESMTP\r\n");
	while (hear(server, line, sizeof(line)) && answer(server, line))
		;
	SSL_free(server->ssl);
	close(server->fd);
	return NULL;
}

static uint16_t listen_here(struct server *server)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(in);

	server->listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(server->listener >= 0);
	assert_int_equal(bind(server->listener, (struct sockaddr *)&in, length),
			 0);
	assert_int_equal(listen(server->listener, 1), 0);
	getsockname(server->listener, (struct sockaddr *)&in, &length);
	return ntohs(in.sin_port);
}

static void on_done(void *context, const struct probe_result *result)
{
	*(struct probe_result *)context = *result;
}

#define PLAIN "EHLO a.example|"
#define TLS   PLAIN "STARTTLS|"
#define REST  "MAIL FROM:<>|RCPT TO:<postmaster>|RSET|QUIT|"
#define REST_TLS                                                               \
	"*EHLO a.example|*MAIL FROM:<>|*RCPT TO:<postmaster>|*RSET|*QUIT|"

static const struct {
	const char *name;
	enum starttls level;
	enum fault fault;
	uint64_t timeout_ms; /* 0: LONG_MS */
	int version;	     /* of TLS, at most; 0: any */
	enum probe_reason reason;
	const char *heard;
} cases[] = {
	{"none stays in plain text", STARTTLS_NONE, FAULT_NONE, 0, 0,
	 PROBE_GOOD, PLAIN REST},
	{"may goes on over TLS", STARTTLS_MAY, FAULT_NONE, 0, 0, PROBE_GOOD,
	 TLS REST_TLS},
	{"encrypt goes on over TLS", STARTTLS_ENCRYPT, FAULT_NONE, 0, 0,
	 PROBE_GOOD, TLS REST_TLS},
	{"TLS 1.2 will do", STARTTLS_ENCRYPT, FAULT_NONE, 0, TLS1_2_VERSION,
	 PROBE_GOOD, TLS REST_TLS},
	{"may does without", STARTTLS_MAY, FAULT_NOT_OFFERED, 0, 0, PROBE_GOOD,
	 PLAIN REST},
	{"may takes a no", STARTTLS_MAY, FAULT_REFUSED, 0, 0, PROBE_GOOD,
	 TLS REST},
	{"encrypt insists", STARTTLS_ENCRYPT, FAULT_NOT_OFFERED, 0, 0,
	 PROBE_TLS, PLAIN "QUIT|"},
	{"encrypt takes no no", STARTTLS_ENCRYPT, FAULT_REFUSED, 0, 0,
	 PROBE_TLS, TLS "QUIT|"},
	{"garbage is no handshake", STARTTLS_MAY, FAULT_GARBAGE, 0, 0,
	 PROBE_TLS, TLS},
	{"an end is no handshake", STARTTLS_MAY, FAULT_CLOSE, 0, 0, PROBE_TLS,
	 TLS},
	{"text before the handshake is not taken", STARTTLS_MAY, FAULT_INJECTED,
	 0, 0, PROBE_TLS, TLS},
	{"silence in the handshake ends", STARTTLS_MAY, FAULT_SILENT, 300, 0,
	 PROBE_TIMEOUT, TLS},
	{"an end within TLS is an end", STARTTLS_MAY, FAULT_CUT, 0, 0,
	 PROBE_CLOSED, TLS "*EHLO a.example|*MAIL FROM:<>|"},
};

static void probe_case(SSL_CTX *context, size_t i)
{
	struct probe_result result = {.reason = PROBE_REASONS};
	struct probe_target target = {
		.helo = "a.example",
		.recipient = "postmaster",
		.connect_ms = LONG_MS,
		.greeting_ms = LONG_MS,
		.timeout_ms =
			cases[i].timeout_ms ? cases[i].timeout_ms : LONG_MS,
		.starttls = cases[i].level,
	};
	struct server server = {.context = context, .fault = cases[i].fault};
	struct probe *probe;
	pthread_t thread;
	uv_loop_t loop;

	print_message("%s\n", cases[i].name);
	SSL_CTX_set_max_proto_version(context, cases[i].version);
	target.port = listen_here(&server);
	assert_int_equal(addr_parse("127.0.0.1", &target.addr), 0);
	assert_int_equal(pthread_create(&thread, NULL, serve, &server), 0);
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(probe_start(&loop, &target, on_done, &result, &probe),
			 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	pthread_join(thread, NULL);
	close(server.listener);
	print_message("  %s: %s\n", probe_reason_name(result.reason),
		      result.reply);
	assert_int_equal(result.reason, cases[i].reason);
	assert_string_equal(server.heard, cases[i].heard);
}

static void starttls_is_spoken_as_configured(void **state)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	(void)state;
	assert_non_null(context);
	make_certificate(context);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		probe_case(context, i);
	SSL_CTX_free(context);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starttls_is_spoken_as_configured),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
