/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups of hosts, by guard, and what is told of them. */

#include "sources/primaries.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sources/primaries_internal.h"

/* Domains are looked up one after the other: others need the resolver, too. */
#define STAGGER_MS 10

#define NS_PER_MS 1000000ULL

static bool is_special(const struct addr *addr)
{
	static const uint8_t any6[sizeof(addr->octets)];
	const uint8_t *octets = addr->octets;

	if (addr_family(addr) == FAMILY_IPV4)
		return octets[12] == 0 || octets[12] == 127;
	return memcmp(octets, any6, sizeof(any6) - 1) == 0 && octets[15] <= 1;
}

bool primaries_is_own(const struct primaries *primaries,
		      const struct addr *addr)
{
	for (size_t i = 0; i < primaries->door_count; i++)
		if (addr_equal(&primaries->doors[i], addr))
			return true;
	return is_special(addr);
}

bool primaries_is_door(const struct primaries *primaries,
		       const struct addr *addr, size_t guard)
{
	for (size_t i = 0; i < primaries->door_count; i++)
		if (addr_equal(&primaries->doors[i], addr))
			return config_guard_of(primaries->config, addr) ==
			       guard;
	return false;
}

/* When what was found at `since_ns` begins to count. */
static uint64_t settled_ns(const struct primaries *primaries, uint64_t since_ns)
{
	return since_ns + primaries->config->health.settle_ms * NS_PER_MS;
}

bool primaries_counts(const struct primaries *primaries, uint64_t since_ns)
{
	return since_ns == 0 || uv_hrtime() >= settled_ns(primaries, since_ns);
}

static bool is_nowhere(const struct group *group)
{
	const struct host *host = group->members[0].host;

	return host->resolved[FAMILY_IPV4] && host->resolved[FAMILY_IPV6] &&
	       !host->places;
}

static void describe(struct group *group, struct policy_domain *out)
{
	for (size_t i = 0; i < group->member_count; i++) {
		const struct member *member = &group->members[i];

		host_describe(member->host, group->guard, member->since_ns,
			      &group->view[i]);
		group->view[i].preference = member->preference;
	}
	out->records = group->records;
	out->hosts = group->view;
	out->host_count = group->member_count;
	if (group->implicit && group->member_count && is_nowhere(group))
		out->records = POLICY_RECORDS_NONE;
}

static void set_role(struct group *group, struct member *member, bool primary)
{
	if (primary && !member->primary)
		member->since_ns = group->settled ? uv_hrtime() : 0;
	member->primary = primary;
	if (!primary)
		return;
	member->host->wanted = true;
	if (!member->host->recipient && group->recipient[0])
		member->host->recipient = group->recipient;
}

static void assign(struct primaries *primaries, size_t number)
{
	struct group *group = &primaries->groups[number];
	struct policy_domain *domain = &primaries->domains[number];

	describe(group, domain);
	for (size_t i = 0; i < group->member_count; i++)
		set_role(group, &group->members[i],
			 policy_is_primary(domain, i));
	if (policy_domain(primaries->config, domain, FAMILY_IPV4) !=
	    POLICY_UNRESOLVED)
		group->settled = true;
}

/* Of a member and its addresses, what is to come; UINT64_MAX: nothing. */
static uint64_t first_settled_ns(const struct primaries *primaries,
				 const struct member *member, uint64_t now_ns)
{
	uint64_t first_ns = UINT64_MAX;
	uint64_t at_ns = settled_ns(primaries, member->since_ns);

	if (member->since_ns && at_ns > now_ns)
		first_ns = at_ns;
	for (const struct place *place = member->host->places; place;
	     place = place->next) {
		at_ns = settled_ns(primaries, place->since_ns);
		if (place->since_ns && at_ns > now_ns && at_ns < first_ns)
			first_ns = at_ns;
	}
	return first_ns;
}

static void for_each_host(struct primaries *primaries,
			  void (*each)(struct host *host))
{
	for (size_t i = 0; i < primaries->group_count; i++)
		for (size_t j = 0; j < primaries->groups[i].member_count; j++)
			each(primaries->groups[i].members[j].host);
}

static void unwant(struct host *host)
{
	host->wanted = false;
	host->recipient = NULL;
}

static void on_settled(uv_timer_t *timer);

/* The first time at which something begins to count. */
static void set_timer(struct primaries *primaries)
{
	uint64_t now_ns = uv_hrtime(), next_ns = UINT64_MAX;

	for (size_t i = 0; i < primaries->group_count; i++) {
		const struct group *group = &primaries->groups[i];

		for (size_t j = 0; j < group->member_count; j++) {
			uint64_t at_ns = first_settled_ns(
				primaries, &group->members[j], now_ns);

			if (at_ns < next_ns)
				next_ns = at_ns;
		}
	}
	if (next_ns == UINT64_MAX)
		uv_timer_stop(&primaries->settle);
	else
		uv_timer_start(&primaries->settle, on_settled,
			       (next_ns - now_ns) / NS_PER_MS + 1, 0);
}

void primaries_refresh(struct primaries *primaries)
{
	for_each_host(primaries, unwant);
	for (size_t i = 0; i < primaries->group_count; i++)
		assign(primaries, i);
	for_each_host(primaries, host_probe);
	set_timer(primaries);
}

static void on_settled(uv_timer_t *timer)
{
	struct primaries *primaries = timer->data;

	set_timer(primaries);
	primaries->changed(primaries->context);
}

void primaries_protect(struct primaries *primaries, const struct addr *doors,
		       size_t count)
{
	if (count == primaries->door_count && count > 0 &&
	    memcmp(doors, primaries->doors, count * sizeof(*doors)) == 0)
		return;
	for (size_t i = 0; i < count; i++)
		primaries->doors[i] = doors[i];
	primaries->door_count = count;
	primaries_refresh(primaries);
}

static void count_doors(struct primaries *primaries)
{
	for (size_t i = 0; i < primaries->door_count; i++) {
		const struct addr *door = &primaries->doors[i];
		size_t guard = config_guard_of(primaries->config, door);

		primaries->guards[guard].doors[addr_family(door)]++;
	}
}

const struct policy_guard *primaries_guards(struct primaries *primaries)
{
	size_t count = config_guard_count(primaries->config);
	size_t taken = 0;

	memset(primaries->guards, 0, sizeof(primaries->guards));
	count_doors(primaries);
	for (size_t i = 0; i < count; i++) {
		struct policy_guard *guard = &primaries->guards[i];

		guard->domains = primaries->domains + taken;
		while (taken < primaries->group_count &&
		       primaries->groups[taken].guard == i) {
			describe(&primaries->groups[taken],
				 &primaries->domains[taken]);
			guard->domain_count++;
			taken++;
		}
	}
	return primaries->guards;
}

void primaries_hint(struct primaries *primaries, size_t guard,
		    enum family family)
{
	for (size_t i = 0; i < primaries->group_count; i++) {
		const struct group *group = &primaries->groups[i];

		for (size_t j = 0; j < group->member_count; j++)
			if (group->guard == guard && group->members[j].primary)
				host_hint(group->members[j].host, family);
	}
}

bool primaries_in_doubt(const struct primaries *primaries, size_t guard,
			enum family family)
{
	for (size_t i = 0; i < primaries->group_count; i++) {
		const struct group *group = &primaries->groups[i];

		for (size_t j = 0; j < group->member_count; j++)
			if (group->guard == guard &&
			    group->members[j].primary &&
			    host_in_doubt(group->members[j].host, family))
				return true;
	}
	return false;
}

const struct health_target *primaries_targets(struct primaries *primaries,
					      size_t *count)
{
	return health_targets(primaries->health, count);
}

const char *primaries_domain(const struct primaries *primaries, size_t guard,
			     size_t index)
{
	size_t first = 0;

	while (first < primaries->group_count &&
	       primaries->groups[first].guard < guard)
		first++;
	return primaries->groups[first + index].domain;
}

/* A host of the configuration: its addresses, or its name is followed. */
static int add_named(struct group *group, const struct config_primary *primary)
{
	struct host *host =
		host_new(group->primaries, primary->name, primary->port);
	int error = 0;

	if (!host)
		return -ENOMEM;
	host->named = true;
	group->members[group->member_count++].host = host;
	for (size_t i = 0; i < primary->address_count && !error; i++)
		error = host_add(host, &primary->addresses[i]);
	if (primary->address_count == 0)
		error = host_follow(host);
	return error;
}

static struct group *add_group(struct primaries *primaries, size_t guard)
{
	struct group *group = &primaries->groups[primaries->group_count++];

	group->primaries = primaries;
	group->guard = guard;
	return group;
}

static int add_all_named(struct primaries *primaries, size_t number,
			 const struct config_guard *guard)
{
	struct group *group = add_group(primaries, number);
	int error = 0;

	group->records = POLICY_RECORDS_NAMED;
	group->members = calloc(guard->primary_count, sizeof(*group->members));
	group->view = calloc(guard->primary_count, sizeof(*group->view));
	if (!group->members || !group->view)
		return -ENOMEM;
	for (size_t i = 0; i < guard->primary_count && !error; i++)
		error = add_named(group, &guard->primaries[i]);
	return error;
}

static int add_guard(struct primaries *primaries, size_t number)
{
	struct config_guard guard = config_guard(primaries->config, number);
	int error = 0;

	if (guard.primary_count)
		error = add_all_named(primaries, number, &guard);
	for (size_t i = 0; i < guard.mx_of_count && !error; i++) {
		struct group *group = add_group(primaries, number);

		group->domain = guard.mx_of[i];
		error = domain_follow(group,
				      primaries->group_count * STAGGER_MS);
	}
	return error;
}

static size_t count_groups(const struct config *config)
{
	size_t count = 0;

	for (size_t i = 0; i < config_guard_count(config); i++) {
		struct config_guard guard = config_guard(config, i);

		count += guard.mx_of_count + (guard.primary_count > 0);
	}
	return count;
}

static int fill(struct primaries *primaries)
{
	size_t room = count_groups(primaries->config) + 1;
	int error = 0;

	primaries->groups = calloc(room, sizeof(*primaries->groups));
	primaries->domains = calloc(room, sizeof(*primaries->domains));
	if (!primaries->groups || !primaries->domains)
		return -ENOMEM;
	for (size_t i = 0; i < config_guard_count(primaries->config) && !error;
	     i++)
		error = add_guard(primaries, i);
	return error;
}

static void on_health_changed(void *context)
{
	struct primaries *primaries = context;

	primaries->changed(primaries->context);
}

int primaries_create(uv_loop_t *loop, const struct config *config,
		     struct resolver *resolver, void (*changed)(void *context),
		     void *context, struct primaries **out)
{
	struct primaries *primaries = calloc(1, sizeof(*primaries));
	int error;

	if (!primaries)
		return -ENOMEM;
	primaries->loop = loop;
	primaries->config = config;
	primaries->resolver = resolver;
	primaries->changed = changed;
	primaries->context = context;
	error = health_create(loop, &config->health, on_health_changed,
			      primaries, &primaries->health);
	if (error) {
		free(primaries);
		return error;
	}
	uv_timer_init(loop, &primaries->settle);
	primaries->settle.data = primaries;
	error = fill(primaries);
	if (error) {
		primaries_close(primaries);
		return error;
	}
	*out = primaries;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void close_group(struct group *group)
{
	if (group->domain) {
		domain_close(group);
	} else {
		for (size_t i = 0; i < group->member_count; i++)
			host_free(group->members[i].host);
		free(group->members);
	}
	free(group->view);
}

void primaries_close(struct primaries *primaries)
{
	for (size_t i = 0; i < primaries->group_count; i++)
		close_group(&primaries->groups[i]);
	health_close(primaries->health);
	free(primaries->groups);
	free(primaries->domains);
	uv_close((uv_handle_t *)&primaries->settle, on_closed);
}
