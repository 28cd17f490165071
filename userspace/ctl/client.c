/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The client's end of the control socket. */

#include "ctl/client.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "core/config.h"

struct call {
	const char *path;
	unsigned int timeout_s;
	uint64_t deadline_ms;
	int fd;
	char *error; /* CONTROL_ERROR_MAX */
};

static int failed(const struct call *call, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int failed(const struct call *call, int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(call->error, CONTROL_ERROR_MAX, format, args);
	va_end(args);
	return status;
}

/* Who may open the socket: its group, where that can be seen. */
static void owning_group(const char *path, char *name, size_t size)
{
	const struct group *group = NULL;
	struct stat stat_of;

	if (stat(path, &stat_of) == 0 && stat_of.st_gid != 0)
		group = getgrgid(stat_of.st_gid);
	snprintf(name, size, "%s", group ? group->gr_name : "postern");
}

static int refused_permission(const struct call *call)
{
	const struct passwd *user = getpwuid(geteuid());
	char group[256];

	owning_group(call->path, group, sizeof(group));
	return failed(call, -EACCES,
		      "no permission for %s: it is for root and members of "
		      "group \"%s\" (\"usermod -aG %s %s\", then log in again)",
		      call->path, group, group, user ? user->pw_name : "USER");
}

static int timed_out(const struct call *call)
{
	return failed(call, -ETIMEDOUT,
		      "the daemon at %s does not answer within %u s: is it "
		      "stopped, or the machine overloaded?",
		      call->path, call->timeout_s);
}

static int explain_connect(const struct call *call, int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ECONNREFUSED:
		return failed(call, -error,
			      "no daemon at %s (%s): start it with \"systemctl "
			      "start posternd\" or \"posternd --config %s\"",
			      call->path, strerror(error), CONFIG_DEFAULT_FILE);
	case EACCES:
	case EPERM:
		return refused_permission(call);
	case EAGAIN:
		return timed_out(call);
	default:
		return failed(call, -error, "can't connect to %s: %s",
			      call->path, strerror(error));
	}
}

static uint64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int call_connect(struct call *call)
{
	struct timeval limit = {.tv_sec = call->timeout_s};
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(call->path) >= sizeof(address.sun_path))
		return failed(call, -ENAMETOOLONG,
			      "the socket's path is longer than %zu octets",
			      sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, call->path, strlen(call->path));
	call->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* connect(2) waits for a place in the backlog for as long. */
	if (call->fd < 0 || setsockopt(call->fd, SOL_SOCKET, SO_SNDTIMEO,
				       &limit, sizeof(limit)) < 0)
		return failed(call, -errno, "can't make a socket: %s",
			      strerror(errno));
	if (connect(call->fd, (const struct sockaddr *)&address,
		    sizeof(address)) < 0)
		return explain_connect(call, errno);
	return 0;
}

/* Until the socket is ready for `events`. */
static int call_wait(const struct call *call, short events)
{
	struct pollfd poll_of = {.fd = call->fd, .events = events};
	uint64_t now = clock_ms();
	int count;

	do {
		if (now >= call->deadline_ms)
			return timed_out(call);
		count = poll(&poll_of, 1, (int)(call->deadline_ms - now));
		now = clock_ms();
	} while (count == 0 || (count < 0 && errno == EINTR));
	if (count < 0)
		return failed(call, -errno, "poll: %s", strerror(errno));
	return 0;
}

static int call_send(const struct call *call, const char *line)
{
	size_t length = strlen(line);
	ssize_t count;
	int status;

	while (length > 0) {
		status = call_wait(call, POLLOUT);
		if (status)
			return status;
		count = send(call->fd, line, length,
			     MSG_NOSIGNAL | MSG_DONTWAIT);
		/* It has hung up, but perhaps said why. */
		if (count < 0 && (errno == EPIPE || errno == ECONNRESET))
			return 0;
		if (count < 0 && errno != EAGAIN && errno != EINTR)
			return failed(call, -errno, "can't write to %s: %s",
				      call->path, strerror(errno));
		if (count > 0) {
			line += count;
			length -= (size_t)count;
		}
	}
	return 0;
}

/* Reads a line into `buffer`; returns its length without the newline. */
static ssize_t call_receive(const struct call *call, char *buffer, size_t size)
{
	const char *newline;
	size_t used = 0;
	ssize_t count;
	int status;

	while (used < size) {
		status = call_wait(call, POLLIN);
		if (status)
			return status;
		count = recv(call->fd, buffer + used, size - used,
			     MSG_DONTWAIT);
		if (count < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (count <= 0)
			return failed(call, -ECONNRESET,
				      "the daemon at %s hung up without an "
				      "answer",
				      call->path);
		newline = memchr(buffer + used, '\n', (size_t)count);
		if (newline)
			return newline - buffer;
		used += (size_t)count;
	}
	return failed(call, -EPROTO, "the daemon's answer is too long");
}

static int not_posternd(const struct call *call)
{
	return failed(call, -EPROTO,
		      "what listens at %s does not answer like posternd",
		      call->path);
}

static int call_converse(const struct call *call, const char *line,
			 char *buffer, json_t **out)
{
	ssize_t length;
	int status;

	status = call_send(call, line);
	if (status)
		return status;
	length = call_receive(call, buffer, CONTROL_REPLY_MAX);
	if (length < 0)
		return (int)length;
	status = control_parse_reply(buffer, (size_t)length, out, call->error);
	return status == -EPROTO ? not_posternd(call) : status;
}

int client_ask(const char *path, const char *command, json_t *args,
	       unsigned int timeout_s, json_t **out,
	       char error[static CONTROL_ERROR_MAX])
{
	struct call call = {
		.path = path,
		.timeout_s = timeout_s,
		.deadline_ms = clock_ms() + timeout_s * UINT64_C(1000),
		.fd = -1,
		.error = error,
	};
	char *line = control_format_request(command, args);
	char *buffer = malloc(CONTROL_REPLY_MAX);
	int status = -ENOMEM;

	if (!line || !buffer) {
		failed(&call, status, "out of memory");
		goto out;
	}
	status = call_connect(&call);
	if (status == 0)
		status = call_converse(&call, line, buffer, out);
out:
	if (call.fd >= 0)
		close(call.fd);
	free(buffer);
	free(line);
	return status;
}

/* Streams */

/* Far longer than any line of one. */
#define STREAM_LINE_MAX 65536

struct client_stream {
	struct call call;
	size_t used;
	char buffer[STREAM_LINE_MAX];
};

int client_stream_open(const char *path, const char *command, json_t *args,
		       unsigned int timeout_s, struct client_stream **out,
		       char error[static CONTROL_ERROR_MAX])
{
	struct client_stream *stream = calloc(1, sizeof(*stream));
	char *line = control_format_request(command, args);
	int status;

	if (!line || !stream) {
		snprintf(error, CONTROL_ERROR_MAX, "out of memory");
		free(stream);
		free(line);
		return -ENOMEM;
	}
	stream->call = (struct call){
		.path = path,
		.timeout_s = timeout_s,
		.deadline_ms = clock_ms() + timeout_s * UINT64_C(1000),
		.fd = -1,
		.error = error,
	};
	status = call_connect(&stream->call);
	if (status == 0)
		status = call_send(&stream->call, line);
	if (status == 0)
		*out = stream;
	else
		client_stream_close(stream);
	free(line);
	return status;
}

/* Returns 1 with a line, 0 where the buffer has none, or a negative errno. */
static int take_line(struct client_stream *stream, json_t **out)
{
	const char *newline = memchr(stream->buffer, '\n', stream->used);
	size_t length;
	int status;

	if (!newline)
		return stream->used == sizeof(stream->buffer)
			       ? not_posternd(&stream->call)
			       : 0;
	length = (size_t)(newline - stream->buffer);
	status = control_parse_reply(stream->buffer, length, out,
				     stream->call.error);
	stream->used -= length + 1;
	memmove(stream->buffer, newline + 1, stream->used);
	if (status == -EPROTO)
		return not_posternd(&stream->call);
	return status ? status : 1;
}

/* Returns 1 when there may be a line now, 0, or a negative errno. */
static int read_more(struct client_stream *stream, int wait_ms)
{
	struct pollfd poll_of = {.fd = stream->call.fd, .events = POLLIN};
	ssize_t count;

	if (poll(&poll_of, 1, wait_ms) <= 0)
		return 0;
	count = recv(stream->call.fd, stream->buffer + stream->used,
		     sizeof(stream->buffer) - stream->used, MSG_DONTWAIT);
	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (count <= 0)
		return failed(&stream->call, -ECONNRESET,
			      "the daemon at %s hung up: it has ended, or was "
			      "kept waiting for too long",
			      stream->call.path);
	stream->used += (size_t)count;
	return 1;
}

int client_stream_next(struct client_stream *stream, int wait_ms, json_t **out,
		       char error[static CONTROL_ERROR_MAX])
{
	int status;

	stream->call.error = error;
	status = take_line(stream, out);
	while (status == 0) {
		status = read_more(stream, wait_ms);
		if (status <= 0)
			return status;
		status = take_line(stream, out);
	}
	return status;
}

int client_stream_fd(const struct client_stream *stream)
{
	return stream->call.fd;
}

void client_stream_close(struct client_stream *stream)
{
	if (!stream)
		return;
	if (stream->call.fd >= 0)
		close(stream->call.fd);
	free(stream);
}
