/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of the keys of feeds. */

#include "core/config_keys.h"
#include "core/config_values.h"

#define OF_FEED(member) .offset = offsetof(struct config_feed, member)

#define MOST_AGE (UINT64_C(3650) * 24 * 60 * 60 * 1000)

_Static_assert(sizeof(enum feed_format) == sizeof(unsigned int), "choice");
_Static_assert(sizeof(enum action) == sizeof(unsigned int), "choice");

#define FORMAT(NAME, name) {name, FEED_##NAME},
static const struct config_choice formats[] = {
	FEED_FORMAT_TABLE(FORMAT){0},
};

static const struct config_choice feed_actions[] = {
	{"drop", ACTION_DROP},
	{"reset", ACTION_RESET},
	{"count", ACTION_PASS},
	{0},
};

const struct config_key config_feed_keys[CONFIG_FEED_KEYS] = {
	{
		.name = "file",
		.kind = &config_kind_text,
		.accepts = config_is_path,
		.hint = "an absolute path",
		OF_FEED(file),
	},
	{
		.name = "format",
		.kind = &config_kind_choice,
		.fallback = "auto",
		.choices = formats,
		OF_FEED(format),
	},
	{
		.name = "action",
		.kind = &config_kind_choice,
		.fallback = "drop",
		.choices = feed_actions,
		OF_FEED(action),
	},
	{
		.name = "max-age",
		.kind = &config_kind_duration,
		.fallback = "7d",
		.least = 0,
		.most = MOST_AGE,
		.hint = "0s is without limit",
		OF_FEED(max_age_ms),
	},
	{
		.name = "max-rejected",
		.kind = &config_kind_number,
		.fallback = "50",
		.least = 0,
		.most = 100,
		OF_FEED(rejected_max),
	},
	{
		.name = "max-change",
		.kind = &config_kind_number,
		.fallback = "50",
		.least = 0,
		.most = 1000000,
		OF_FEED(change_max),
	},
	{
		.name = "widest-ipv4",
		.kind = &config_kind_number,
		.fallback = "8",
		.least = 1,
		.most = 32,
		OF_FEED(widest_ipv4),
	},
	{
		.name = "widest-ipv6",
		.kind = &config_kind_number,
		.fallback = "19",
		.least = 1,
		.most = 128,
		OF_FEED(widest_ipv6),
	},
};
