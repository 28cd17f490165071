/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which decisions somebody wants to see: the arguments of the control command
 * `watch`.  Pure.
 */
#ifndef POSTERN_WORKER_WATCH_FILTER_H
#define POSTERN_WORKER_WATCH_FILTER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/addr.h"
#include "shared.h"

struct watch_filter {
	__u32 reasons; /* REASON_BIT()s */
	bool any_source;
	struct prefix source;
};

#define WATCH_FILTER_TEXT 512

/*
 * "reasons": an array of their names, missing or empty: all; "source": an
 * address or a prefix, missing: any.  Returns 0; or -EINVAL with what is wrong
 * in `error`, and *out untouched.
 */
int watch_filter_parse(const json_t *args, struct watch_filter *out,
		       char error[static WATCH_FILTER_TEXT]);

bool watch_filter_has(const struct watch_filter *filter, enum reason reason,
		      const struct addr *source);

#endif
