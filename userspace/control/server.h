/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket's server: takes connections from a listening unix socket
 * that its owner (the worker) was given, reads a request a line, calls the
 * handler of the owner's table and writes one reply for each, in order.
 *
 * Who can open the socket may ask for what only reads; commands that change
 * something are for root and the members of one group.
 *
 * Some answers are streams, see control_stream_begin().
 *
 * Everything is bounded: clients, length of a line, requests under way, time
 * to send a request, to answer it and to take the reply.  While a request of
 * a client is under way nothing more is read from it.  A client too many
 * takes the place of the one that was quiet the longest among those of the
 * user with the most connections, so that nobody can lock others out.
 *
 * Handlers run from the event loop only, never from a call to this module.
 * A process with a server ignores SIGPIPE: control_server_create() sees to it.
 */
#ifndef POSTERN_CONTROL_SERVER_H
#define POSTERN_CONTROL_SERVER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "control/peer.h"
#include "control/protocol.h"

#define CONTROL_CLIENTS_MAX  32
#define CONTROL_REQUESTS_MAX 64 /* with those whose client is gone */
#define CONTROL_TIMEOUT_MS   30000

struct control_server;

/*
 * A question that waits for its answer.  It stays valid until control_reply()
 * or control_fail(), whatever becomes of its client or of the server; the
 * owner calls one of them, once, for each.
 */
struct control_request;

/*
 * `args` is an object, valid until the handler returns.  The answer may be
 * given at once or later.  The handler may close the server.
 */
typedef void control_handler(void *context, const json_t *args,
			     struct control_request *request);

/* What it takes to use a command, and what the log has of it. */
enum control_right {
	CONTROL_READ,	/* for whoever may connect; not logged */
	CONTROL_CHANGE, /* for root and the admin group alone; logged */
	CONTROL_SUPPLY, /* the same, by programs all the time: for debugging */
};

struct control_command {
	const char *name;
	enum control_right right;
	control_handler *handler;
};

struct control_options {
	const struct control_command *commands;
	size_t command_count;
	void *context;		      /* for the handlers */
	gid_t admin_group;	      /* PEER_NO_GROUP: root alone */
	const char *admin_group_name; /* for the message of a refusal */
	uint64_t timeout_ms;	      /* 0: CONTROL_TIMEOUT_MS */
};

/*
 * Serves the listening socket `fd`.  What `options` points to must outlive
 * the server.  Returns 0 and *out, and the descriptor belongs to the server;
 * or a negative errno with *out and the descriptor untouched.
 */
int control_server_create(uv_loop_t *loop, int fd,
			  const struct control_options *options,
			  struct control_server **out);

/*
 * Answers.  Takes the reference to `result`, an object; NULL, or an object
 * that makes too long a line, tells the client that there was no memory or
 * room for its answer.  So json_pack() may be passed unchecked.
 */
void control_reply(struct control_request *request, json_t *result);

/*
 * Instead of one answer, any number of lines, until the client hangs up, says
 * another word, or takes nothing for as long as it may take a reply.  Then, or
 * when the server is closed, `ended` is called from the loop, once, and the
 * stream is gone.  Ends the request.  Returns NULL where it can't begin, which
 * the client has been told of; `ended` is not called then.
 */
struct control_stream;
typedef void control_stream_ended(void *context);
struct control_stream *control_stream_begin(struct control_request *request,
					    control_stream_ended *ended,
					    void *context);

/*
 * Sends a line (control_format_result()), which is copied.  Never waits: false
 * where the client is so slow that CONTROL_STREAM_ROOM octets are waiting for
 * it already, and the line is left out.
 */
#define CONTROL_STREAM_ROOM 65536
bool control_stream_send(struct control_stream *stream, const char *line);

/* Who asks; valid in its handler. */
uid_t control_request_uid(const struct control_request *request);

/* Refuses, with one clear line. */
void control_fail(struct control_request *request, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Closes listener and connections.  Frees itself once the loop has run the
 * close callbacks and all requests have been answered.
 */
void control_server_close(struct control_server *server);

#endif
