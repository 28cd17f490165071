/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The MX hosts of a domain (RFC 5321, 5.1), as they change. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "sources/primaries_internal.h"

#define SMTP_PORT 25

/* ---- hosts, each kept once however many domains have it ---- */

static struct host *find_host(const struct primaries *primaries,
			      const char *name)
{
	struct host *host = primaries->hosts;

	while (host && strcasecmp(host->name, name) != 0)
		host = host->next;
	return host;
}

static int add_host(struct primaries *primaries, const char *name,
		    struct host **out)
{
	struct host *host;
	int error;

	if (primaries->host_count == MX_HOSTS_IN_ALL)
		return -ENOSPC;
	host = host_new(primaries, name, SMTP_PORT);
	if (!host)
		return -ENOMEM;
	error = host_follow(host);
	if (error) {
		host_free(host);
		return error;
	}
	host->next = primaries->hosts;
	primaries->hosts = host;
	primaries->host_count++;
	*out = host;
	return 0;
}

static int take_host(struct primaries *primaries, const char *name,
		     struct host **out)
{
	struct host *host = find_host(primaries, name);
	int error = 0;

	if (!host)
		error = add_host(primaries, name, &host);
	if (error)
		return error;
	host->members++;
	*out = host;
	return 0;
}

static void release_host(struct host *host)
{
	struct host **link = &host->primaries->hosts;

	if (--host->members > 0)
		return;
	while (*link != host)
		link = &(*link)->next;
	*link = host->next;
	host->primaries->host_count--;
	host_free(host);
}

/* ---- the hosts of one domain ---- */

static void release_members(struct member *members, size_t count)
{
	for (size_t i = 0; i < count; i++)
		release_host(members[i].host);
	free(members);
}

static struct member *find_member(struct member *members, size_t count,
				  const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcasecmp(members[i].host->name, name) == 0)
			return &members[i];
	return NULL;
}

/* A host that stays goes on as what it was; a name given twice is one host. */
static int add_member(const struct group *group, const struct answer_mx *mx,
		      struct member *next, size_t *count)
{
	struct member *twin = find_member(next, *count, mx->host);
	const struct member *before =
		find_member(group->members, group->member_count, mx->host);
	struct member *member = &next[*count];
	int error;

	if (twin && mx->preference < twin->preference)
		twin->preference = mx->preference;
	if (twin)
		return 0;
	error = take_host(group->primaries, mx->host, &member->host);
	if (error)
		return error;
	if (before) {
		member->primary = before->primary;
		member->since_ns = before->since_ns;
	}
	member->preference = mx->preference;
	++*count;
	return 0;
}

static bool same_members(const struct group *group, const struct member *next,
			 size_t count)
{
	if (count != group->member_count)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct member *before =
			find_member(group->members, count, next[i].host->name);

		if (!before || before->preference != next[i].preference)
			return false;
	}
	return true;
}

static void note_change(struct group *group, const struct member *next,
			size_t count)
{
	char hosts[512] = "";
	size_t used = 0;

	if (!group->settled || same_members(group, next, count))
		return;
	for (size_t i = 0; i < count && used < sizeof(hosts); i++)
		used += (size_t)snprintf(
			hosts + used, sizeof(hosts) - used, "%s%s (%u)",
			i ? ", " : "", next[i].host->name, next[i].preference);
	log_notice("the MX hosts of %s have changed: %s", group->domain,
		   count ? hosts : "there are none");
}

/*
 * Puts others in the place of the hosts.  Where that fails none are known: with
 * some of them missing, we could be the best without knowing it.
 */
static int set_hosts(struct group *group, const struct answer_mx *mx,
		     size_t count)
{
	struct member *next = calloc(count + 1, sizeof(*next));
	struct policy_host *view = calloc(count + 1, sizeof(*view));
	size_t taken = 0;
	int error = next && view ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && !error; i++)
		error = add_member(group, &mx[i], next, &taken);
	if (error) {
		if (next)
			release_members(next, taken);
		free(view);
		return error;
	}
	note_change(group, next, taken);
	release_members(group->members, group->member_count);
	free(group->view);
	group->members = next;
	group->view = view;
	group->member_count = taken;
	return 0;
}

/* ---- what DNS says ---- */

/* Only a null MX that stands alone is one (RFC 7505, section 3). */
static size_t without_null(const struct answer *answer,
			   struct answer_mx out[static MX_HOSTS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < answer->count; i++) {
		if (answer->mx[i].host[0] == '\0')
			continue;
		if (count < MX_HOSTS_MAX)
			out[count] = answer->mx[i];
		count++;
	}
	return count;
}

static enum policy_records use_answer(struct group *group,
				      const struct answer *answer)
{
	struct answer_mx mx[MX_HOSTS_MAX];
	size_t count = 0;
	int error;

	group->implicit = answer->kind == ANSWER_NONE;
	if (group->implicit) {
		mx[0].preference = 0;
		snprintf(mx[0].host, sizeof(mx[0].host), "%s", group->domain);
		count = 1;
	} else {
		count = without_null(answer, mx);
	}
	if (count > MX_HOSTS_MAX)
		return POLICY_RECORDS_MANY;
	error = set_hosts(group, mx, count);
	if (error == -ENOSPC)
		return POLICY_RECORDS_MANY;
	if (error)
		return POLICY_RECORDS_UNKNOWN;
	return count ? POLICY_RECORDS_MX : POLICY_RECORDS_NULL;
}

static void on_found(void *context, const struct answer *answer)
{
	struct group *group = context;
	struct primaries *primaries = group->primaries;

	if (answer->kind == ANSWER_FAILED)
		group->records = POLICY_RECORDS_UNKNOWN;
	else
		group->records = use_answer(group, answer);
	primaries_refresh(primaries);
	primaries->changed(primaries->context);
}

int domain_follow(struct group *group, uint64_t delay_ms)
{
	struct primaries *primaries = group->primaries;
	int length;

	group->records = POLICY_RECORDS_UNKNOWN;
	length = snprintf(group->recipient, sizeof(group->recipient),
			  "postmaster@%s", group->domain);
	if (length < 0 || (size_t)length >= sizeof(group->recipient))
		group->recipient[0] = '\0';
	return follow_start(primaries->loop, primaries->resolver, group->domain,
			    QUESTION_MX, delay_ms, on_found, group,
			    &group->follow);
}

void domain_close(struct group *group)
{
	if (group->follow)
		follow_close(group->follow);
	release_members(group->members, group->member_count);
	group->members = NULL;
	group->member_count = 0;
}
