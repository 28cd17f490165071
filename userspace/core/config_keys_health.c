/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of the keys of the section `health`. */

#include "core/config_keys.h"
#include "core/config_values.h"

#define OF_HEALTH(member) .offset = offsetof(struct config, health.member)
#define COUNTED(member)	  .count = offsetof(struct config, health.member)

#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

_Static_assert(sizeof(enum starttls) == sizeof(unsigned int), "choice");

static const struct config_choice starttls_levels[] = {
	{"none", STARTTLS_NONE},
	{"may", STARTTLS_MAY},
	{"encrypt", STARTTLS_ENCRYPT},
	{0},
};

const struct config_key config_health_keys[CONFIG_HEALTH_KEYS] = {
	{
		.name = "interval",
		.kind = &config_kind_duration,
		.fallback = "30s",
		.least = SECOND,
		.most = HOUR,
		OF_HEALTH(interval_ms),
	},
	{
		.name = "timeout",
		.kind = &config_kind_duration,
		.fallback = "30s",
		.least = SECOND,
		.most = 5 * MINUTE,
		OF_HEALTH(timeout_ms),
	},
	{
		.name = "fall",
		.kind = &config_kind_number,
		.fallback = "2",
		.least = 1,
		.most = 100,
		OF_HEALTH(fall),
	},
	{
		.name = "rise",
		.kind = &config_kind_number,
		.fallback = "3",
		.least = 1,
		.most = 100,
		OF_HEALTH(rise),
	},
	{
		.name = "settle",
		.kind = &config_kind_duration,
		.fallback = "60s",
		.least = 0,
		.most = HOUR,
		OF_HEALTH(settle_ms),
	},
	{
		.name = "require",
		.kind = &config_kind_require,
		.fallback = "any",
		.least = 1,
		.most = CONFIG_PRIMARIES_MAX,
		OF_HEALTH(require),
	},
	{
		.name = "on-up",
		.kind = &config_kind_text,
		.entries = CONFIG_ARGUMENTS_MAX,
		.accepts = config_is_argument,
		OF_HEALTH(on_up),
		COUNTED(on_up_count),
	},
	{
		.name = "on-down",
		.kind = &config_kind_text,
		.entries = CONFIG_ARGUMENTS_MAX,
		.accepts = config_is_argument,
		OF_HEALTH(on_down),
		COUNTED(on_down_count),
	},
	{
		.name = "on-open",
		.kind = &config_kind_text,
		.entries = CONFIG_ARGUMENTS_MAX,
		.accepts = config_is_argument,
		OF_HEALTH(on_open),
		COUNTED(on_open_count),
	},
	{
		.name = "on-close",
		.kind = &config_kind_text,
		.entries = CONFIG_ARGUMENTS_MAX,
		.accepts = config_is_argument,
		OF_HEALTH(on_close),
		COUNTED(on_close_count),
	},
	{
		.name = "on-fail-open",
		.kind = &config_kind_text,
		.entries = CONFIG_ARGUMENTS_MAX,
		.accepts = config_is_argument,
		OF_HEALTH(on_fail_open),
		COUNTED(on_fail_open_count),
	},
	{
		.name = "source",
		.kind = &config_kind_address,
		.entries = FAMILY_MAX,
		OF_HEALTH(source),
		COUNTED(source_count),
		.in_place = true,
		.distinct = true,
	},
	{
		.name = "helo",
		.kind = &config_kind_text,
		.accepts = config_is_host_name,
		.hint = "a host name",
		OF_HEALTH(helo),
	},
	{
		.name = "recipient",
		.kind = &config_kind_text,
		.accepts = config_is_mailbox,
		.hint = "a mailbox, such as postmaster@example.net",
		OF_HEALTH(recipient),
	},
	{
		.name = "starttls",
		.kind = &config_kind_choice,
		.fallback = "none",
		.choices = starttls_levels,
		OF_HEALTH(starttls),
	},
};
