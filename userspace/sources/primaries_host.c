/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host and its addresses: resolved, probed, described. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "sources/addresses.h"
#include "sources/health_log.h"
#include "sources/primaries_internal.h"

struct host *host_new(struct primaries *primaries, const char *name,
		      uint16_t port)
{
	struct host *host = calloc(1, sizeof(*host));

	if (!host)
		return NULL;
	host->name = strdup(name);
	if (!host->name) {
		free(host);
		return NULL;
	}
	host->primaries = primaries;
	host->port = port;
	return host;
}

static struct place *find_place(const struct host *host,
				const struct addr *addr)
{
	struct place *place = host->places;

	while (place && !addr_equal(&place->addr, addr))
		place = place->next;
	return place;
}

/* Returns 1 for a new one, 0 for one that is there, or -ENOMEM. */
static int add_place(struct host *host, const struct addr *addr,
		     uint64_t since_ns)
{
	struct place **end = &host->places;
	struct place *place;

	if (find_place(host, addr))
		return 0;
	place = calloc(1, sizeof(*place));
	if (!place)
		return -ENOMEM;
	place->addr = *addr;
	place->since_ns = since_ns;
	place->user.name = host->name;
	while (*end)
		end = &(*end)->next;
	*end = place;
	return 1;
}

int host_add(struct host *host, const struct addr *addr)
{
	int added = add_place(host, addr, 0);

	host->resolved[FAMILY_IPV4] = host->resolved[FAMILY_IPV6] = true;
	return added < 0 ? added : 0;
}

static void leave(struct place *place)
{
	if (place->probed)
		health_leave(&place->user);
	place->probed = false;
}

static bool contains(const struct answer *answer, const struct addr *addr)
{
	if (answer->kind != ANSWER_RECORDS)
		return false;
	for (size_t i = 0; i < answer->count; i++)
		if (addr_equal(&answer->addresses[i], addr))
			return true;
	return false;
}

static bool drop_vanished(struct host *host, enum family family,
			  const struct answer *answer)
{
	struct place **link = &host->places;
	bool dropped = false;

	while (*link) {
		struct place *place = *link;

		if (addr_family(&place->addr) != family ||
		    contains(answer, &place->addr)) {
			link = &place->next;
			continue;
		}
		if (place->probed) {
			struct health_target what =
				health_describe(&place->user);

			health_log_vanished(&what);
		}
		leave(place);
		*link = place->next;
		free(place);
		dropped = true;
	}
	return dropped;
}

static bool add_new(struct host *host, enum family family,
		    const struct answer *answer)
{
	uint64_t since_ns = host->answered[family] ? uv_hrtime() : 0;
	bool changed = false;

	if (answer->kind != ANSWER_RECORDS)
		return false;
	for (size_t i = 0; i < answer->count; i++) {
		int added = add_place(host, &answer->addresses[i], since_ns);

		if (added < 0)
			health_log_lost(host->name, &answer->addresses[i],
					added);
		changed |= added > 0;
	}
	return changed;
}

static void note_none(struct host *host, enum family family, bool none)
{
	bool other =
		host->none[family == FAMILY_IPV4 ? FAMILY_IPV6 : FAMILY_IPV4];

	if (none && other && !host->none[family] && host->named)
		log_warning("primary %s has no address in DNS", host->name);
	host->none[family] = none;
}

static void on_found(void *context, const struct answer *answer)
{
	enum family family =
		answer->type == QUESTION_A ? FAMILY_IPV4 : FAMILY_IPV6;
	struct host *host = context;
	struct primaries *primaries = host->primaries;
	bool known = answer->kind != ANSWER_FAILED;
	bool changed = host->resolved[family] != known;

	host->resolved[family] = known;
	if (known) {
		changed |= drop_vanished(host, family, answer);
		changed |= add_new(host, family, answer);
		note_none(host, family, answer->kind == ANSWER_NONE);
		host->answered[family] = true;
	}
	if (!changed)
		return;
	primaries_refresh(primaries);
	primaries->changed(primaries->context);
}

int host_follow(struct host *host)
{
	static const enum question_type types[] = {
		[FAMILY_IPV4] = QUESTION_A,
		[FAMILY_IPV6] = QUESTION_AAAA,
	};
	struct primaries *primaries = host->primaries;
	int error = 0;

	for (enum family family = 0; family < FAMILY_MAX && !error; family++)
		error = follow_start(primaries->loop, primaries->resolver,
				     host->name, types[family], 0, on_found,
				     host, &host->follow[family]);
	return error;
}

static void join(struct host *host, struct place *place)
{
	int error = health_join(host->primaries->health, &place->addr,
				host->port, &place->user);

	place->probed = error == 0;
	if (error && !place->lost)
		health_log_lost(host->name, &place->addr, error);
	place->lost = error != 0;
}

/*
 * The mail server here is none of its own primaries, whatever DNS says; unless
 * the configuration has its address, as where one machine carries both.
 */
static bool is_own(const struct host *host, const struct addr *addr)
{
	return primaries_is_own(host->primaries, addr) ||
	       (host->follow[addr_family(addr)] && addresses_is_local(addr));
}

void host_probe(struct host *host)
{
	for (struct place *place = host->places; place; place = place->next) {
		bool own = is_own(host, &place->addr);

		place->user.recipient = host->recipient;
		if (host->named && own && !place->own)
			health_log_own(host->name, &place->addr);
		place->own = own;
		if (!host->wanted || own)
			leave(place);
		else if (!place->probed)
			join(host, place);
	}
}

static enum policy_health health_of(const struct host *host,
				    const struct place *place)
{
	if (!primaries_counts(host->primaries, place->since_ns))
		return POLICY_HEALTH_UNKNOWN;
	switch (health_state_of(&place->user)) {
	case HEALTH_UP:
		return POLICY_HEALTH_UP;
	case HEALTH_DOWN:
		return POLICY_HEALTH_DOWN;
	default:
		return POLICY_HEALTH_UNKNOWN;
	}
}

/* The best of a host's addresses of one family; false: it has none. */
static bool best_of(const struct host *host, enum family family,
		    enum policy_health *out)
{
	bool any = false, up = false, unknown = false;

	for (const struct place *place = host->places; place;
	     place = place->next) {
		if (!place->probed || addr_family(&place->addr) != family)
			continue;
		any = true;
		up |= health_of(host, place) == POLICY_HEALTH_UP;
		unknown |= health_of(host, place) == POLICY_HEALTH_UNKNOWN;
	}
	*out = up	 ? POLICY_HEALTH_UP
	       : unknown ? POLICY_HEALTH_UNKNOWN
			 : POLICY_HEALTH_DOWN;
	return any;
}

static bool is_ours(const struct host *host, size_t guard)
{
	for (const struct place *place = host->places; place;
	     place = place->next)
		if (primaries_is_door(host->primaries, &place->addr, guard))
			return true;
	return false;
}

void host_describe(const struct host *host, size_t guard, uint64_t since_ns,
		   struct policy_host *out)
{
	bool counts = primaries_counts(host->primaries, since_ns);

	out->ours = is_ours(host, guard);
	out->resolved =
		host->resolved[FAMILY_IPV4] && host->resolved[FAMILY_IPV6];
	for (enum family family = 0; family < FAMILY_MAX; family++) {
		out->has[family] = best_of(host, family, &out->health[family]);
		if (!counts)
			out->health[family] = POLICY_HEALTH_UNKNOWN;
	}
}

bool host_in_doubt(const struct host *host, enum family family)
{
	for (const struct place *place = host->places; place;
	     place = place->next)
		if (place->probed && addr_family(&place->addr) == family &&
		    health_in_doubt(&place->user))
			return true;
	return false;
}

void host_hint(const struct host *host, enum family family)
{
	for (const struct place *place = host->places; place;
	     place = place->next)
		if (place->probed && addr_family(&place->addr) == family)
			health_hint(&place->user);
}

void host_free(struct host *host)
{
	if (!host)
		return;
	for (enum family family = 0; family < FAMILY_MAX; family++)
		if (host->follow[family])
			follow_close(host->follow[family]);
	while (host->places) {
		struct place *next = host->places->next;

		leave(host->places);
		free(host->places);
		host->places = next;
	}
	free(host->name);
	free(host);
}
