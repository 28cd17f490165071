/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes connections from a listening unix socket, one for each turn of the
 * loop, and rests for a moment when there is no descriptor or memory for
 * one: it then stays in the backlog instead of keeping the loop busy.
 */
#ifndef POSTERN_CONTROL_LISTENER_H
#define POSTERN_CONTROL_LISTENER_H

#include <uv.h>

struct listener;

/* `fd` belongs to the callback; it is non-blocking and close-on-exec. */
typedef void listener_taken(void *context, int fd);

/*
 * Returns 0 and *out, and `fd` belongs to the listener; or a negative errno
 * with *out and the descriptor untouched.
 */
int listener_create(uv_loop_t *loop, int fd, listener_taken *taken,
		    void *context, struct listener **out);

/* The callback is not called any more; closes the descriptor. */
void listener_close(struct listener *listener);

#endif
