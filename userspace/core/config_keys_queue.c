/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of the keys of the section `queue`. */

#include "core/config_keys.h"
#include "core/config_values.h"

#define OF_QUEUE(member) .offset = offsetof(struct config, queue.member)
#define COUNTED(member)	 .count = offsetof(struct config, queue.member)

#define DOMAINS_MAX 1000
#define MOST_DELAY  (UINT64_C(60) * 60 * 1000)

_Static_assert(sizeof(enum config_recipients) == sizeof(unsigned int),
	       "choice");

static const struct config_choice recipients[] = {
	{"off", RECIPIENTS_OFF},
	{"verify", RECIPIENTS_VERIFY},
	{0},
};

const struct config_key config_queue_keys[CONFIG_QUEUE_KEYS] = {
	{
		.name = "flush",
		.kind = &config_kind_text,
		.entries = DOMAINS_MAX,
		.accepts = config_is_host_name,
		.hint = "a domain name",
		OF_QUEUE(flush),
		COUNTED(flush_count),
	},
	{
		.name = "flush-delay",
		.kind = &config_kind_duration,
		.fallback = "10s",
		.least = 0,
		.most = MOST_DELAY,
		OF_QUEUE(flush_delay_ms),
	},
	{
		.name = "flush-command",
		.kind = &config_kind_text,
		.entries = CONFIG_ARGUMENTS_MAX,
		.accepts = config_is_argument,
		OF_QUEUE(flush_command),
		COUNTED(flush_command_count),
	},
	{
		.name = "directory",
		.kind = &config_kind_text,
		.fallback = "/var/spool/postfix",
		.accepts = config_is_path,
		.hint = "an absolute path",
		OF_QUEUE(directory),
	},
	{
		.name = "recipients",
		.kind = &config_kind_choice,
		.fallback = "off",
		.choices = recipients,
		OF_QUEUE(recipients),
	},
	{
		.name = "recipient-file",
		.kind = &config_kind_text,
		.accepts = config_is_path,
		.hint = "an absolute path",
		OF_QUEUE(recipient_file),
	},
	{
		.name = "verify-port",
		.kind = &config_kind_port,
		.fallback = "10025",
		OF_QUEUE(verify_port),
	},
	{
		.name = "verify-delay",
		.kind = &config_kind_duration,
		.fallback = "5s",
		.least = 100,
		.most = MOST_DELAY,
		OF_QUEUE(verify_delay_ms),
	},
};
