/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Error codes of lists; the first line of the table that fits is taken. */

#include "sources/dnsbl_code.h"

#include <string.h>

#define ANY (-1)

static const struct code {
	const char *domain; /* of the list; NULL: any */
	int octets[4];
	bool doubtful; /* may be a listing of another list */
	const char *why;
	const char *remedy;
} codes[] = {
	{NULL,
	 {127, 255, 255, 252},
	 false,
	 "does not know this zone",
	 "correct the name of the zone"},
	{NULL,
	 {127, 255, 255, 254},
	 false,
	 "refuses public or anonymous resolvers",
	 "ask through a resolver of your own, or with a key of the list"},
	{NULL,
	 {127, 255, 255, 255},
	 false,
	 "refuses us: too many lookups",
	 "ask less, or subscribe to the list"},
	{NULL,
	 {127, 255, 255, ANY},
	 false,
	 "answers with an error code",
	 "see what the list says of its codes 127.255.255.x"},
	{"dnswl.org",
	 {127, 0, 0, 255},
	 false,
	 "refuses us: too many lookups",
	 "ask through a resolver of your own, or subscribe to the list"},
	{NULL,
	 {127, 0, 0, 255},
	 true,
	 "answers 127.0.0.255, which looks like an error code",
	 "ask through a resolver of your own, or claim it by a filter"},
	{NULL,
	 {127, 0, 0, 1},
	 true,
	 "answers 127.0.0.1, which looks like an error code",
	 "ask through a resolver of your own, or claim it by a filter"},
};

static bool ends_in(const char *zone, const char *domain)
{
	size_t length = strlen(zone), tail = strlen(domain);

	if (length < tail || strcmp(zone + length - tail, domain) != 0)
		return false;
	return length == tail || zone[length - tail - 1] == '.';
}

static bool fits(const struct code *code, const char *zone,
		 const uint8_t octets[static 4])
{
	for (unsigned int i = 0; i < 4; i++)
		if (code->octets[i] != ANY && code->octets[i] != octets[i])
			return false;
	return !code->domain || ends_in(zone, code->domain);
}

static const struct code *find_code(const char *zone,
				    const uint8_t octets[static 4])
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (fits(&codes[i], zone, octets))
			return &codes[i];
	return NULL;
}

static const uint8_t *record(const struct answer *answer, size_t index)
{
	return answer->addresses[index].octets + 12;
}

static bool is_claimed(const char *zone, const struct site *sites, size_t count,
		       const struct answer *answer)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(sites[i].zone, zone) != 0)
			continue;
		for (size_t r = 0; r < answer->count; r++)
			if (site_matches(&sites[i], record(answer, r)))
				return true;
	}
	return false;
}

static bool is_plausible(const struct answer *answer)
{
	for (size_t i = 0; i < answer->count; i++)
		if (record(answer, i)[0] == 127)
			return true;
	return false;
}

/* An error code in the answer; one that is certain before a doubtful one. */
static const struct code *find_error(const char *zone,
				     const struct answer *answer)
{
	const struct code *found = NULL;

	for (size_t i = 0; i < answer->count; i++) {
		const struct code *code = find_code(zone, record(answer, i));

		if (code && (!found || found->doubtful))
			found = code;
	}
	return found;
}

void dnsbl_code_judge(const char *zone, const struct site *sites, size_t count,
		      const struct answer *answer, struct zone_finding *out)
{
	const struct code *error;

	*out = (struct zone_finding){.state = ZONE_OK};
	if (answer->kind == ANSWER_FAILED) {
		out->state = ZONE_FAILING;
		out->why = answer->why;
	}
	if (answer->kind != ANSWER_RECORDS)
		return;
	error = find_error(zone, answer);
	if (error && error->doubtful && is_claimed(zone, sites, count, answer))
		error = NULL;
	if (error) {
		out->state = ZONE_BLOCKED;
		out->why = error->why;
		out->remedy = error->remedy;
		out->doubtful = error->doubtful;
	} else if (!is_plausible(answer)) {
		out->state = ZONE_WORLD;
		out->why = "answers outside of 127.0.0.0/8, as no list does";
		out->remedy = "see whether the list still exists";
		out->doubtful = true;
	}
}

void dnsbl_code_match(const struct site *site, const struct answer *answer,
		      struct dnsbl_site_result *out)
{
	size_t shown = 0;

	out->matched = false;
	for (size_t i = 0; i < answer->count && !out->matched; i++) {
		if (site_matches(site, record(answer, i))) {
			out->matched = true;
			shown = i;
		}
	}
	memcpy(out->address, record(answer, shown), sizeof(out->address));
}
