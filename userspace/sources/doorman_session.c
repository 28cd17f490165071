/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One connection to the doorman: reads, answers, writes, in plain text or TLS.
 */

#include <stdlib.h>

#include "core/log.h"
#include "sources/doorman_internal.h"

#define COMMAND_MS 30000 /* until the next command */

/* In a second: each costs some milliseconds with a large key. */
#define HANDSHAKES_MAX 20

static void on_session_closed(uv_handle_t *handle)
{
	struct session *session = handle->data;
	struct doorman *doorman = session->doorman;

	if (--session->handles)
		return;
	doorman_tls_free(session->tls);
	free(session);
	doorman_release(doorman);
}

/* What is left out is in the line of the minute. */
static void log_session(const struct session *session)
{
	struct doorman *doorman = session->doorman;
	uint64_t now_ms = uv_now(doorman->loop);
	char text[ADDR_TEXT];
	const struct log_about about = {
		.source = addr_format(&session->source, text),
		.reason = session->reason,
		.id = session->id[0] ? session->id : NULL,
	};
	double seconds = (double)(now_ms - session->since_ms) / 1000;

	if (!session->since_ms || !log_budget_take(&doorman->lines, now_ms))
		return;
	if (session->smtp.told)
		log_about(LOG_LEVEL_INFO, &about,
			  "the doorman told %s: %s commands=%u seconds=%.1f",
			  text, session->smtp.refusal, session->smtp.commands,
			  seconds);
	else
		log_about(LOG_LEVEL_INFO, &about,
			  "%s left the doorman before it named a recipient "
			  "commands=%u seconds=%.1f",
			  text, session->smtp.commands, seconds);
}

void session_close(struct session *session)
{
	struct doorman *doorman = session->doorman;

	if (session->closing)
		return;
	session->closing = true;
	log_session(session);
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

/* What is to be sent next; its length is 0 when that is nothing. */
static uv_buf_t next_output(struct session *session)
{
	char *data = session->smtp.out;
	size_t size = session->smtp.out_used;

	/* What TLS can't seal now, before its handshake, is not said. */
	if (session->tls) {
		if (size)
			doorman_tls_seal(session->tls, &session->smtp);
		size = doorman_tls_give(session->tls, &data);
	}
	return uv_buf_init(data, (unsigned int)size);
}

static void send_last(struct session *session)
{
	uv_buf_t buf = next_output(session);

	if (buf.len)
		uv_try_write((uv_stream_t *)&session->tcp, &buf, 1);
}

void session_close_with_words(struct session *session, const char *words)
{
	/* What is being written is not ours to change. */
	if (!session->writing) {
		session->smtp.out_used = 0;
		doorman_smtp_end(&session->smtp, words);
		send_last(session);
	}
	session_close(session);
}

static void on_timer(uv_timer_t *timer)
{
	session_close_with_words(timer->data, "4.4.2 that took too long");
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
	if (size == 0)
		return;
	if (size < 0) {
		session_close(session);
	} else if (!session->tls) {
		session->input_at = 0;
		session->input_used = (size_t)size;
		go_on(session);
	} else if (doorman_tls_take(session->tls, session->input,
				    (size_t)size)) {
		session_close_with_words(session, "4.7.0 too much");
	} else {
		go_on(session);
	}
}

static void read_on(struct session *session)
{
	int error =
		uv_read_start((uv_stream_t *)&session->tcp, on_alloc, on_read);

	if (error && error != UV_EALREADY)
		session_close(session);
}

/* RFC 3207, 4.2: what came in plain text behind STARTTLS is not believed. */
static void start_tls(struct session *session)
{
	struct doorman *doorman = session->doorman;

	session->input_at = 0;
	session->input_used = 0;
	doorman_smtp_secure(&session->smtp);
	if (!doorman->identity ||
	    doorman_tls_start(doorman->identity, &session->tls))
		session_close(session);
	else
		read_on(session);
}

static bool write_output(struct session *session);

static void on_written(uv_write_t *write, int status)
{
	struct session *session = write->data;

	session->writing = false;
	session->smtp.out_used = 0;
	if (session->closing)
		return;
	if (status == 0 && session->smtp.starting)
		start_tls(session);
	else if (status == 0 && write_output(session))
		return;
	else if (status < 0 || session->smtp.ended)
		session_close(session);
	else
		go_on(session);
}

/* Returns false when there is nothing to write. */
static bool write_output(struct session *session)
{
	uv_buf_t buf = next_output(session);

	if (!buf.len)
		return false;
	uv_read_stop((uv_stream_t *)&session->tcp);
	session->write.data = session;
	session->writing = true;
	if (uv_write(&session->write, (uv_stream_t *)&session->tcp, &buf, 1,
		     on_written)) {
		session->writing = false;
		session_close(session);
	}
	return true;
}

static bool may_start_tls(struct doorman *doorman)
{
	uint64_t second = uv_now(doorman->loop) / 1000;

	if (second != doorman->second) {
		doorman->second = second;
		doorman->handshakes = 0;
	}
	return doorman->identity && doorman->handshakes < HANDSHAKES_MAX;
}

/* Takes what has been read, as long as there is room for replies. */
static void answer(struct session *session)
{
	struct doorman *doorman = session->doorman;
	struct doorman_smtp *smtp = &session->smtp;
	size_t left = session->input_used - session->input_at;
	unsigned int commands = smtp->commands;
	bool told = smtp->told;

	doorman_smtp_offer(smtp, may_start_tls(doorman));
	session->input_at += doorman_smtp_take(
		smtp, session->input + session->input_at, left);
	if (smtp->told && !told)
		doorman->status.told++;
	if (smtp->starting)
		doorman->handshakes++;
	/* Octets alone are no command, or a slow one might last for ever. */
	if (smtp->commands != commands)
		wait_for_command(session);
}

/* Returns 1 when there is more to answer now, 0, or a negative errno. */
static int unseal(struct session *session)
{
	struct doorman_status *status = &session->doorman->status;
	bool spoken;
	ssize_t size;

	if (!session->tls || session->input_at < session->input_used)
		return 0;
	spoken = doorman_tls_spoken(session->tls);
	size = doorman_tls_read(session->tls, session->input,
				sizeof(session->input));
	if (size > 0) {
		session->input_at = 0;
		session->input_used = (size_t)size;
		if (!spoken)
			status->tls++;
		return 1;
	}
	if (size < 0 && size != -EPIPE) {
		if (!spoken)
			status->tls_failed++;
		log_debug("a connection to the doorman ends for its TLS: %s",
			  doorman_tls_error(session->tls));
	}
	return (int)size;
}

/* Answers what has been read; reads on once all of it is answered. */
static void go_on(struct session *session)
{
	int more;

	do {
		answer(session);
		more = session->smtp.out_used ? 0 : unseal(session);
	} while (more > 0);
	if (more < 0) {
		send_last(session);
		session_close(session);
	} else if (!write_output(session)) {
		read_on(session);
	}
}

struct session *session_create(struct doorman *doorman)
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

void session_begin(struct session *session, const char *refusal)
{
	const struct doorman *doorman = session->doorman;

	doorman_smtp_begin(&session->smtp,
			   *doorman->name ? doorman->name : doorman->host,
			   refusal);
	wait_for_command(session);
	write_output(session);
}
