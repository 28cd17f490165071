/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks the daemon one thing over the control socket, and waits. */
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

#endif
