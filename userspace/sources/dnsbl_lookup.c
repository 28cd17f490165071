/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of lookups; pure but for the memory taken at the start. */

#include "sources/dnsbl_lookup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sources/dnsbl_code.h"

int dnsbl_lookups_init(struct dnsbl_lookups *lookups, const struct site *sites,
		       size_t site_count, int threshold)
{
	lookups->sites = sites;
	lookups->site_count = site_count;
	lookups->threshold = threshold;
	lookups->lookups = calloc(DNSBL_LOOKUPS, sizeof(*lookups->lookups));
	/* One more: an empty configuration is no error. */
	lookups->results = calloc(DNSBL_LOOKUPS * site_count + 1,
				  sizeof(*lookups->results));
	if (!lookups->lookups || !lookups->results)
		return -ENOMEM;
	for (uint32_t i = 0; i < DNSBL_LOOKUPS; i++) {
		lookups->lookups[i].results = lookups->results + i * site_count;
		lookups->lookups[i].next_unused = i + 1;
	}
	return 0;
}

void dnsbl_lookups_free(struct dnsbl_lookups *lookups)
{
	free(lookups->lookups);
	free(lookups->results);
}

struct dnsbl_lookup *dnsbl_lookups_begin(struct dnsbl_lookups *lookups,
					 const struct dnsbl_waiting *of,
					 uint64_t now_ms)
{
	struct dnsbl_lookup *lookup;

	if (lookups->active == DNSBL_LOOKUPS)
		return NULL;
	lookup = &lookups->lookups[lookups->unused];
	lookups->unused = lookup->next_unused;
	lookups->active++;
	lookup->of = *of;
	lookup->active = true;
	lookup->started_ms = now_ms;
	lookup->repeated = 0;
	lookup->repeat = 0;
	memset(lookup->results, 0,
	       lookups->site_count * sizeof(*lookup->results));
	return lookup;
}

void dnsbl_lookups_end(struct dnsbl_lookups *lookups,
		       struct dnsbl_lookup *lookup)
{
	lookup->active = false;
	lookup->generation++;
	lookup->next_unused = lookups->unused;
	lookups->unused = (uint32_t)(lookup - lookups->lookups);
	lookups->active--;
}

struct dnsbl_ticket dnsbl_lookups_ticket(const struct dnsbl_lookups *lookups,
					 const struct dnsbl_lookup *lookup)
{
	return (struct dnsbl_ticket){
		.lookup = (uint32_t)(lookup - lookups->lookups),
		.generation = lookup->generation,
	};
}

struct dnsbl_lookup *dnsbl_lookups_find(const struct dnsbl_lookups *lookups,
					const struct dnsbl_ticket *ticket)
{
	struct dnsbl_lookup *lookup = &lookups->lookups[ticket->lookup];

	return lookup->generation == ticket->generation ? lookup : NULL;
}

bool dnsbl_lookup_answer(const struct dnsbl_lookups *lookups,
			 struct dnsbl_lookup *lookup, uint32_t zone,
			 const struct answer *answer, bool doubted)
{
	bool worse = false;

	for (size_t i = 0; i < lookups->site_count; i++) {
		struct dnsbl_site_result *result = &lookup->results[i];

		if (lookups->zone_of[i] != zone)
			continue;
		result->settled = true;
		result->kind = answer->kind;
		result->ttl_s = answer->ttl_s;
		if (answer->kind != ANSWER_RECORDS)
			continue;
		dnsbl_code_match(&lookups->sites[i], answer, result);
		if (result->matched && lookups->sites[i].weight > 0) {
			result->doubted = doubted;
			worse = true;
		}
	}
	return worse;
}

static void fail(struct dnsbl_site_result *result, const char *why)
{
	*result = (struct dnsbl_site_result){
		.settled = true,
		.kind = ANSWER_FAILED,
		.why = why,
	};
}

void dnsbl_lookup_fail(const struct dnsbl_lookups *lookups,
		       struct dnsbl_lookup *lookup, uint32_t zone,
		       const char *why)
{
	for (size_t i = 0; i < lookups->site_count; i++)
		if (lookups->zone_of[i] == zone)
			fail(&lookup->results[i], why);
}

bool dnsbl_lookup_is_doubted(const struct dnsbl_lookups *lookups,
			     const struct dnsbl_lookup *lookup, uint32_t zone)
{
	for (size_t i = 0; i < lookups->site_count; i++)
		if (lookups->zone_of[i] == zone && lookup->results[i].doubted)
			return true;
	return false;
}

bool dnsbl_lookup_confirm(const struct dnsbl_lookups *lookups,
			  struct dnsbl_lookup *lookup, uint32_t zone)
{
	bool doubted = dnsbl_lookup_is_doubted(lookups, lookup, zone);

	for (size_t i = 0; i < lookups->site_count; i++)
		if (lookups->zone_of[i] == zone)
			lookup->results[i].doubted = false;
	return doubted;
}

void dnsbl_lookup_expire(const struct dnsbl_lookups *lookups,
			 struct dnsbl_lookup *lookup)
{
	for (size_t i = 0; i < lookups->site_count; i++) {
		struct dnsbl_site_result *result = &lookup->results[i];

		if (!result->settled)
			fail(result, "no answer in time");
		else if (result->doubted)
			fail(result, "not confirmed in time");
	}
}

bool dnsbl_lookups_is_listing(const struct dnsbl_lookups *lookups,
			      uint32_t zone, const struct answer *answer)
{
	struct dnsbl_site_result result;

	if (answer->kind != ANSWER_RECORDS)
		return false;
	for (size_t i = 0; i < lookups->site_count; i++) {
		if (lookups->zone_of[i] != zone ||
		    lookups->sites[i].weight <= 0)
			continue;
		dnsbl_code_match(&lookups->sites[i], answer, &result);
		if (result.matched)
			return true;
	}
	return false;
}

bool dnsbl_lookup_is_allowed(const struct dnsbl_lookups *lookups,
			     const struct dnsbl_lookup *lookup)
{
	for (size_t i = 0; i < lookups->site_count; i++)
		if (lookup->results[i].matched && lookups->sites[i].weight < 0)
			return true;
	return false;
}

bool dnsbl_lookup_is_known(const struct dnsbl_lookups *lookups,
			   const struct dnsbl_lookup *lookup, uint32_t zone,
			   bool *listed)
{
	bool known = false;

	*listed = false;
	for (size_t i = 0; i < lookups->site_count; i++) {
		const struct dnsbl_site_result *result = &lookup->results[i];

		if (lookups->zone_of[i] != zone || !result->settled ||
		    result->doubted || result->kind == ANSWER_FAILED)
			continue;
		known = true;
		if (result->matched && lookups->sites[i].weight > 0)
			*listed = true;
	}
	return known;
}

uint64_t dnsbl_lookup_causes(const struct dnsbl_lookups *lookups,
			     const struct dnsbl_lookup *lookup)
{
	uint64_t zones = 0;

	for (size_t i = 0; i < lookups->site_count; i++) {
		const struct dnsbl_site_result *result = &lookup->results[i];

		if (result->matched && !result->doubted &&
		    lookups->sites[i].weight != 0)
			zones |= UINT64_C(1) << lookups->zone_of[i];
	}
	return zones;
}
