/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events of the program, out of the ring buffer into the worker's loop. */

#include "tables/events.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

struct event_reader {
	struct ring_buffer *ring;
	uv_poll_t poll;
	event_seen *seen;
	void *context;
};

static bool is_whole(const struct event *event, size_t size)
{
	if (size < sizeof(*event))
		return false;
	return event->kind != EVENT_SHOWN || size >= sizeof(struct shown);
}

static int on_record(void *context, void *data, size_t size)
{
	struct event_reader *reader = context;

	if (is_whole(data, size))
		reader->seen(reader->context, data);
	return 0;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct event_reader *reader = poll->data;

	(void)status;
	(void)events;
	ring_buffer__consume(reader->ring);
}

void events_drain(struct event_reader *reader)
{
	ring_buffer__consume(reader->ring);
}

int events_open(uv_loop_t *loop, int map, event_seen *seen, void *context,
		struct event_reader **out)
{
	struct event_reader *reader = calloc(1, sizeof(*reader));
	int error;

	if (!reader)
		return -ENOMEM;
	reader->seen = seen;
	reader->context = context;
	reader->poll.data = reader;
	reader->ring = ring_buffer__new(map, on_record, reader, NULL);
	if (!reader->ring) {
		error = -errno;
		free(reader);
		return error;
	}
	error = uv_poll_init(loop, &reader->poll,
			     ring_buffer__epoll_fd(reader->ring));
	if (error == 0)
		error = uv_poll_start(&reader->poll, UV_READABLE, on_readable);
	if (error) {
		events_close(reader);
		return error;
	}
	*out = reader;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct event_reader *reader = handle->data;

	ring_buffer__free(reader->ring);
	free(reader);
}

void events_close(struct event_reader *reader)
{
	if (reader)
		uv_close((uv_handle_t *)&reader->poll, on_closed);
}
