/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stream of decisions: asking for it, and its lines for people.  The keys
 * of its objects are in control/protocol.h.
 */
#ifndef POSTERN_CTL_WATCH_H
#define POSTERN_CTL_WATCH_H

#include <jansson.h>

#include "ctl/ctl.h"

enum ctl_exit watch_run(const struct ctl *ctl, char **operands);

/* What it looks like in a line; a time is shown in local time. */
#define WATCH_LINE_MAX 512

/*
 * Returns `text`; or NULL for an object that is not shown to people.  No
 * control character is left in it.
 */
const char *watch_line(const json_t *object, char text[static WATCH_LINE_MAX]);

/* "drop", "would drop", "hold": what was done with it; returns `text`. */
#define WATCH_ACTION_MAX 24
const char *watch_action(const json_t *decision,
			 char text[static WATCH_ACTION_MAX]);

/* The list, or the zones, that name the source: "" if none; returns `text`. */
#define WATCH_BY_MAX 256
const char *watch_by(const json_t *decision, char text[static WATCH_BY_MAX]);

#endif
