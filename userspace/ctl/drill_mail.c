/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The canary's SMTP session. */

#include "ctl/drill_mail.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sources/reply.h"

#define FAREWELL_MS 2000

struct session {
	struct drill *drill;
	uint64_t deadline_ms;
	int fd;
	char helo[HELO_MAX];
	struct reply_parser parser;
	char buffer[1024];
	size_t used, length; /* of `buffer` */
};

/* Returns 0, -ETIMEDOUT, or -EINTR when somebody wants an end. */
static int wait_for(const struct session *session, short events)
{
	struct pollfd poll_of = {.fd = session->fd, .events = events};

	for (;;) {
		uint64_t now_ms = drill_clock_ms();
		int count;

		if (drill_stopped())
			return -EINTR;
		if (now_ms >= session->deadline_ms)
			return -ETIMEDOUT;
		count = poll(&poll_of, 1, (int)(session->deadline_ms - now_ms));
		if (count > 0)
			return 0;
		if (count < 0 && errno != EINTR)
			return -errno;
	}
}

static int say(const struct session *session, const char *text)
{
	size_t length = strlen(text);

	while (length > 0) {
		ssize_t count = send(session->fd, text, length, MSG_NOSIGNAL);
		int error = 0;

		if (count > 0) {
			text += count;
			length -= (size_t)count;
		} else if (errno == EAGAIN || errno == EINTR) {
			error = wait_for(session, POLLOUT);
		} else if (errno == EPIPE || errno == ECONNRESET) {
			return 0; /* it may have said why */
		} else {
			error = -errno;
		}
		if (error)
			return error;
	}
	return 0;
}

static int fill(struct session *session)
{
	int error = wait_for(session, POLLIN);
	ssize_t count;

	if (error)
		return error;
	count = recv(session->fd, session->buffer, sizeof(session->buffer), 0);
	if (count < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (count == 0)
		return -ECONNRESET;
	session->used = 0;
	session->length = (size_t)count;
	return 0;
}

/* One whole reply, which is then in `parser`. */
static int hear(struct session *session)
{
	reply_reset(&session->parser);
	for (;;) {
		enum reply_status status;
		size_t taken;
		int error;

		if (session->used == session->length) {
			error = fill(session);
			if (error)
				return error;
			continue;
		}
		status = reply_parse(&session->parser,
				     session->buffer + session->used,
				     session->length - session->used, &taken);
		session->used += taken;
		if (status == REPLY_DONE)
			return 0;
		if (status == REPLY_MALFORMED)
			return -EPROTO;
	}
}

static int ask(struct session *session, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int ask(struct session *session, const char *format, ...)
{
	char text[DIALOGUE_COMMAND_MAX];
	va_list args;
	int error;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	error = say(session, text);
	return error ? error : hear(session);
}

/* Ends a step for want of a good reply; returns false. */
static bool failed(const struct session *session, enum drill_step step,
		   int error, const char *what)
{
	struct drill *drill = session->drill;

	switch (-error) {
	case 0:
		return drill_end(drill, step, DRILL_FAILED, "%s: %s", what,
				 session->parser.reply.text);
	case ETIMEDOUT:
		return drill_end(drill, step, DRILL_FAILED,
				 "%s: no answer before the gate closes", what);
	case EINTR:
		return drill_end(drill, step, DRILL_FAILED, "%s: interrupted",
				 what);
	case ECONNRESET:
		return drill_end(drill, step, DRILL_FAILED,
				 "%s: the connection was closed", what);
	case EPROTO:
		return drill_end(drill, step, DRILL_FAILED,
				 "%s: this is not SMTP: %s", what,
				 session->parser.reply.text);
	default:
		return drill_end(drill, step, DRILL_FAILED, "%s: %s", what,
				 strerror(-error));
	}
}

/* Who connects from the address that he connects to is on the same host. */
static int know_ourselves(struct session *session)
{
	struct sockaddr_storage storage = {0};
	socklen_t length = sizeof(storage);
	char text[ADDR_TEXT];
	struct addr own;
	int error;

	if (getsockname(session->fd, (struct sockaddr *)&storage, &length) != 0)
		return -errno;
	error = addr_from_sockaddr((struct sockaddr *)&storage, &own);
	if (error)
		return error;
	session->drill->here = addr_equal(&own, &session->drill->backup);
	if (session->drill->helo[0] != '\0')
		snprintf(session->helo, sizeof(session->helo), "%s",
			 session->drill->helo);
	else
		snprintf(session->helo, sizeof(session->helo), "[%s%s]",
			 addr_family(&own) == FAMILY_IPV6 ? "IPv6:" : "",
			 addr_format(&own, text));
	return 0;
}

static int connect_to(struct session *session)
{
	const struct drill *drill = session->drill;
	struct sockaddr_storage storage;
	socklen_t length =
		addr_to_sockaddr(&drill->backup, drill->port, &storage);
	socklen_t size = sizeof(int);
	int error = 0;

	session->fd = socket(storage.ss_family,
			     SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (session->fd < 0)
		return -errno;
	if (connect(session->fd, (struct sockaddr *)&storage, length) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	error = wait_for(session, POLLOUT);
	if (error)
		return error;
	if (getsockopt(session->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
		return -errno;
	return -error;
}

static bool greet(struct session *session)
{
	struct drill *drill = session->drill;
	int error;

	drill_begin(drill, DRILL_GREETING);
	error = connect_to(session);
	if (error)
		return failed(session, DRILL_GREETING, error, "no connection");
	error = know_ourselves(session);
	if (!error)
		error = hear(session);
	if (error || session->parser.reply.code != 220)
		return failed(session, DRILL_GREETING, error, "no greeting");
	return drill_end(drill, DRILL_GREETING, DRILL_OK, "%s",
			 session->parser.reply.text);
}

/* Whether `error` is 0 and the reply is of that class. */
static bool is(const struct session *session, int error, unsigned int class)
{
	return !error && session->parser.reply.code / 100 == class;
}

static bool name_recipient(struct session *session)
{
	struct drill *drill = session->drill;
	int error;

	drill_begin(drill, DRILL_RECIPIENT);
	error = ask(session, "EHLO %s\r\n", session->helo);
	if (is(session, error, 5))
		error = ask(session, "HELO %s\r\n", session->helo);
	if (!is(session, error, 2))
		return failed(session, DRILL_RECIPIENT, error, "EHLO");
	error = ask(session, "MAIL FROM:<%s>\r\n", drill->from);
	if (!is(session, error, 2))
		return failed(session, DRILL_RECIPIENT, error, "MAIL");
	error = ask(session, "RCPT TO:<%s>\r\n", drill->to);
	if (!is(session, error, 2))
		return failed(session, DRILL_RECIPIENT, error, "RCPT");
	return drill_end(drill, DRILL_RECIPIENT, DRILL_OK, "<%s>: %s",
			 drill->to, session->parser.reply.text);
}

size_t drill_message(const struct drill *drill, const char *helo, time_t now,
		     char text[static DRILL_MESSAGE_MAX])
{
	char date[64];
	struct tm tm;
	int length;

	gmtime_r(&now, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", &tm);
	length = snprintf(
		text, DRILL_MESSAGE_MAX,
		"Date: %s\r\n"
		"From: Postern drill <%s%s>\r\n"
		"To: <%s>\r\n"
		"Subject: Postern drill %s\r\n"
		"Message-ID: <postern-drill-%s@%s>\r\n"
		"Auto-Submitted: auto-generated\r\n"
		"\r\n"
		"This message was sent to the backup MX by \"posternctl "
		"drill\", to show that\r\n"
		"it reaches the primary from there. Nobody has to do anything "
		"about it.\r\n"
		".\r\n",
		date, drill->from[0] != '\0' ? drill->from : "postmaster@",
		drill->from[0] != '\0' ? "" : helo, drill->to, drill->token,
		drill->token, helo);
	return (size_t)length;
}

/* Up to what no id contains; one that is too long is none. */
static void copy_id(const char *from, char id[static DRILL_QUEUE_ID])
{
	size_t length = strspn(from, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789-");

	if (length < DRILL_QUEUE_ID)
		snprintf(id, DRILL_QUEUE_ID, "%.*s", (int)length, from);
}

void drill_queue_id(const char *reply, char id[static DRILL_QUEUE_ID])
{
	static const char *const before[] = {"queued as ", " id="};

	id[0] = '\0';
	for (size_t i = 0; i < 2 && id[0] == '\0'; i++) {
		const char *found = strstr(reply, before[i]);

		if (found)
			copy_id(found + strlen(before[i]), id);
	}
}

static bool send_message(struct session *session)
{
	struct drill *drill = session->drill;
	char text[DRILL_MESSAGE_MAX];
	int error;

	drill_begin(drill, DRILL_MESSAGE);
	error = ask(session, "DATA\r\n");
	if (!is(session, error, 3))
		return failed(session, DRILL_MESSAGE, error, "DATA");
	drill_message(drill, session->helo, time(NULL), text);
	error = say(session, text);
	if (!error)
		error = hear(session);
	if (!is(session, error, 2))
		return failed(session, DRILL_MESSAGE, error,
			      "end of the message");
	drill_queue_id(session->parser.reply.text, drill->queue_id);
	return drill_end(drill, DRILL_MESSAGE, DRILL_OK, "%s",
			 session->parser.reply.text);
}

/* The answer makes no difference; it is waited for so as not to be rude. */
static void say_goodbye(struct session *session)
{
	session->deadline_ms = drill_clock_ms() + FAREWELL_MS;
	(void)ask(session, "QUIT\r\n");
}

void drill_send(struct drill *drill, uint64_t deadline_ms)
{
	struct session session = {
		.drill = drill,
		.deadline_ms = deadline_ms,
		.fd = -1,
	};

	if (greet(&session) && name_recipient(&session))
		send_message(&session);
	if (drill->steps[DRILL_GREETING].state == DRILL_OK)
		say_goodbye(&session);
	if (session.fd >= 0)
		close(session.fd);
}
