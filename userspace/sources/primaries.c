/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups of hosts, by guard, and what is told of them. */

#include "sources/primaries.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sources/primaries_internal.h"

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

static void describe(struct group *group, struct policy_domain *out)
{
	for (size_t i = 0; i < group->member_count; i++)
		host_describe(group->members[i].host, group->guard,
			      &group->view[i]);
	out->records = group->records;
	out->hosts = group->view;
	out->host_count = group->member_count;
}

static void assign(struct primaries *primaries, size_t number)
{
	struct group *group = &primaries->groups[number];
	struct policy_domain *domain = &primaries->domains[number];

	describe(group, domain);
	for (size_t i = 0; i < group->member_count; i++)
		group->members[i].host->wanted |= policy_is_primary(domain, i);
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
}

void primaries_refresh(struct primaries *primaries)
{
	for_each_host(primaries, unwant);
	for (size_t i = 0; i < primaries->group_count; i++)
		assign(primaries, i);
	for_each_host(primaries, host_probe);
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
			if (group->guard == guard)
				host_hint(group->members[j].host, family);
	}
}

const struct health_target *primaries_targets(struct primaries *primaries,
					      size_t *count)
{
	return health_targets(primaries->health, count);
}

static int set_members(struct group *group, size_t count)
{
	group->members = calloc(count, sizeof(*group->members));
	group->view = calloc(count, sizeof(*group->view));
	return group->members && group->view ? 0 : -ENOMEM;
}

/* A host of the configuration: its addresses, or its name is followed. */
static int add_named(struct group *group, const struct config_primary *primary)
{
	struct host *host =
		host_new(group->primaries, primary->name, primary->port);
	int error = 0;

	if (!host)
		return -ENOMEM;
	group->members[group->member_count++].host = host;
	for (size_t i = 0; i < primary->address_count && !error; i++)
		error = host_add(host, &primary->addresses[i]);
	if (primary->address_count == 0)
		error = host_follow(host);
	return error;
}

static int add_group(struct primaries *primaries, size_t guard,
		     struct group **out)
{
	struct group *group = &primaries->groups[primaries->group_count++];

	group->primaries = primaries;
	group->guard = guard;
	*out = group;
	return 0;
}

static int add_guard(struct primaries *primaries, size_t number)
{
	struct config_guard guard = config_guard(primaries->config, number);
	struct group *group;
	int error;

	if (guard.primary_count == 0)
		return 0;
	add_group(primaries, number, &group);
	group->records = POLICY_RECORDS_NAMED;
	error = set_members(group, guard.primary_count);
	for (size_t i = 0; i < guard.primary_count && !error; i++)
		error = add_named(group, &guard.primaries[i]);
	return error;
}

static size_t count_groups(const struct config *config)
{
	size_t count = 0;

	for (size_t i = 0; i < config_guard_count(config); i++)
		count += config_guard(config, i).primary_count > 0;
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
	error = fill(primaries);
	if (error) {
		primaries_close(primaries);
		return error;
	}
	*out = primaries;
	return 0;
}

void primaries_close(struct primaries *primaries)
{
	for (size_t i = 0; i < primaries->group_count; i++) {
		struct group *group = &primaries->groups[i];

		for (size_t j = 0; j < group->member_count; j++)
			host_free(group->members[j].host);
		free(group->members);
		free(group->view);
	}
	health_close(primaries->health);
	free(primaries->groups);
	free(primaries->domains);
	free(primaries);
}
