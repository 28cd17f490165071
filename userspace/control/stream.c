/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers of many lines: what a client has not taken yet waits in its room. */

#include <stdlib.h>
#include <string.h>

#include "control/server_internal.h"

struct control_stream {
	struct client *client;
	control_stream_ended *ended;
	void *context;
	uv_write_t write;
	bool writing; /* the other half of the room */
	unsigned int filling;
	size_t filled;
	char room[2][CONTROL_STREAM_ROOM / 2];
};

void stream_end(struct control_stream *stream)
{
	stream->ended(stream->context);
	free(stream);
}

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct client *client = handle->data;

	(void)suggested;
	*buffer = uv_buf_init(client->line, sizeof(client->line));
}

/* Nothing more is asked for here: it has gone, or does not behave. */
static void on_read(uv_stream_t *pipe, ssize_t count, const uv_buf_t *buffer)
{
	(void)buffer;
	if (count != 0)
		client_close(pipe->data);
}

static void flush(struct control_stream *stream);

static void on_written(uv_write_t *write, int status)
{
	struct control_stream *stream = write->data;
	struct client *client = stream->client;

	stream->writing = false;
	if (client->closing)
		return;
	if (status < 0) {
		client_close(client);
		return;
	}
	/* With nothing to take it may be quiet for as long as it likes. */
	uv_timer_stop(&client->timer);
	flush(stream);
}

static void flush(struct control_stream *stream)
{
	struct client *client = stream->client;
	uv_buf_t buffer;

	if (stream->writing || stream->filled == 0 || client->closing)
		return;
	buffer = uv_buf_init(stream->room[stream->filling],
			     (unsigned int)stream->filled);
	stream->filling ^= 1;
	stream->filled = 0;
	stream->writing = true;
	client_touch(client);
	if (uv_write(&stream->write, (uv_stream_t *)&client->pipe, &buffer, 1,
		     on_written) == 0)
		return;
	stream->writing = false;
	client_close(client);
}

struct control_stream *control_stream_begin(struct control_request *request,
					    control_stream_ended *ended,
					    void *context)
{
	struct control_stream *stream = calloc(1, sizeof(*stream));
	struct client *client = request->client;

	if (!stream || !client) {
		free(stream);
		control_fail(request, "the daemon lacks memory for that");
		return NULL;
	}
	request_release(request);
	stream->client = client;
	stream->ended = ended;
	stream->context = context;
	stream->write.data = stream;
	client->stream = stream;
	uv_timer_stop(&client->timer);
	if (uv_read_start((uv_stream_t *)&client->pipe, on_allocate, on_read) <
	    0)
		client_close(client);
	return stream;
}

bool control_stream_send(struct control_stream *stream, const char *line)
{
	size_t length = strlen(line);

	if (stream->client->closing ||
	    length > sizeof(stream->room[0]) - stream->filled)
		return false;
	memcpy(stream->room[stream->filling] + stream->filled, line, length);
	stream->filled += length;
	flush(stream);
	return true;
}
