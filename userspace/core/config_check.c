/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What holds between the keys of a configuration: mistakes that would leave
 * the backup MX without mail, or Postern without effect.
 */

#include <errno.h>
#include <string.h>

#include "core/config_source.h"

/* The line of a key of a guard; number 0 has no section of its own. */
static int guard_line(const struct config_source *source, size_t guard,
		      const char *key, size_t index)
{
	if (guard == 0)
		return config_source_line(source, "", key, index);
	return config_source_titled_line(source, "guard", guard - 1, key,
					 index);
}

static int primary_line(const struct config_source *source, size_t guard,
			size_t primary, const char *key, size_t index)
{
	if (guard == 0)
		return config_source_titled_line(source, "primary", primary,
						 key, index);
	return config_source_nested_line(source, "guard", guard - 1, "primary",
					 primary, key, index);
}

/* The address of the guard's primaries that `prefix` covers, or NULL. */
static const struct addr *find_primary(const struct config_guard *guard,
				       const struct prefix *prefix,
				       const char **name)
{
	for (size_t i = 0; i < guard->primary_count; i++) {
		const struct config_primary *primary = &guard->primaries[i];

		for (size_t j = 0; j < primary->address_count; j++) {
			if (!prefix_contains(prefix, &primary->addresses[j]))
				continue;
			*name = primary->name;
			return &primary->addresses[j];
		}
	}
	return NULL;
}

static const struct addr *find_protected(const struct config *config,
					 const struct prefix *prefix)
{
	for (size_t i = 0; i < config_guard_count(config); i++) {
		struct config_guard guard = config_guard(config, i);
		const struct addr *doors = guard.protect;

		for (size_t j = 0; j < guard.protect_count; j++)
			if (prefix_contains(prefix, &doors[j]))
				return &doors[j];
	}
	return NULL;
}

static int check_interfaces(const struct config *config,
			    struct config_source *source)
{
	if (config->interface_count > 0)
		return 0;
	return config_source_fail(
		source, config_source_line(source, "", "interface", 0),
		"no interface is given, expected one, such as "
		"interface = { \"eth0\" }");
}

static int check_door(const struct config *config, size_t guard, size_t index,
		      size_t doors[static FAMILY_MAX],
		      struct config_source *source)
{
	struct config_guard of = config_guard(config, guard);
	const struct addr *door = &of.protect[index];
	enum family family = addr_family(door);
	char text[ADDR_TEXT];

	if (config_guard_of(config, door) != guard)
		return config_source_fail(
			source, guard_line(source, guard, "protect", index),
			"protect = \"%s\" is in the guard \"%s\" too, expected "
			"it in one place",
			addr_format(door, text),
			config_guard(config, config_guard_of(config, door))
				.name);
	if (++doors[family] <= DOORS_MAX)
		return 0;
	return config_source_fail(
		source, guard_line(source, guard, "protect", index),
		"protect: more than %d addresses of %s, expected at most so "
		"many",
		DOORS_MAX, family == FAMILY_IPV4 ? "IPv4" : "IPv6");
}

static int check_doors(const struct config *config,
		       struct config_source *source)
{
	size_t doors[FAMILY_MAX] = {0};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < config_guard_count(config); i++) {
		struct config_guard guard = config_guard(config, i);

		for (size_t j = 0; rc == 0 && j < guard.protect_count; j++)
			rc = check_door(config, i, j, doors, source);
	}
	return rc;
}

/* A primary here would be probed, and answer, as the backup itself. */
static int check_primary(const struct config *config, size_t guard,
			 size_t index, struct config_source *source)
{
	struct config_guard of = config_guard(config, guard);
	const struct config_primary *primary = &of.primaries[index];
	char text[ADDR_TEXT];

	for (size_t i = 0; i < primary->address_count; i++) {
		struct prefix host = {
			.addr = primary->addresses[i],
			.length =
				addr_bits(addr_family(&primary->addresses[i])),
		};

		if (!find_protected(config, &host))
			continue;
		return config_source_fail(
			source,
			primary_line(source, guard, index, "address", i),
			"primary.address = \"%s\" is in `protect` too, "
			"expected the primary to be another host",
			addr_format(&host.addr, text));
	}
	return 0;
}

static int check_primaries(const struct config *config,
			   struct config_source *source)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < config_guard_count(config); i++) {
		struct config_guard guard = config_guard(config, i);

		for (size_t j = 0; rc == 0 && j < guard.primary_count; j++)
			rc = check_primary(config, i, j, source);
	}
	return rc;
}

/* What is looked up and kept for each of them must stay bounded. */
static int check_domains(const struct config *config,
			 struct config_source *source)
{
	size_t domains = 0;

	for (size_t i = 0; i < config_guard_count(config); i++) {
		struct config_guard guard = config_guard(config, i);

		domains += guard.mx_of_count;
		for (size_t j = 0; j < guard.mx_of_count; j++)
			for (size_t k = 0; k < j; k++)
				if (strcasecmp(guard.mx_of[j],
					       guard.mx_of[k]) == 0)
					return config_source_fail(
						source,
						guard_line(source, i, "mx-of",
							   j),
						"mx-of = \"%s\" is given "
						"twice, expected it once",
						guard.mx_of[j]);
		if (domains > CONFIG_DOMAINS_MAX)
			return config_source_fail(
				source, guard_line(source, i, "mx-of", 0),
				"mx-of: %zu domains in all, expected at most "
				"%d",
				domains, CONFIG_DOMAINS_MAX);
	}
	return 0;
}

static int check_feeds(const struct config *config,
		       struct config_source *source)
{
	for (size_t i = 0; i < config->feed_count; i++)
		if (!config->feeds[i].file)
			return config_source_fail(
				source,
				config_source_titled_line(source, "feed", i,
							  "file", 0),
				"feed \"%s\" has no file, expected "
				"file = \"/a/path\"",
				config->feeds[i].name);
	return 0;
}

static bool is_empty(const struct config_guard *guard)
{
	return guard->primary_count == 0 && guard->mx_of_count == 0;
}

static int check_guard(const struct config *config, size_t number,
		       struct config_source *source)
{
	struct config_guard guard = config_guard(config, number);

	if (number > 0 && guard.protect_count == 0)
		return config_source_fail(
			source, guard_line(source, number, "protect", 0),
			"guard \"%s\" protects nothing, expected `protect` "
			"with addresses of this host",
			guard.name);
	if (config->policy == POLICY_OFF)
		return 0;
	if (number > 0 && is_empty(&guard))
		return config_source_fail(
			source, guard_line(source, number, "mx-of", 0),
			"guard \"%s\" names neither domains nor primaries, "
			"expected `mx-of` or a `primary` section",
			guard.name);
	if (guard.primary_count > 0 &&
	    config->health.require > guard.primary_count)
		return config_source_fail(
			source,
			config_source_line(source, "health", "require", 0),
			"health.require = %u, but %zu %s named, expected no "
			"more than that",
			config->health.require, guard.primary_count,
			guard.primary_count == 1 ? "primary is"
						 : "primaries are");
	return 0;
}

/* The gate must be able to close, or is said to be off. */
static int check_gate(const struct config *config, struct config_source *source)
{
	struct config_guard unnamed = config_guard(config, 0);
	int rc = 0;

	if (config->policy != POLICY_OFF && config->guard_count == 0 &&
	    is_empty(&unnamed))
		return config_source_fail(
			source,
			config_source_line(source, "bypass", "policy", 0),
			"bypass.policy = %s, but no primary is named, expected "
			"a `primary` section, `mx-of`, or policy = off",
			config->policy == POLICY_STRICT ? "strict" : "witness");
	for (size_t i = 0; rc == 0 && i < config_guard_count(config); i++)
		rc = check_guard(config, i, source);
	return rc;
}

static int check_sources(const struct config *config,
			 struct config_source *source)
{
	const struct config_health *health = &config->health;
	char text[ADDR_TEXT];

	if (health->source_count < 2 ||
	    addr_family(&health->source[0]) != addr_family(&health->source[1]))
		return 0;
	return config_source_fail(
		source, config_source_line(source, "health", "source", 1),
		"health.source = \"%s\" is the second one of its family, "
		"expected one for IPv4 and one for IPv6 at most",
		addr_format(&health->source[1], text));
}

/* A command has a name, whatever its arguments are. */
static int check_commands(const struct config *config,
			  struct config_source *source)
{
	const struct {
		const char *section;
		const char *key;
		char *const *words;
	} commands[] = {
		{"health", "on-up", config->health.on_up},
		{"health", "on-down", config->health.on_down},
		{"health", "on-open", config->health.on_open},
		{"health", "on-close", config->health.on_close},
		{"health", "on-fail-open", config->health.on_fail_open},
		{"queue", "flush-command", config->queue.flush_command},
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].words && commands[i].words[0][0] == '\0')
			return config_source_fail(
				source,
				config_source_line(source, commands[i].section,
						   commands[i].key, 0),
				"%s.%s begins with \"\", expected a command",
				commands[i].section, commands[i].key);
	return 0;
}

static int check_recipients(const struct config *config,
			    struct config_source *source)
{
	if (config->queue.recipients == RECIPIENTS_OFF ||
	    config->queue.recipient_file)
		return 0;
	return config_source_fail(
		source, config_source_line(source, "queue", "recipients", 0),
		"queue.recipients = verify, but no recipients are known, "
		"expected recipient-file = \"/a/path\"");
}

/* What blocks the world, ourselves or the primary is a slip. */
static int check_blocked(const struct config *config, size_t index,
			 struct config_source *source)
{
	const struct prefix *prefix = &config->block[index];
	const struct addr *address;
	const char *primary;
	char shown[PREFIX_TEXT];
	char text[ADDR_TEXT];
	int line = config_source_line(source, "", "block", index);

	prefix_format(prefix, shown);
	if (prefix->length == 0)
		return config_source_fail(source, line,
					  "block = \"%s\" blocks everybody, "
					  "expected a longer prefix",
					  shown);
	address = find_protected(config, prefix);
	if (address)
		return config_source_fail(
			source, line,
			"block = \"%s\" covers %s, which is in `protect`, "
			"expected a prefix without it",
			shown, addr_format(address, text));
	for (size_t i = 0; i < config_guard_count(config); i++) {
		struct config_guard guard = config_guard(config, i);

		address = find_primary(&guard, prefix, &primary);
		if (address)
			return config_source_fail(
				source, line,
				"block = \"%s\" covers %s of the primary %s, "
				"expected a prefix without it",
				shown, addr_format(address, text), primary);
	}
	return 0;
}

static int check_block(const struct config *config,
		       struct config_source *source)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < config->block_count; i++)
		rc = check_blocked(config, i, source);
	return rc;
}

/* Addresses of primaries are on the allow list by themselves. */
static int check_capacity(const struct config *config,
			  struct config_source *source)
{
	size_t entries = config->allow_count + config->block_count;

	for (size_t i = 0; i < config_guard_count(config); i++) {
		struct config_guard guard = config_guard(config, i);

		for (size_t j = 0; j < guard.primary_count; j++)
			entries += guard.primaries[j].address_count;
	}
	if (entries <= config->list_capacity)
		return 0;
	return config_source_fail(
		source, config_source_line(source, "", "list-capacity", 0),
		"list-capacity = %u, but `allow`, `block` and the primaries "
		"have %zu entries, expected at least that",
		config->list_capacity, entries);
}

/* A threshold that can't be reached lists nobody, and nobody would notice. */
static int check_threshold(const struct config *config,
			   struct config_source *source)
{
	const struct config_dnsbl *dnsbl = &config->dnsbl;
	int64_t reach = 0;

	for (size_t i = 0; i < dnsbl->site_count; i++)
		if (dnsbl->sites[i].weight > 0)
			reach += dnsbl->sites[i].weight;
	if (dnsbl->site_count == 0 || reach >= dnsbl->threshold)
		return 0;
	return config_source_fail(
		source, config_source_line(source, "dnsbl", "threshold", 0),
		"dnsbl.threshold = %d, but the weights of the sites add up to "
		"%lld, expected no more than that",
		dnsbl->threshold, (long long)reach);
}

/* The certificate that Postfix names belongs to another key. */
static int check_doorman(const struct config *config,
			 struct config_source *source)
{
	if (!config->doorman.tls_key_file || config->doorman.tls_cert_file)
		return 0;
	return config_source_fail(
		source,
		config_source_line(source, "doorman", "tls-key-file", 0),
		"doorman.tls-key-file without doorman.tls-cert-file, expected "
		"both or the latter alone");
}

int config_check(const struct config *config, struct config_source *source)
{
	static int (*const checks[])(const struct config *config,
				     struct config_source *source) = {
		check_interfaces, check_doors, check_primaries, check_domains,
		check_sources,	  check_gate,  check_feeds,	check_commands,
		check_recipients, check_block, check_capacity,	check_threshold,
		check_doorman,
	};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(checks) / sizeof(checks[0]);
	     i++)
		rc = checks[i](config, source);
	return rc;
}
