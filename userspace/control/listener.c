/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A listening socket in the loop. */

#include "control/listener.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <uv.h>

#include "core/log.h"

#define REST_MS 500

struct listener {
	uv_poll_t poll;
	uv_timer_t rest;
	unsigned int handles;
	int fd;
	bool told; /* that no connection can be taken */
	listener_taken *taken;
	void *context;
};

static void listener_start(struct listener *listener);

static void on_rest_over(uv_timer_t *timer)
{
	listener_start(timer->data);
}

static void listener_rest(struct listener *listener, int error)
{
	if (!listener->told)
		log_warning("control socket: can't take connections: %s",
			    strerror(error));
	listener->told = true;
	uv_poll_stop(&listener->poll);
	uv_timer_start(&listener->rest, on_rest_over, REST_MS, 0);
}

/*
 * By hand, because libuv's own listener closes the connections that it lacks
 * descriptors for.
 */
static void on_connection(uv_poll_t *poll, int status, int events)
{
	struct listener *listener = poll->data;
	int fd;

	(void)events;
	if (status < 0) {
		listener_rest(listener, -status);
		return;
	}
	fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		listener->told = false;
		listener->taken(listener->context, fd);
	} else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		listener_rest(listener, errno);
	}
}

static void listener_start(struct listener *listener)
{
	int status;

	status = uv_poll_start(&listener->poll, UV_READABLE, on_connection);
	if (status < 0)
		listener_rest(listener, -status);
}

int listener_create(uv_loop_t *loop, int fd, listener_taken *taken,
		    void *context, struct listener **out)
{
	struct listener *listener = calloc(1, sizeof(*listener));
	int status;

	if (!listener)
		return -ENOMEM;
	status = uv_poll_init(loop, &listener->poll, fd);
	if (status < 0) {
		free(listener);
		return status;
	}
	uv_timer_init(loop, &listener->rest);
	listener->handles = 2;
	listener->poll.data = listener;
	listener->rest.data = listener;
	listener->fd = fd;
	listener->taken = taken;
	listener->context = context;
	listener_start(listener);
	*out = listener;
	return 0;
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct listener *listener = handle->data;

	if (--listener->handles == 0)
		free(listener);
}

void listener_close(struct listener *listener)
{
	uv_close((uv_handle_t *)&listener->poll, on_handle_closed);
	uv_close((uv_handle_t *)&listener->rest, on_handle_closed);
	close(listener->fd);
}
