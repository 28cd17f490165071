/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times of the wall clock as text, in UTC as the days of the history are. */
#ifndef POSTERN_CTL_WHEN_H
#define POSTERN_CTL_WHEN_H

#include <jansson.h>

#define WHEN_TEXT 32

/*
 * The Unix time that a key has, as "2026-11-26 23:59:59", or "?" in as many
 * columns; returns `text`.
 */
const char *when_text(const json_t *object, const char *key,
		      char text[static WHEN_TEXT]);

#endif
