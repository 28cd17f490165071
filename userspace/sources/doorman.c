/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The doorman's connections. */

#include "sources/doorman.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "sources/doorman_seats.h"

#define BACKLOG	   128
#define COMMAND_MS 30000 /* until the next command */
#define REPORT_MS  60000
#define INPUT_MAX  1024 /* octets read at a time */

struct doorman {
	uv_loop_t *loop;
	doorman_meet *meet;
	void *context;
	char name[DOORMAN_NAME_MAX];
	uint64_t timeout_ms;
	struct listener *listeners[FAMILY_MAX]; /* NULL: none */
	struct doorman_seats *seats;
	struct session *sessions; /* that are not closing */
	struct doorman_status status;
	struct doorman_status reported; /* as of the last line of the log */
	uv_timer_t report;
	size_t handles; /* that keep it */
	bool closing;
};

struct listener {
	uv_tcp_t tcp;
	struct doorman *doorman;
};

struct session {
	uv_tcp_t tcp;
	uv_timer_t timer;
	uv_write_t write;
	struct doorman *doorman;
	struct session *next, *before;
	int seat; /* negative: none */
	uint64_t ends_ms;
	bool writing;
	bool closing;
	unsigned int handles;
	struct doorman_smtp smtp;
	char input[INPUT_MAX];
	size_t input_at; /* what was taken of it */
	size_t input_used;
};

static void release(struct doorman *doorman)
{
	if (--doorman->handles)
		return;
	doorman_seats_free(doorman->seats);
	free(doorman);
}

/* ---- a session ---- */

static void on_session_closed(uv_handle_t *handle)
{
	struct session *session = handle->data;
	struct doorman *doorman = session->doorman;

	if (--session->handles)
		return;
	free(session);
	release(doorman);
}

static void close_session(struct session *session)
{
	struct doorman *doorman = session->doorman;

	if (session->closing)
		return;
	session->closing = true;
	if (session->seat >= 0)
		doorman_seats_give_back(doorman->seats, session->seat);
	if (session->before)
		session->before->next = session->next;
	else
		doorman->sessions = session->next;
	if (session->next)
		session->next->before = session->before;
	uv_close((uv_handle_t *)&session->tcp, on_session_closed);
	uv_close((uv_handle_t *)&session->timer, on_session_closed);
}

/* As far as it goes: nobody waits for it. */
static void close_with_words(struct session *session, const char *words)
{
	uv_buf_t buf;

	/* What is being written is not ours to change. */
	if (!session->writing) {
		session->smtp.out_used = 0;
		doorman_smtp_end(&session->smtp, words);
		buf = uv_buf_init(session->smtp.out,
				  (unsigned int)session->smtp.out_used);
		uv_try_write((uv_stream_t *)&session->tcp, &buf, 1);
	}
	close_session(session);
}

static void on_timer(uv_timer_t *timer)
{
	close_with_words(timer->data, "4.4.2 that took too long");
}

/* The next command, or the end of it all, whichever is sooner. */
static void wait_for_command(struct session *session)
{
	uint64_t now_ms = uv_now(session->doorman->loop);
	uint64_t left_ms =
		session->ends_ms > now_ms ? session->ends_ms - now_ms : 0;

	uv_timer_start(&session->timer, on_timer,
		       left_ms < COMMAND_MS ? left_ms : COMMAND_MS, 0);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct session *session = handle->data;

	(void)suggested;
	*buf = uv_buf_init(session->input, sizeof(session->input));
}

static void go_on(struct session *session);

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buf)
{
	struct session *session = stream->data;

	(void)buf;
	if (size < 0) {
		close_session(session);
	} else if (size > 0) {
		session->input_at = 0;
		session->input_used = (size_t)size;
		go_on(session);
	}
}

static void on_written(uv_write_t *write, int status)
{
	struct session *session = write->data;

	session->writing = false;
	session->smtp.out_used = 0;
	if (session->closing)
		return;
	if (status < 0 || session->smtp.ended)
		close_session(session);
	else
		go_on(session);
}

static void write_replies(struct session *session)
{
	uv_buf_t buf = uv_buf_init(session->smtp.out,
				   (unsigned int)session->smtp.out_used);

	uv_read_stop((uv_stream_t *)&session->tcp);
	session->write.data = session;
	session->writing = true;
	if (uv_write(&session->write, (uv_stream_t *)&session->tcp, &buf, 1,
		     on_written)) {
		session->writing = false;
		close_session(session);
	}
}

static void read_on(struct session *session)
{
	int error =
		uv_read_start((uv_stream_t *)&session->tcp, on_alloc, on_read);

	if (error && error != UV_EALREADY)
		close_session(session);
}

static void count_told(struct session *session, bool before)
{
	if (session->smtp.told && !before)
		session->doorman->status.told++;
}

/* Answers what has been read; reads on once all of it is answered. */
static void go_on(struct session *session)
{
	bool told = session->smtp.told;
	size_t left = session->input_used - session->input_at;
	unsigned int commands = session->smtp.commands;

	session->input_at += doorman_smtp_take(
		&session->smtp, session->input + session->input_at, left);
	count_told(session, told);
	/* Octets alone are no command, or a slow one might last for ever. */
	if (session->smtp.commands != commands)
		wait_for_command(session);
	if (session->smtp.out_used)
		write_replies(session);
	else
		read_on(session);
}

/* ---- connections ---- */

/* Of either family: it stands at the same place. */
static uint16_t port_of(const struct sockaddr_storage *storage)
{
	struct sockaddr_in in;

	memcpy(&in, storage, sizeof(in));
	return ntohs(in.sin_port);
}

static int guest_of(struct session *session, struct doorman_guest *out)
{
	struct sockaddr_storage peer = {0}, here = {0};
	struct sockaddr *from = (struct sockaddr *)&peer;
	struct sockaddr *to = (struct sockaddr *)&here;
	int length = sizeof(peer);
	int error;

	error = uv_tcp_getpeername(&session->tcp, from, &length);
	if (error)
		return error;
	length = sizeof(here);
	error = uv_tcp_getsockname(&session->tcp, to, &length);
	if (error)
		return error;
	out->client_port = port_of(&peer);
	out->port = port_of(&here);
	error = addr_from_sockaddr(from, &out->source);
	return error ? error : addr_from_sockaddr(to, &out->destination);
}

static void seat(struct session *session, const struct doorman_welcome *welcome)
{
	struct doorman *doorman = session->doorman;
	struct session *loser;

	loser = doorman_seats_take(doorman->seats, &welcome->network,
				   welcome->clean, session, &session->seat);
	if (loser) {
		loser->seat = -1;
		doorman->status.cut_short++;
		close_with_words(loser, "4.3.2 too busy, try again later");
	}
	if (session->seat < 0) {
		doorman->status.turned_away++;
		close_with_words(session,
				 "4.7.0 too many connections from your "
				 "network");
		return;
	}
	doorman->status.taken++;
	doorman_smtp_begin(&session->smtp, doorman->name, welcome->refusal);
	wait_for_command(session);
	write_replies(session);
}

static void receive(struct session *session)
{
	struct doorman *doorman = session->doorman;
	struct doorman_welcome welcome = {0};
	struct doorman_guest guest;

	if (guest_of(session, &guest) ||
	    !doorman->meet(doorman->context, &guest, &welcome))
		close_session(session);
	else
		seat(session, &welcome);
}

static struct session *new_session(struct doorman *doorman)
{
	struct session *session = calloc(1, sizeof(*session));

	if (!session)
		return NULL;
	session->doorman = doorman;
	session->seat = -1;
	session->handles = 2;
	session->ends_ms = uv_now(doorman->loop) + doorman->timeout_ms;
	session->next = doorman->sessions;
	if (session->next)
		session->next->before = session;
	doorman->sessions = session;
	doorman->handles++;
	uv_tcp_init(doorman->loop, &session->tcp);
	uv_timer_init(doorman->loop, &session->timer);
	session->tcp.data = session;
	session->timer.data = session;
	return session;
}

static void on_listener_closed(uv_handle_t *handle)
{
	struct listener *listener = handle->data;
	struct doorman *doorman = listener->doorman;

	free(listener);
	release(doorman);
}

static void close_listener(struct doorman *doorman, enum family family)
{
	if (doorman->listeners[family])
		uv_close((uv_handle_t *)&doorman->listeners[family]->tcp,
			 on_listener_closed);
	doorman->listeners[family] = NULL;
}

static void on_connection(uv_stream_t *stream, int status)
{
	struct listener *listener = stream->data;
	struct doorman *doorman = listener->doorman;
	struct session *session;

	if (status < 0)
		return;
	session = new_session(doorman);
	if (!session) {
		/* Without a socket of ours the MTA gets them. */
		log_error("the doorman has no memory and goes");
		for (enum family family = 0; family < FAMILY_MAX; family++)
			close_listener(doorman, family);
	} else if (uv_accept(stream, (uv_stream_t *)&session->tcp)) {
		close_session(session);
	} else {
		receive(session);
	}
}

int doorman_listen(struct doorman *doorman, enum family family, int fd)
{
	struct listener *listener = calloc(1, sizeof(*listener));
	int error;

	if (!listener) {
		close(fd);
		return -ENOMEM;
	}
	close_listener(doorman, family);
	listener->doorman = doorman;
	uv_tcp_init(doorman->loop, &listener->tcp);
	listener->tcp.data = listener;
	doorman->listeners[family] = listener;
	doorman->handles++;
	error = uv_tcp_open(&listener->tcp, fd);
	if (error)
		close(fd);
	if (!error)
		error = uv_listen((uv_stream_t *)&listener->tcp, BACKLOG,
				  on_connection);
	if (error)
		close_listener(doorman, family);
	return error;
}

/* ---- the whole ---- */

static void on_report(uv_timer_t *timer)
{
	struct doorman *doorman = timer->data;
	struct doorman_status *now = &doorman->status;
	struct doorman_status *before = &doorman->reported;
	uint64_t taken = now->taken - before->taken;
	uint64_t refused = now->turned_away - before->turned_away +
			   now->cut_short - before->cut_short;

	if (taken || refused)
		log_info("the doorman has taken %" PRIu64 " connections within "
			 "a minute: told=%" PRIu64 " no-room=%" PRIu64,
			 taken, now->told - before->told, refused);
	*before = *now;
}

int doorman_create(uv_loop_t *loop, doorman_meet *meet, void *context,
		   struct doorman **out)
{
	struct doorman *doorman = calloc(1, sizeof(*doorman));

	if (!doorman || doorman_seats_create(&doorman->seats)) {
		free(doorman);
		return -ENOMEM;
	}
	doorman->loop = loop;
	doorman->meet = meet;
	doorman->context = context;
	doorman->handles = 1;
	uv_timer_init(loop, &doorman->report);
	doorman->report.data = doorman;
	uv_timer_start(&doorman->report, on_report, REPORT_MS, REPORT_MS);
	*out = doorman;
	return 0;
}

void doorman_configure(struct doorman *doorman,
		       const struct config_doorman *config)
{
	if (config->name)
		snprintf(doorman->name, sizeof(doorman->name), "%s",
			 config->name);
	else if (gethostname(doorman->name, sizeof(doorman->name) - 1) ||
		 !doorman->name[0])
		snprintf(doorman->name, sizeof(doorman->name), "localhost");
	doorman->timeout_ms = config->timeout_ms;
	doorman_seats_limit(doorman->seats, config->connections,
			    config->per_network);
}

void doorman_status(const struct doorman *doorman, struct doorman_status *out)
{
	*out = doorman->status;
	out->sessions = doorman_seats_count(doorman->seats);
}

static void on_report_closed(uv_handle_t *handle)
{
	release(handle->data);
}

void doorman_close(struct doorman *doorman)
{
	if (doorman->closing)
		return;
	doorman->closing = true;
	for (enum family family = 0; family < FAMILY_MAX; family++)
		close_listener(doorman, family);
	while (doorman->sessions)
		close_with_words(doorman->sessions,
				 "4.3.2 closing, try again later");
	uv_close((uv_handle_t *)&doorman->report, on_report_closed);
}
