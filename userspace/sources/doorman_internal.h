/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What doorman.c, which takes connections, and doorman_session.c, which goes
 * on with each, share.  Nobody else includes it.
 */
#ifndef POSTERN_SOURCES_DOORMAN_INTERNAL_H
#define POSTERN_SOURCES_DOORMAN_INTERNAL_H

#include "core/log_budget.h"
#include "sources/doorman.h"
#include "sources/doorman_seats.h"
#include "sources/doorman_tls.h"

#define DOORMAN_INPUT_MAX 1024 /* octets read at a time */

struct listener;
struct session;

struct doorman {
	uv_loop_t *loop;
	doorman_meet *meet;
	void *context;
	char host[DOORMAN_NAME_MAX];
	char name[DOORMAN_NAME_MAX];	     /* ""; that of `host` */
	const struct tls_identity *identity; /* NULL: no TLS */
	uint64_t second;		     /* of the handshakes */
	unsigned int handshakes;	     /* that have begun in it */
	uint64_t timeout_ms;
	struct listener *listeners[FAMILY_MAX]; /* NULL: none */
	struct doorman_seats *seats;
	struct session *sessions; /* that are not closing */
	struct doorman_status status;
	struct doorman_status reported; /* as of the last line of the log */
	uv_timer_t report;
	struct log_budget lines; /* for single sessions */
	size_t handles;		 /* that keep it */
	bool closing;
};

struct session {
	uv_tcp_t tcp;
	uv_timer_t timer;
	uv_write_t write;
	struct doorman *doorman;
	struct session *next, *before;
	int seat; /* negative: none */
	uint64_t ends_ms;
	uint64_t since_ms; /* when it was seated; 0: it was not */
	struct addr source;
	const char *reason;
	char id[LOG_ID_TEXT];
	bool writing;
	bool closing;
	unsigned int handles;
	struct doorman_smtp smtp;
	struct doorman_tls *tls; /* NULL: in plain text */
	char input[DOORMAN_INPUT_MAX];
	size_t input_at; /* what was taken of it */
	size_t input_used;
};

/* One handle that keeps the doorman is closed. */
void doorman_release(struct doorman *doorman);

/* Without a connection yet, nor a seat.  NULL: no memory. */
struct session *session_create(struct doorman *doorman);

/* Greets, and goes on by itself. */
void session_begin(struct session *session, const char *refusal);

/* Frees itself once the loop has closed its handles. */
void session_close(struct session *session);

/* ... with a "421 " and these, as far as they go: nobody waits for it. */
void session_close_with_words(struct session *session, const char *words);

#endif
