/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of keys. */

#include "core/config_keys.h"

#include <string.h>

#include "core/config_values.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* No list that is kept in place or asked in turn may grow without bound. */
#define PREFIXES_MAX CONFIG_SIZE_MAX

#define AT(member)	   .offset = offsetof(struct config, member)
#define OF_PRIMARY(member) .offset = offsetof(struct config_primary, member)
#define OF_GUARD(member)   .offset = offsetof(struct config_guard, member)
#define COUNTED(member)	   .count = offsetof(struct config, member)

_Static_assert(sizeof(enum config_mode) == sizeof(unsigned int), "choice");
_Static_assert(sizeof(enum stage) == sizeof(unsigned int), "choice");
_Static_assert(sizeof(enum config_attach) == sizeof(unsigned int), "choice");
_Static_assert(sizeof(enum config_policy) == sizeof(unsigned int), "choice");
_Static_assert(sizeof(enum action) == sizeof(unsigned int), "choice");
_Static_assert(offsetof(struct config_primary, name) == 0, "title");
_Static_assert(offsetof(struct config_guard, name) == 0, "title");
_Static_assert(offsetof(struct config_feed, name) == 0, "title");
_Static_assert(sizeof(enum unknown) == sizeof(unsigned int), "choice");
_Static_assert(offsetof(struct config_dnsbl, quota_period_ms) ==
		       offsetof(struct config_dnsbl, quota) +
			       offsetof(struct config_rate, period_ms),
	       "quota is a rate");
_Static_assert(offsetof(struct config, patience_period_ms) ==
		       offsetof(struct config, patience) +
			       offsetof(struct config_rate, period_ms),
	       "patience is a rate");

static const struct config_choice modes[] = {
	{"monitor", MODE_MONITOR},
	{"enforce", MODE_ENFORCE},
	{0},
};

#define STAGE_CHOICE(NAME, name, reasons) {#name, STAGE_##NAME},
static const struct config_choice stages[] = {STAGE_TABLE(STAGE_CHOICE){0}};

static const struct config_choice attachments[] = {
	{"auto", ATTACH_AUTO},
	{"native", ATTACH_NATIVE},
	{"generic", ATTACH_GENERIC},
	{0},
};

static const struct config_choice policies[] = {
	{"off", POLICY_OFF},
	{"strict", POLICY_STRICT},
	{"witness", POLICY_WITNESS},
	{0},
};

static const struct config_choice unknowns[] = {
	{"hold", UNKNOWN_HOLD},
	{"pass", UNKNOWN_PASS},
	{0},
};

/* Never a drop: they are suspected of nothing. */
static const struct config_choice overloads[] = {
	{"pass", ACTION_PASS},
	{"defer", ACTION_DEFER},
	{0},
};

static const struct config_choice bypass_actions[] = {
	{"drop", ACTION_DROP},
	{"reset", ACTION_RESET},
	{"defer", ACTION_DEFER},
	{0},
};

/* The doorman tells those that are listed something else. */
static const struct config_choice listed_actions[] = {
	{"drop", ACTION_DROP},
	{"reset", ACTION_RESET},
	{"reject", ACTION_DEFER},
	{0},
};

/* bpffs keeps names with dots for itself. */
static bool is_pin(const char *text)
{
	return config_is_path(text) && !strchr(text, '.');
}

/* sun_path of unix(7). */
static bool is_socket_path(const char *text)
{
	return config_is_path(text) && strlen(text) < 108;
}

static const struct config_key root_keys[] = {
	{
		.name = "interface",
		.kind = &config_kind_interface,
		.entries = CONFIG_INTERFACES_MAX,
		AT(interfaces),
		COUNTED(interface_count),
		.in_place = true,
		.distinct = true,
	},
	{
		.name = "protect",
		.kind = &config_kind_address,
		.entries = (size_t)2 * DOORS_MAX,
		AT(protect),
		COUNTED(protect_count),
		.distinct = true,
	},
	{
		.name = "ports",
		.kind = &config_kind_port,
		.fallback = "25",
		.entries = PORTS_MAX,
		AT(ports),
		COUNTED(port_count),
		.in_place = true,
		.distinct = true,
	},
	{
		.name = "mode",
		.kind = &config_kind_choice,
		.fallback = "monitor",
		.choices = modes,
		AT(mode),
	},
	{
		.name = "monitor",
		.kind = &config_kind_choice,
		.choices = stages,
		.entries = STAGES,
		AT(monitored),
		COUNTED(monitored_count),
		.in_place = true,
		.distinct = true,
	},
	{
		.name = "attach",
		.kind = &config_kind_choice,
		.fallback = "auto",
		.choices = attachments,
		AT(attach),
	},
	{
		.name = "user",
		.kind = &config_kind_text,
		.fallback = "postern",
		.accepts = config_is_account,
		.hint = "the name of a user",
		AT(user),
	},
	{
		.name = "group",
		.kind = &config_kind_text,
		.fallback = "postern",
		.accepts = config_is_account,
		.hint = "the name of a group",
		AT(group),
	},
	{
		.name = "list-capacity",
		.kind = &config_kind_number,
		.fallback = "1000000",
		.least = 1024,
		.most = 16777216,
		AT(list_capacity),
	},
	{
		.name = "list-capacity-max",
		.kind = &config_kind_number,
		.fallback = "4000000",
		.least = 1024,
		.most = 16777216,
		AT(list_capacity_max),
	},
	{
		.name = "allow",
		.kind = &config_kind_prefix,
		.entries = PREFIXES_MAX,
		AT(allow),
		COUNTED(allow_count),
	},
	{
		.name = "block",
		.kind = &config_kind_prefix,
		.entries = PREFIXES_MAX,
		AT(block),
		COUNTED(block_count),
	},
	{
		.name = "control",
		.kind = &config_kind_text,
		.fallback = CONFIG_DEFAULT_CONTROL,
		.accepts = is_socket_path,
		.hint = "an absolute path of less than 108 characters",
		AT(control),
	},
	{
		.name = "pin",
		.kind = &config_kind_text,
		.fallback = CONFIG_DEFAULT_PIN,
		.accepts = is_pin,
		.hint = "an absolute path without dots, as bpffs wants it",
		AT(pin),
	},
	{
		.name = "state",
		.kind = &config_kind_text,
		.fallback = CONFIG_DEFAULT_STATE,
		.accepts = config_is_path,
		.hint = "an absolute path",
		AT(state),
	},
	{
		.name = "mx-of",
		.kind = &config_kind_text,
		.entries = CONFIG_DOMAINS_MAX,
		.accepts = config_is_host_name,
		.hint = "a domain name",
		AT(mx_of),
		COUNTED(mx_of_count),
	},
};

static const struct config_key guard_keys[] = {
	{
		.name = "protect",
		.kind = &config_kind_address,
		.entries = (size_t)2 * DOORS_MAX,
		OF_GUARD(protect),
		.count = offsetof(struct config_guard, protect_count),
		.distinct = true,
	},
	{
		.name = "mx-of",
		.kind = &config_kind_text,
		.entries = CONFIG_DOMAINS_MAX,
		.accepts = config_is_host_name,
		.hint = "a domain name",
		OF_GUARD(mx_of),
		.count = offsetof(struct config_guard, mx_of_count),
	},
};

static const struct config_key primary_keys[] = {
	{
		.name = "address",
		.kind = &config_kind_address,
		.entries = CONFIG_ADDRESSES_MAX,
		OF_PRIMARY(addresses),
		.count = offsetof(struct config_primary, address_count),
		.distinct = true,
	},
	{
		.name = "port",
		.kind = &config_kind_port,
		.fallback = "25",
		OF_PRIMARY(port),
	},
};

static const struct config_key bypass_keys[] = {
	{
		.name = "policy",
		.kind = &config_kind_choice,
		.fallback = "strict",
		.choices = policies,
		AT(policy),
	},
	{
		.name = "action",
		.kind = &config_kind_choice,
		.fallback = "drop",
		.choices = bypass_actions,
		AT(bypass_action),
	},
	{
		.name = "witness-wait",
		.kind = &config_kind_duration,
		.fallback = "2500ms",
		.least = 0,
		.most = 10 * SECOND,
		.hint = "0s is without",
		AT(witness_wait_ms),
	},
	{
		.name = "mercy",
		.kind = &config_kind_duration,
		.fallback = "2h",
		.least = 0,
		.most = 7 * DAY,
		.hint = "0s is without",
		AT(mercy_ms),
	},
	{
		.name = "crowd",
		.kind = &config_kind_number,
		.fallback = "50",
		.least = 0,
		.most = 10000,
		AT(crowd),
	},
	{
		.name = "patience",
		.kind = &config_kind_rate,
		.fallback = "100/1h",
		.least = 1,
		.most = UINT32_MAX,
		AT(patience),
	},
};

static const struct config_key dnsbl_keys[] = {
	{
		.name = "sites",
		.kind = &config_kind_site,
		.entries = CONFIG_SITES_MAX,
		AT(dnsbl.sites),
		COUNTED(dnsbl.site_count),
	},
	{
		.name = "threshold",
		.kind = &config_kind_number,
		.fallback = "1",
		.least = 1,
		.most = SITE_WEIGHT_MAX,
		AT(dnsbl.threshold),
	},
	{
		.name = "unknown",
		.kind = &config_kind_choice,
		.fallback = "hold",
		.choices = unknowns,
		AT(dnsbl.unknown),
	},
	{
		.name = "hold-limit",
		.kind = &config_kind_duration,
		.fallback = "2500ms",
		.least = SECOND / 10,
		.most = 10 * SECOND,
		.hint = "a Windows sender gives up after 21s",
		AT(dnsbl.hold_limit_ms),
	},
	{
		.name = "nudge",
		.kind = &config_kind_switch,
		.fallback = "yes",
		AT(dnsbl.nudge),
	},
	{
		.name = "quota",
		.kind = &config_kind_rate,
		.fallback = "100000/1d",
		.least = 0,
		.most = UINT32_MAX,
		.hint = "0 is without limit",
		AT(dnsbl.quota),
	},
	{
		.name = "overload",
		.kind = &config_kind_choice,
		.fallback = "pass",
		.choices = overloads,
		AT(dnsbl.overload),
	},
	{
		.name = "nameservers",
		.kind = &config_kind_endpoint,
		.entries = CONFIG_NAMESERVERS_MAX,
		AT(dnsbl.nameservers),
		COUNTED(dnsbl.nameserver_count),
		.in_place = true,
		.distinct = true,
	},
	{
		.name = "action",
		.kind = &config_kind_choice,
		.fallback = "drop",
		.choices = listed_actions,
		AT(dnsbl.action),
	},
	{
		.name = "cache",
		.kind = &config_kind_number,
		.fallback = "262144",
		.least = 1024,
		.most = 16777216,
		AT(dnsbl.cache),
	},
};

const struct config_section config_sections[CONFIG_SECTIONS] = {
	{.name = "", .keys = root_keys, .key_count = COUNT(root_keys)},
	{
		.name = "primary",
		.keys = primary_keys,
		.key_count = COUNT(primary_keys),
		.size = sizeof(struct config_primary),
		AT(primaries),
		COUNTED(primary_count),
		.entries = CONFIG_PRIMARIES_MAX,
		.accepts = config_is_host_name,
		.hint = "the name of a host",
	},
	{
		.name = "guard",
		.keys = guard_keys,
		.key_count = COUNT(guard_keys),
		.size = sizeof(struct config_guard),
		AT(guards),
		COUNTED(guard_count),
		.entries = CONFIG_GUARDS_MAX - 1,
		.accepts = config_is_feed_name,
		.hint = "a name of letters, digits, `-`, `_` and `.`",
		.holds = "primary",
		.holds_offset = offsetof(struct config_guard, primaries),
		.holds_count = offsetof(struct config_guard, primary_count),
	},
	{
		.name = "feed",
		.keys = config_feed_keys,
		.key_count = CONFIG_FEED_KEYS,
		.size = sizeof(struct config_feed),
		AT(feeds),
		COUNTED(feed_count),
		.entries = CONFIG_FEEDS_MAX,
		.accepts = config_is_feed_name,
		.hint = "a name of letters, digits, `-`, `_` and `.`",
	},
	{.name = "health",
	 .keys = config_health_keys,
	 .key_count = CONFIG_HEALTH_KEYS},
	{.name = "bypass",
	 .keys = bypass_keys,
	 .key_count = COUNT(bypass_keys)},
	{.name = "doorman",
	 .keys = config_doorman_keys,
	 .key_count = CONFIG_DOORMAN_KEYS},
	{.name = "dnsbl", .keys = dnsbl_keys, .key_count = COUNT(dnsbl_keys)},
	{.name = "queue",
	 .keys = config_queue_keys,
	 .key_count = CONFIG_QUEUE_KEYS},
};

static const struct config_unsupported unsupported[] = {
	{"", "tls", NULL, "leave it out"},
	{"", "include", NULL, "put everything into this file"},
	{"health", "tls", NULL, "use starttls"},
#ifndef POSTERN_TLS
	{"health", "starttls", "may", "use none, it lacks OpenSSL"},
	{"health", "starttls", "encrypt", "use none, it lacks OpenSSL"},
#endif
};

const struct config_section *config_section_find(const char *name)
{
	for (size_t i = 0; i < CONFIG_SECTIONS; i++)
		if (strcmp(config_sections[i].name, name) == 0)
			return &config_sections[i];
	return NULL;
}

const struct config_key *config_key_find(const struct config_section *section,
					 const char *name)
{
	for (size_t i = 0; i < section->key_count; i++)
		if (strcmp(section->keys[i].name, name) == 0)
			return &section->keys[i];
	return NULL;
}

const struct config_unsupported *
config_unsupported_find(const char *section, const char *key, const char *value)
{
	for (size_t i = 0; i < COUNT(unsupported); i++) {
		const struct config_unsupported *entry = &unsupported[i];

		if (strcmp(entry->section, section) != 0 ||
		    strcmp(entry->key, key) != 0)
			continue;
		if (!value && !entry->value)
			return entry;
		if (value && entry->value && strcmp(entry->value, value) == 0)
			return entry;
	}
	return NULL;
}
