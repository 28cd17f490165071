/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A probe's connection and its time limits.
 *
 * One timer serves all limits: each phase has one deadline.  Commands are few
 * and short, so they always fit into the socket's empty buffer; a write that
 * fails is left to the read side, which first delivers what the primary said.
 */

#include "sources/probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sources/tls.h"

/* How long the answer to QUIT (and RSET) is waited for. */
#define FAREWELL_MS 2000

/* A timer later than that means that we slept, not the primary. */
#define OVERSLEPT_MS 1000

enum phase {
	PHASE_CONNECT,
	PHASE_TALK,
	PHASE_HANDSHAKE, /* of TLS */
	PHASE_FAREWELL,	 /* decided; RSET and QUIT are left to say */
	PHASE_CLOSING,
};

struct probe {
	uv_tcp_t tcp;
	uv_timer_t timer;
	uv_connect_t request;
	unsigned int handles; /* not closed yet */
	probe_done *done;     /* NULL: cancelled */
	probe_heard *heard;   /* NULL: nobody listens */
	void *context;
	const char *const *more; /* recipients to come, or NULL */
	enum phase phase;
	enum dialogue_step step;
	enum starttls starttls;
	struct tls *tls; /* NULL: in plain text */
	bool early;	 /* what is parsed came before our command */
	uint64_t started_ms;
	uint64_t deadline_ms;
	uint64_t connect_ms;
	uint64_t greeting_ms;
	uint64_t timeout_ms;
	struct reply_parser parser;
	struct probe_result result;
	char helo[DIALOGUE_ARGUMENT_MAX + 1];
	char recipient[DIALOGUE_ARGUMENT_MAX + 1];
	char buffer[1024];
};

static void on_timer(uv_timer_t *timer);

static void on_close(uv_handle_t *handle)
{
	struct probe *probe = handle->data;

	if (--probe->handles > 0)
		return;
	if (probe->done)
		probe->done(probe->context, &probe->result);
	tls_free(probe->tls);
	free(probe);
}

static void close_handles(struct probe *probe)
{
	if (probe->phase == PHASE_CLOSING)
		return;
	probe->phase = PHASE_CLOSING;
	uv_close((uv_handle_t *)&probe->tcp, on_close);
	uv_close((uv_handle_t *)&probe->timer, on_close);
}

/* The deadline of the phase; what is past fires as soon as the loop runs. */
static void set_deadline(struct probe *probe, uint64_t deadline_ms)
{
	uint64_t now_ms = uv_now(probe->timer.loop);
	uint64_t total_ms = probe->started_ms + probe->timeout_ms;

	if (probe->phase != PHASE_FAREWELL && deadline_ms > total_ms)
		deadline_ms = total_ms;
	if (deadline_ms < now_ms)
		deadline_ms = now_ms;
	probe->deadline_ms = deadline_ms;
	uv_timer_start(&probe->timer, on_timer, deadline_ms - now_ms, 0);
}

static void send_octets(struct probe *probe, char *data, size_t length)
{
	uv_buf_t buf = uv_buf_init(data, (unsigned int)length);

	uv_try_write((uv_stream_t *)&probe->tcp, &buf, 1);
}

/* What TLS has to say: a flight of a handshake, or a command. */
static void send_tls(struct probe *probe)
{
	char data[2048];
	size_t length;

	while ((length = tls_give(probe->tls, data, sizeof(data))) > 0)
		send_octets(probe, data, length);
}

static void say(struct probe *probe, enum dialogue_step step)
{
	char text[DIALOGUE_COMMAND_MAX];
	size_t length =
		dialogue_command(step, probe->helo, probe->recipient, text);

	probe->step = step;
	if (!probe->tls) {
		send_octets(probe, text, length);
	} else if (!tls_write(probe->tls, text, length)) {
		send_tls(probe);
	}
}

/* Closes, with a QUIT where the primary has greeted and not heard it yet. */
static void hang_up(struct probe *probe)
{
	if ((probe->phase == PHASE_TALK || probe->phase == PHASE_FAREWELL) &&
	    probe->step != STEP_GREETING && probe->step != STEP_QUIT)
		say(probe, STEP_QUIT);
	close_handles(probe);
}

static void fail(struct probe *probe, enum probe_reason reason, int error)
{
	probe->result.reason = reason;
	probe->result.error = error;
	hang_up(probe);
}

static void keep_reply(struct probe *probe)
{
	const char *text = probe->parser.reply.text;

	if (text[0] != '\0')
		memcpy(probe->result.reply, text, sizeof(probe->result.reply));
}

static void fail_tls(struct probe *probe, const char *words)
{
	snprintf(probe->result.reply, sizeof(probe->result.reply), "%s", words);
	fail(probe, PROBE_TLS, 0);
}

static void shake_hands(struct probe *probe)
{
	int error = tls_handshake(probe->tls);

	send_tls(probe);
	if (!error) {
		probe->phase = PHASE_TALK;
		say(probe, STEP_EHLO);
	} else if (error != -EAGAIN) {
		fail_tls(probe, tls_error(probe->tls));
	}
}

static void start_tls(struct probe *probe)
{
	int error = tls_client(&probe->tls);

	if (error) {
		fail(probe, PROBE_LOCAL, error);
		return;
	}
	probe->phase = PHASE_HANDSHAKE;
	shake_hands(probe);
}

static void on_timer(uv_timer_t *timer)
{
	struct probe *probe = timer->data;
	uint64_t late_ms = uv_now(timer->loop) - probe->deadline_ms;

	if (probe->phase == PHASE_FAREWELL) {
		hang_up(probe);
		return;
	}
	keep_reply(probe);
	if (late_ms > OVERSLEPT_MS)
		fail(probe, PROBE_LOCAL, -ETIME);
	else if (probe->phase == PHASE_CONNECT)
		fail(probe, PROBE_CONNECT_TIMEOUT, 0);
	else if (probe->step == STEP_GREETING)
		fail(probe, PROBE_GREETING_TIMEOUT, 0);
	else
		fail(probe, PROBE_TIMEOUT, 0);
}

/* Whether there is another recipient to ask about; then it's the one. */
static bool next_recipient(struct probe *probe)
{
	if (!probe->more || !*probe->more)
		return false;
	snprintf(probe->recipient, sizeof(probe->recipient), "%s",
		 *probe->more++);
	return true;
}

static void tell(const struct probe *probe)
{
	if (probe->heard)
		probe->heard(probe->context, probe->step,
			     probe->step == STEP_RCPT ? probe->recipient : NULL,
			     &probe->parser.reply);
}

static void take_reply(struct probe *probe)
{
	const struct reply *reply = &probe->parser.reply;
	struct dialogue_move move = dialogue_judge(probe->step, reply);

	if (!probe->tls)
		move = dialogue_secure(probe->starttls, probe->step, reply,
				       move);
	if (probe->step == STEP_QUIT) {
		close_handles(probe);
		return;
	}
	if (probe->phase == PHASE_TALK) {
		keep_reply(probe);
		/* Taken for the answer to a command, it would be a lie. */
		if (probe->early && reply->code < 400) {
			fail(probe, PROBE_MALFORMED, 0);
			return;
		}
		tell(probe);
		if (move.next == STEP_RSET && next_recipient(probe)) {
			say(probe, STEP_RCPT);
			return;
		}
		if (probe->step == STEP_STARTTLS && move.next == STEP_EHLO) {
			start_tls(probe);
			return;
		}
	}
	if (move.decided && probe->phase == PHASE_TALK) {
		probe->result.reason = move.reason;
		probe->phase = PHASE_FAREWELL;
		set_deadline(probe, uv_now(probe->timer.loop) + FAREWELL_MS);
	} else if (probe->step == STEP_GREETING) {
		set_deadline(probe, UINT64_MAX);
	}
	say(probe, move.next);
}

static void take_input(struct probe *probe, const char *data, size_t length)
{
	while (length > 0 && probe->phase != PHASE_CLOSING) {
		size_t used;

		switch (reply_parse(&probe->parser, data, length, &used)) {
		case REPLY_MORE:
			return;
		case REPLY_MALFORMED:
			if (probe->phase == PHASE_TALK) {
				keep_reply(probe);
				fail(probe, PROBE_MALFORMED, 0);
			} else {
				hang_up(probe);
			}
			return;
		case REPLY_DONE:
			take_reply(probe);
			reply_reset(&probe->parser);
			break;
		}
		data += used;
		length -= used;
		probe->early = length > 0;
		/* What came before the handshake is nobody's word (RFC 3207).
		 */
		if (probe->early && probe->phase == PHASE_HANDSHAKE) {
			fail_tls(probe, "text before the handshake");
			return;
		}
	}
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct probe *probe = handle->data;

	(void)suggested;
	*buf = uv_buf_init(probe->buffer, sizeof(probe->buffer));
}

static void on_end(struct probe *probe, int error)
{
	if (probe->phase == PHASE_FAREWELL) {
		close_handles(probe);
		return;
	}
	probe->result.error = error == UV_EOF ? 0 : error;
	if (probe->phase == PHASE_HANDSHAKE) {
		probe->result.reason = PROBE_TLS;
		snprintf(probe->result.reply, sizeof(probe->result.reply),
			 "closed in the handshake");
	} else {
		probe->result.reason = PROBE_CLOSED;
	}
	close_handles(probe);
}

static void take_plain(struct probe *probe)
{
	char plain[sizeof(probe->buffer)];
	ssize_t length = 0;

	while (probe->phase != PHASE_CLOSING) {
		length = tls_read(probe->tls, plain, sizeof(plain));
		if (length <= 0)
			break;
		take_input(probe, plain, (size_t)length);
	}
	if (probe->phase == PHASE_CLOSING)
		return;
	if (length == -EPIPE)
		on_end(probe, UV_EOF);
	else if (length < 0 && probe->phase == PHASE_TALK)
		fail_tls(probe, tls_error(probe->tls));
	else if (length < 0)
		close_handles(probe);
	else
		send_tls(probe); /* an answer of TLS itself */
}

static void take_tls(struct probe *probe, const char *data, size_t length)
{
	int error = tls_take(probe->tls, data, length);

	if (error) {
		fail(probe, PROBE_LOCAL, error);
		return;
	}
	if (probe->phase == PHASE_HANDSHAKE)
		shake_hands(probe);
	if (probe->phase == PHASE_TALK || probe->phase == PHASE_FAREWELL)
		take_plain(probe);
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buf)
{
	struct probe *probe = stream->data;

	if (length < 0)
		on_end(probe, (int)length);
	else if (length > 0 && probe->tls)
		take_tls(probe, buf->base, (size_t)length);
	else if (length > 0)
		take_input(probe, buf->base, (size_t)length);
}

/* "[192.0.2.25]", "[IPv6:2001:db8::25]" (RFC 5321, 4.1.3). */
static int use_own_address(struct probe *probe)
{
	struct sockaddr_storage storage = {0};
	int length = sizeof(storage);
	char text[ADDR_TEXT];
	struct addr own;
	int error;

	error = uv_tcp_getsockname(&probe->tcp, (struct sockaddr *)&storage,
				   &length);
	if (!error)
		error = addr_from_sockaddr((struct sockaddr *)&storage, &own);
	if (error)
		return error;
	snprintf(probe->helo, sizeof(probe->helo), "[%s%s]",
		 addr_family(&own) == FAMILY_IPV6 ? "IPv6:" : "",
		 addr_format(&own, text));
	return 0;
}

static enum probe_reason connect_reason(int error)
{
	switch (error) {
	case UV_ECONNREFUSED:
		return PROBE_REFUSED;
	case UV_ETIMEDOUT:
		return PROBE_CONNECT_TIMEOUT;
	default:
		return PROBE_UNREACHABLE;
	}
}

static void on_connect(uv_connect_t *request, int status)
{
	struct probe *probe = request->data;
	int error = 0;

	if (probe->phase != PHASE_CONNECT)
		return;
	if (status != 0) {
		fail(probe, connect_reason(status), status);
		return;
	}
	if (probe->helo[0] == '\0')
		error = use_own_address(probe);
	if (!error)
		error = uv_read_start((uv_stream_t *)&probe->tcp, on_alloc,
				      on_read);
	if (error) {
		fail(probe, PROBE_LOCAL, error);
		return;
	}
	probe->phase = PHASE_TALK;
	set_deadline(probe, uv_now(probe->timer.loop) + probe->greeting_ms);
}

/*
 * What fails before a packet has left (no descriptor, no route, no address
 * of that family, a source that isn't ours) says nothing about the primary.
 */
static void connect_to(struct probe *probe, const struct probe_target *target)
{
	struct sockaddr_storage storage;
	int error = 0;

	if (target->source) {
		addr_to_sockaddr(target->source, 0, &storage);
		error = uv_tcp_bind(&probe->tcp, (struct sockaddr *)&storage,
				    0);
	}
	addr_to_sockaddr(&target->addr, target->port, &storage);
	if (!error)
		error = uv_tcp_connect(&probe->request, &probe->tcp,
				       (struct sockaddr *)&storage, on_connect);
	if (error)
		fail(probe, PROBE_LOCAL, error);
	else
		set_deadline(probe, probe->started_ms + probe->connect_ms);
}

static bool arguments_valid(const struct probe_target *target)
{
	const char *const *more = target->more;

	for (; more && *more; more++)
		if (!dialogue_argument_valid(*more))
			return false;
	return (!target->helo || dialogue_argument_valid(target->helo)) &&
	       dialogue_argument_valid(target->recipient);
}

int probe_start(uv_loop_t *loop, const struct probe_target *target,
		probe_done *done, void *context, struct probe **out)
{
	struct probe *probe;

	if (!arguments_valid(target))
		return -EINVAL;
	probe = calloc(1, sizeof(*probe));
	if (!probe)
		return -ENOMEM;
	probe->done = done;
	probe->heard = target->heard;
	probe->more = target->more;
	probe->context = context;
	probe->started_ms = uv_now(loop);
	probe->connect_ms = target->connect_ms;
	probe->greeting_ms = target->greeting_ms;
	probe->timeout_ms = target->timeout_ms;
	probe->starttls = target->starttls;
	snprintf(probe->helo, sizeof(probe->helo), "%s",
		 target->helo ? target->helo : "");
	snprintf(probe->recipient, sizeof(probe->recipient), "%s",
		 target->recipient);

	/* Neither makes a system call yet, so neither can fail. */
	uv_tcp_init(loop, &probe->tcp);
	uv_timer_init(loop, &probe->timer);
	probe->tcp.data = probe->timer.data = probe->request.data = probe;
	probe->handles = 2;
	connect_to(probe, target);
	*out = probe;
	return 0;
}

void probe_hurry(struct probe *probe, uint64_t connect_ms)
{
	if (probe->phase != PHASE_CONNECT || connect_ms >= probe->connect_ms)
		return;
	probe->connect_ms = connect_ms;
	set_deadline(probe, probe->started_ms + connect_ms);
}

void probe_cancel(struct probe *probe)
{
	probe->done = NULL;
	hang_up(probe);
}
