/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The arguments of `watch`. */

#include "worker/watch_filter.h"

#include <errno.h>
#include <stdio.h>

#include "core/reason.h"

/* Longer words are cut. */
#define WORD_SHOWN 64

static int fail_unknown(const char *name, char error[static WATCH_FILTER_TEXT])
{
	size_t length = (size_t)snprintf(error, WATCH_FILTER_TEXT,
					 "\"%.*s\" is no reason, but",
					 WORD_SHOWN, name);

	for (enum reason reason = 0; reason < REASON_MAX; reason++)
		length += (size_t)snprintf(
			error + length, WATCH_FILTER_TEXT - length, "%s %s",
			reason ? "," : "", reason_name(reason));
	return -EINVAL;
}

static int parse_reasons(const json_t *names, __u32 *out,
			 char error[static WATCH_FILTER_TEXT])
{
	__u32 reasons = 0;
	const json_t *one;
	size_t i;

	if (names && !json_is_array(names)) {
		snprintf(error, WATCH_FILTER_TEXT, "\"reasons\" is no array");
		return -EINVAL;
	}
	json_array_foreach(names, i, one)
	{
		const char *name = json_string_value(one);
		enum reason reason = reason_by_name(name ? name : "");

		if (reason == REASON_MAX)
			return fail_unknown(name ? name : "", error);
		reasons |= REASON_BIT(reason);
	}
	*out = reasons ? reasons : REASON_BIT(REASON_MAX) - 1;
	return 0;
}

int watch_filter_parse(const json_t *args, struct watch_filter *out,
		       char error[static WATCH_FILTER_TEXT])
{
	const json_t *source = json_object_get(args, "source");
	const char *text = json_string_value(source);
	struct watch_filter filter = {.any_source = !source};

	if (source && (!text || prefix_parse(text, &filter.source))) {
		snprintf(error, WATCH_FILTER_TEXT,
			 "\"%.*s\" is no address, and no prefix with its "
			 "host bits zero",
			 WORD_SHOWN, text ? text : "");
		return -EINVAL;
	}
	if (parse_reasons(json_object_get(args, "reasons"), &filter.reasons,
			  error))
		return -EINVAL;
	*out = filter;
	return 0;
}

bool watch_filter_has(const struct watch_filter *filter, enum reason reason,
		      const struct addr *source)
{
	return reason < REASON_MAX && filter->reasons & REASON_BIT(reason) &&
	       (filter->any_source || prefix_contains(&filter->source, source));
}
