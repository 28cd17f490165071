/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What server.c and stream.c share; nobody else includes it. */
#ifndef POSTERN_CONTROL_SERVER_INTERNAL_H
#define POSTERN_CONTROL_SERVER_INTERNAL_H

#include "control/server.h"

struct control_request {
	struct control_server *server;
	struct client *client; /* NULL: nobody waits for it any more */
};

struct client {
	uv_pipe_t pipe;
	uv_timer_t timer;
	uv_write_t write;
	struct control_server *server;
	struct control_request *request; /* under way, or NULL */
	struct control_stream *stream;	 /* what it has asked for is one */
	char *reply;			 /* being written, or NULL */
	struct peer peer;
	uint64_t active_ms; /* when it last finished or began something */
	unsigned int handles;
	bool closing;
	bool ended;	 /* it sends nothing more */
	bool last_reply; /* hang up after it */
	size_t used;
	size_t scanned; /* octets of `line` known to hold no newline */
	char line[CONTROL_REQUEST_MAX];
};

struct control_server {
	uv_loop_t *loop;
	const struct control_options *options;
	uint64_t timeout_ms;
	struct listener *listener;
	bool closing;
	size_t request_count;
	struct client *clients[CONTROL_CLIENTS_MAX];
	size_t client_count; /* with those whose handles are still closing */
};

/* Begins to let it go; once its handles are closed, its stream ends. */
void client_close(struct client *client);

/* Each step of a dialogue gets its time afresh, mere octets of it don't. */
void client_touch(struct client *client);

/* The request is over, without a word to its client. */
void request_release(struct control_request *request);

/* stream.c: the client is gone: tells the owner, and frees the stream. */
void stream_end(struct control_stream *stream);

#endif
