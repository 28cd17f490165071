/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of the keys of the doorman. */

#include "core/config_keys.h"
#include "core/config_values.h"

#define OF_DOORMAN(member) .offset = offsetof(struct config, doorman.member)

#define SECOND UINT64_C(1000)

/* RFC 5321, 4.2.3: one of "try again later", one of "never again". */
static const struct config_choice codes[] = {
	{"451", 451},
	{"554", 554},
	{0},
};

_Static_assert(sizeof(enum starttls) == sizeof(unsigned int), "choice");

/* What is offered; who asks for it is no matter of ours. */
static const struct config_choice starttls_levels[] = {
	{"none", STARTTLS_NONE},
	{"may", STARTTLS_MAY},
	{0},
};

const struct config_key config_doorman_keys[CONFIG_DOORMAN_KEYS] = {
	{
		.name = "name",
		.kind = &config_kind_text,
		.accepts = config_is_host_name,
		.hint = "the name of this host",
		OF_DOORMAN(name),
	},
	{
		.name = "listed",
		.kind = &config_kind_choice,
		.fallback = "451",
		.choices = codes,
		OF_DOORMAN(listed_code),
	},
	{
		.name = "connections",
		.kind = &config_kind_number,
		.fallback = "200",
		.least = 4,
		.most = 4096,
		OF_DOORMAN(connections),
	},
	{
		.name = "per-network",
		.kind = &config_kind_number,
		.fallback = "20",
		.least = 1,
		.most = 4096,
		OF_DOORMAN(per_network),
	},
	{
		.name = "timeout",
		.kind = &config_kind_duration,
		.fallback = "60s",
		.least = 10 * SECOND,
		.most = 600 * SECOND,
		OF_DOORMAN(timeout_ms),
	},
	{
		.name = "starttls",
		.kind = &config_kind_choice,
		.fallback = "may",
		.choices = starttls_levels,
		OF_DOORMAN(starttls),
	},
	{
		.name = "tls-cert-file",
		.kind = &config_kind_text,
		.accepts = config_is_path,
		.hint = "an absolute path",
		OF_DOORMAN(tls_cert_file),
	},
	{
		.name = "tls-key-file",
		.kind = &config_kind_text,
		.accepts = config_is_path,
		.hint = "an absolute path",
		OF_DOORMAN(tls_key_file),
	},
	{
		.name = "postfix",
		.kind = &config_kind_text,
		.fallback = "/etc/postfix",
		.accepts = config_is_path,
		.hint = "an absolute path",
		OF_DOORMAN(postfix),
	},
};
