/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control socket: listener, clients, requests and their replies. */

#include "control/server.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <uv.h>

#include "control/listener.h"
#include "control/server_internal.h"
#include "core/log.h"

/* Goes on with a client that is neither asking nor being answered. */
static void client_proceed(struct client *client);

static void server_release(struct control_server *server)
{
	if (server->closing && server->client_count == 0 &&
	    server->request_count == 0)
		free(server);
}

uid_t control_request_uid(const struct control_request *request)
{
	return request->client->peer.uid;
}

/* Clients: life and death */

static void on_client_handle_closed(uv_handle_t *handle)
{
	struct client *client = handle->data;
	struct control_server *server = client->server;

	if (--client->handles > 0)
		return;
	if (client->stream)
		stream_end(client->stream);
	free(client);
	server->client_count--;
	server_release(server);
}

static void client_abandon_request(struct client *client)
{
	if (client->request)
		client->request->client = NULL;
	client->request = NULL;
}

void client_close(struct client *client)
{
	struct control_server *server = client->server;

	if (client->closing)
		return;
	client->closing = true;
	client_abandon_request(client);
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (server->clients[i] == client)
			server->clients[i] = NULL;
	uv_close((uv_handle_t *)&client->pipe, on_client_handle_closed);
	uv_close((uv_handle_t *)&client->timer, on_client_handle_closed);
}

/* Replies */

static void on_timeout(uv_timer_t *timer);

void client_touch(struct client *client)
{
	client->active_ms = uv_now(client->server->loop);
	uv_timer_start(&client->timer, on_timeout, client->server->timeout_ms,
		       0);
}

static void on_written(uv_write_t *write, int status)
{
	struct client *client = write->data;

	free(client->reply);
	client->reply = NULL;
	if (client->closing)
		return;
	if (status < 0 || client->last_reply) {
		client_close(client);
		return;
	}
	client_touch(client);
	client_proceed(client);
}

/* Takes `line`, from malloc(3); NULL stands for want of memory. */
static void client_send(struct client *client, char *line)
{
	uv_buf_t buffer;

	if (!line) {
		client_close(client);
		return;
	}
	client_touch(client);
	client->reply = line;
	buffer = uv_buf_init(line, (unsigned int)strlen(line));
	if (uv_write(&client->write, (uv_stream_t *)&client->pipe, &buffer, 1,
		     on_written) == 0)
		return;
	free(client->reply);
	client->reply = NULL;
	client_close(client);
}

static void client_refuse(struct client *client, const char *error)
{
	client_send(client, control_format_error(error));
}

static void on_timeout(uv_timer_t *timer)
{
	struct client *client = timer->data;
	bool waits = client->request != NULL;

	client_abandon_request(client);
	client->last_reply = true;
	if (waits)
		client_refuse(client, "the daemon found no answer in time");
	else
		client_close(client);
}

/* Requests */

void request_release(struct control_request *request)
{
	struct control_server *server = request->server;

	if (request->client)
		request->client->request = NULL;
	free(request);
	server->request_count--;
	server_release(server);
}

/* Takes `line`, as client_send() does. */
static void request_finish(struct control_request *request, char *line)
{
	struct client *client = request->client;

	request_release(request);
	if (client)
		client_send(client, line);
	else
		free(line);
}

void control_reply(struct control_request *request, json_t *result)
{
	char *line = control_format_result(result);

	if (!line)
		line = control_format_error(
			"the daemon lacks memory or room for the answer");
	request_finish(request, line);
}

void control_fail(struct control_request *request, const char *format, ...)
{
	char error[CONTROL_ERROR_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(error, sizeof(error), format, args);
	va_end(args);
	request_finish(request, control_format_error(error));
}

static const struct control_command *
find_command(const struct control_options *options, const char *name)
{
	for (size_t i = 0; i < options->command_count; i++)
		if (strcmp(options->commands[i].name, name) == 0)
			return &options->commands[i];
	return NULL;
}

static void refuse_unknown(struct client *client, const char *name)
{
	const struct control_options *options = client->server->options;
	char error[CONTROL_ERROR_MAX];
	size_t length;

	length =
		(size_t)snprintf(error, sizeof(error),
				 "the daemon has no command \"%s\", but", name);
	for (size_t i = 0; i < options->command_count; i++) {
		if (length >= sizeof(error))
			break;
		length += (size_t)snprintf(
			error + length, sizeof(error) - length, "%s %s",
			i ? "," : "", options->commands[i].name);
	}
	client_refuse(client, error);
}

static void refuse_change(struct client *client, const char *name)
{
	const struct control_options *options = client->server->options;
	char error[CONTROL_ERROR_MAX];

	snprintf(error, sizeof(error),
		 "%s is for root and members of group \"%s\"", name,
		 options->admin_group_name);
	client_refuse(client, error);
}

/* Who asks, and for what: long lists are cut. */
#define ARGS_SHOWN 200

static void log_asked(const struct client *client,
		      const struct control_command *command, const json_t *args)
{
	enum log_level level = command->right == CONTROL_SUPPLY
				       ? LOG_LEVEL_DEBUG
				       : LOG_LEVEL_NOTICE;
	char *text = json_dumps(args, JSON_COMPACT | JSON_ENSURE_ASCII);
	const char *shown = text && json_object_size(args) > 0 ? text : "";

	log_write(level,
		  "asked for through the control socket: %s%s%.*s%s uid=%u "
		  "pid=%d",
		  command->name, *shown ? " " : "", ARGS_SHOWN, shown,
		  strlen(shown) > ARGS_SHOWN ? "..." : "", client->peer.uid,
		  client->peer.pid);
	free(text);
}

static void request_start(struct client *client,
			  const struct control_command *command,
			  const json_t *args)
{
	struct control_server *server = client->server;
	struct control_request *request;

	if (server->request_count >= CONTROL_REQUESTS_MAX) {
		client_refuse(client, "the daemon has too many requests under "
				      "way: try again in a moment");
		return;
	}
	request = calloc(1, sizeof(*request));
	if (!request) {
		client_close(client);
		return;
	}
	request->server = server;
	request->client = client;
	client->request = request;
	server->request_count++;
	client_touch(client);
	if (command->right != CONTROL_READ)
		log_asked(client, command, args);
	command->handler(server->options->context, args, request);
}

static void client_ask(struct client *client, size_t length)
{
	const struct control_command *command;
	char error[CONTROL_ERROR_MAX];
	struct control_call call;
	int status;

	status = control_parse_request(client->line, length, &call, error);
	if (status == -EINVAL)
		client_refuse(client, error);
	else if (status)
		client_close(client);
	if (status)
		return;
	command = find_command(client->server->options, call.command);
	if (!command)
		refuse_unknown(client, call.command);
	else if (command->right != CONTROL_READ && !client->peer.admin)
		refuse_change(client, command->name);
	else
		request_start(client, command, call.args);
	json_decref(call.args);
}

/* Reading */

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct client *client = handle->data;

	(void)suggested;
	*buffer = uv_buf_init(
		client->line + client->used,
		(unsigned int)(sizeof(client->line) - client->used));
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
	struct client *client = stream->data;

	(void)buffer;
	if (count == 0)
		return;
	uv_read_stop(stream);
	if (count < 0 && count != UV_EOF) {
		client_close(client);
		return;
	}
	if (count > 0)
		client->used += (size_t)count;
	else
		client->ended = true;
	client_proceed(client);
}

static void client_hang_up(struct client *client, const char *why)
{
	client->last_reply = true;
	client_refuse(client, why);
}

static void client_want_more(struct client *client)
{
	if (client->used == sizeof(client->line))
		client_hang_up(client, "the request is longer than 64 KiB");
	else if (client->ended && client->used > 0)
		client_hang_up(client, "the request lacks its newline");
	else if (client->ended || uv_read_start((uv_stream_t *)&client->pipe,
						on_allocate, on_read) < 0)
		client_close(client);
}

static void client_proceed(struct client *client)
{
	char *newline;
	size_t length;

	newline = memchr(client->line + client->scanned, '\n',
			 client->used - client->scanned);
	if (!newline) {
		client->scanned = client->used;
		client_want_more(client);
		return;
	}
	length = (size_t)(newline - client->line);
	client_ask(client, length);
	/* What follows waits in the same buffer until the reply is out. */
	client->used -= length + 1;
	client->scanned = 0;
	memmove(client->line, newline + 1, client->used);
}

/* New clients */

static size_t count_of_user(const struct control_server *server, uid_t uid)
{
	size_t count = 0;

	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (server->clients[i] && server->clients[i]->peer.uid == uid)
			count++;
	return count;
}

/* Of the user with the most clients, the one that was quiet the longest. */
static bool is_likelier_victim(const struct control_server *server,
			       const struct client *client,
			       const struct client *than)
{
	size_t count = count_of_user(server, client->peer.uid);
	size_t most = count_of_user(server, than->peer.uid);

	return count > most ||
	       (count == most && client->active_ms < than->active_ms);
}

/* The place for a new client: a free one, or that of a client which goes. */
static struct client **find_place(struct control_server *server)
{
	struct client **victim = &server->clients[0];

	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		if (!server->clients[i])
			return &server->clients[i];
		if (is_likelier_victim(server, server->clients[i], *victim))
			victim = &server->clients[i];
	}
	client_close(*victim);
	return victim;
}

static void on_taken(void *context, int fd)
{
	struct control_server *server = context;
	struct client *client = calloc(1, sizeof(*client));

	if (!client || peer_identify(fd, server->options->admin_group,
				     &client->peer) < 0) {
		free(client);
		close(fd);
		return;
	}
	client->server = server;
	client->pipe.data = client;
	client->timer.data = client;
	client->write.data = client;
	uv_pipe_init(server->loop, &client->pipe, 0);
	uv_timer_init(server->loop, &client->timer);
	client->handles = 2;
	server->client_count++;
	*find_place(server) = client;
	if (uv_pipe_open(&client->pipe, fd) < 0) {
		close(fd);
		client_close(client);
		return;
	}
	client_touch(client);
	client_proceed(client);
}

/* The server */

/* libuv writes with write(2), which would end the process. */
static void ignore_sigpipe(void)
{
	struct sigaction now;

	if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
		signal(SIGPIPE, SIG_IGN);
}

int control_server_create(uv_loop_t *loop, int fd,
			  const struct control_options *options,
			  struct control_server **out)
{
	struct control_server *server = calloc(1, sizeof(*server));
	int status;

	if (!server)
		return -ENOMEM;
	status = listener_create(loop, fd, on_taken, server, &server->listener);
	if (status) {
		free(server);
		return status;
	}
	ignore_sigpipe();
	server->loop = loop;
	server->options = options;
	server->timeout_ms =
		options->timeout_ms ? options->timeout_ms : CONTROL_TIMEOUT_MS;
	*out = server;
	return 0;
}

void control_server_close(struct control_server *server)
{
	if (server->closing)
		return;
	server->closing = true;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (server->clients[i])
			client_close(server->clients[i]);
	listener_close(server->listener);
	server_release(server);
}
