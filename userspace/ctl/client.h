/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks the daemon over the control socket, and waits: for one answer, or many.
 */
#ifndef POSTERN_CTL_CLIENT_H
#define POSTERN_CTL_CLIENT_H

#include <jansson.h>

#include "control/protocol.h"

/*
 * Takes the reference to `args`.  Returns 0 with a reference to the daemon's
 * result in *out; or a negative errno with, in `error`, what went wrong and
 * what to do about it (-EREMOTEIO: the daemon's own words), and *out
 * untouched.
 */
int client_ask(const char *path, const char *command, json_t *args,
	       unsigned int timeout_s, json_t **out,
	       char error[static CONTROL_ERROR_MAX]);

/* An answer of many lines, as `watch` has. */
struct client_stream;

/*
 * Asks as client_ask() does, without waiting for an answer.  Returns 0 and
 * *out, or a negative errno with what went wrong in `error`.
 */
int client_stream_open(const char *path, const char *command, json_t *args,
		       unsigned int timeout_s, struct client_stream **out,
		       char error[static CONTROL_ERROR_MAX]);

/*
 * The next line: returns 1 with a reference to its result in *out; 0 where
 * none has come within `wait_ms` (-1: for ever) or a signal came first; a
 * negative errno with what went wrong in `error`.
 */
int client_stream_next(struct client_stream *stream, int wait_ms, json_t **out,
		       char error[static CONTROL_ERROR_MAX]);

/* For poll(2), to wait for something else as well. */
int client_stream_fd(const struct client_stream *stream);

/* NULL is ignored. */
void client_stream_close(struct client_stream *stream);

#endif
