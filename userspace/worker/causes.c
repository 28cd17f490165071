/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bits for zones. */

#include "worker/causes.h"

#include <stdbool.h>
#include <string.h>

#include "worker/fnv.h"

static uint64_t bit_of(const char *zone)
{
	uint64_t hash = fnv_add(FNV_START, zone, strlen(zone));

	return UINT64_C(1) << (hash >> 58);
}

static size_t first_of_zone(const struct config_dnsbl *config, const char *zone)
{
	size_t i = 0;

	while (i < config->site_count &&
	       strcmp(config->sites[i].zone, zone) != 0)
		i++;
	return i;
}

uint64_t causes_of(const struct config_dnsbl *config, uint64_t zones)
{
	unsigned int zone = 0;
	uint64_t causes = 0;

	for (size_t i = 0; i < config->site_count && zone < 64; i++) {
		const char *name = config->sites[i].zone;

		if (first_of_zone(config, name) != i)
			continue;
		if (zones >> zone & 1)
			causes |= bit_of(name);
		zone++;
	}
	return causes;
}

static uint64_t add_site(uint64_t hash, const struct site *site)
{
	hash = fnv_add(hash, site->zone, strlen(site->zone) + 1);
	hash = fnv_add(hash, &site->weight, sizeof(site->weight));
	hash = fnv_add(hash, &site->filtered, sizeof(site->filtered));
	if (site->filtered)
		hash = fnv_add(hash, site->filter, sizeof(site->filter));
	return hash;
}

static uint64_t fingerprint_of(const struct config_dnsbl *config,
			       const char *zone)
{
	uint64_t hash = FNV_START;

	for (size_t i = 0; i < config->site_count; i++)
		if (strcmp(config->sites[i].zone, zone) == 0)
			hash = add_site(hash, &config->sites[i]);
	return hash;
}

uint64_t causes_changed(const struct config_dnsbl *before,
			const struct config_dnsbl *now)
{
	uint64_t causes = 0;

	if (before->threshold != now->threshold)
		return UINT64_MAX;
	for (size_t i = 0; i < before->site_count; i++) {
		const char *zone = before->sites[i].zone;

		if (fingerprint_of(before, zone) != fingerprint_of(now, zone))
			causes |= bit_of(zone);
	}
	return causes;
}

uint64_t causes_fingerprint(const struct config_dnsbl *config)
{
	uint64_t hash = fnv_add(FNV_START, &config->threshold,
				sizeof(config->threshold));

	for (size_t i = 0; i < config->site_count; i++)
		hash = add_site(hash, &config->sites[i]);
	return hash;
}
