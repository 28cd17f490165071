/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What holds between the keys of a configuration: mistakes that would leave
 * the backup MX without mail, or Postern without effect.
 */

#include <errno.h>

#include "core/config_source.h"

/* The primary that `prefix` covers an address of, or NULL. */
static const struct config_primary *find_primary(const struct config *config,
						 const struct prefix *prefix,
						 const struct addr **address)
{
	for (size_t i = 0; i < config->primary_count; i++) {
		const struct config_primary *primary = &config->primaries[i];

		for (size_t j = 0; j < primary->address_count; j++) {
			if (prefix_contains(prefix, &primary->addresses[j])) {
				*address = &primary->addresses[j];
				return primary;
			}
		}
	}
	return NULL;
}

static const struct addr *find_protected(const struct config *config,
					 const struct prefix *prefix)
{
	for (size_t i = 0; i < config->protect_count; i++)
		if (prefix_contains(prefix, &config->protect[i]))
			return &config->protect[i];
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

static int check_doors(const struct config *config,
		       struct config_source *source)
{
	size_t doors[FAMILY_MAX] = {0};

	for (size_t i = 0; i < config->protect_count; i++) {
		enum family family = addr_family(&config->protect[i]);

		if (++doors[family] <= DOORS_MAX)
			continue;
		return config_source_fail(
			source, config_source_line(source, "", "protect", i),
			"protect: more than %d addresses of %s, expected at "
			"most so many",
			DOORS_MAX, family == FAMILY_IPV4 ? "IPv4" : "IPv6");
	}
	return 0;
}

/* A primary here would be probed, and answer, as the backup itself. */
static int check_primary(const struct config *config, size_t index,
			 struct config_source *source)
{
	const struct config_primary *primary = &config->primaries[index];
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
			config_source_titled_line(source, "primary", index,
						  "address", i),
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

	for (size_t i = 0; rc == 0 && i < config->primary_count; i++)
		rc = check_primary(config, i, source);
	return rc;
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

/* The gate must be able to close, or is said to be off. */
static int check_gate(const struct config *config, struct config_source *source)
{
	if (config->policy == POLICY_OFF)
		return 0;
	if (config->primary_count == 0)
		return config_source_fail(
			source,
			config_source_line(source, "bypass", "policy", 0),
			"bypass.policy = strict, but no primary is named, "
			"expected a `primary` section, or policy = off");
	if (config->health.require > config->primary_count)
		return config_source_fail(
			source,
			config_source_line(source, "health", "require", 0),
			"health.require = %u, but %zu %s named, expected no "
			"more than that",
			config->health.require, config->primary_count,
			config->primary_count == 1 ? "primary is"
						   : "primaries are");
	return 0;
}

static int check_hooks(const struct config *config,
		       struct config_source *source)
{
	const struct config_health *health = &config->health;

	if (health->on_up && health->on_up[0][0] == '\0')
		return config_source_fail(
			source,
			config_source_line(source, "health", "on-up", 0),
			"health.on-up begins with \"\", expected a command");
	if (health->on_down && health->on_down[0][0] == '\0')
		return config_source_fail(
			source,
			config_source_line(source, "health", "on-down", 0),
			"health.on-down begins with \"\", expected a command");
	return 0;
}

/* What blocks the world, ourselves or the primary is a slip. */
static int check_blocked(const struct config *config, size_t index,
			 struct config_source *source)
{
	const struct prefix *prefix = &config->block[index];
	const struct config_primary *primary;
	const struct addr *address;
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
	primary = find_primary(config, prefix, &address);
	if (primary)
		return config_source_fail(
			source, line,
			"block = \"%s\" covers %s of the primary %s, "
			"expected a prefix without it",
			shown, addr_format(address, text), primary->name);
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

	for (size_t i = 0; i < config->primary_count; i++)
		entries += config->primaries[i].address_count;
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

int config_check(const struct config *config, struct config_source *source)
{
	static int (*const checks[])(const struct config *config,
				     struct config_source *source) = {
		check_interfaces, check_doors,	  check_primaries,
		check_gate,	  check_feeds,	  check_hooks,
		check_block,	  check_capacity, check_threshold,
	};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(checks) / sizeof(checks[0]);
	     i++)
		rc = checks[i](config, source);
	return rc;
}
