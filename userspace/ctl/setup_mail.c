/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domains, primaries, lists: what DNS tells, and what is chosen for it. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/nameservers.h"
#include "ctl/setup_facts.h"

#define SMTP_PORT 25
#define DNS_PORT  53

/* Domains */

bool setup_serves(const struct setup *setup, const struct mx_domain *domain)
{
	switch (domain->role) {
	case MX_BACKUP:
	case MX_EQUAL:
	case MX_FIRST:
	case MX_ONLY:
		return true;
	case MX_UNKNOWN:
		/* It keeps the gate open until DNS has told. */
		return mx_count(&setup->mx, MX_BACKUP) > 0;
	case MX_NONE:
	case MX_ELSEWHERE:
		break;
	}
	return false;
}

static void note_domain(struct setup *setup, const struct mx_domain *domain)
{
	switch (domain->role) {
	case MX_UNKNOWN:
		setup_note(setup, SETUP_MISSING, "domains",
			   "%.100s: DNS does not tell its MX (%s)",
			   domain->name, domain->why);
		break;
	case MX_NONE:
		setup_note(setup, SETUP_LOOK, "domains",
			   "%.100s has no MX record: left out", domain->name);
		break;
	case MX_ELSEWHERE:
		setup_note(setup, SETUP_LOOK, "domains",
			   "%.100s: its MX have other addresses than this "
			   "host: left out; behind NAT, name its primaries",
			   domain->name);
		break;
	case MX_EQUAL:
		setup_note(setup, SETUP_LOOK, "domains",
			   "%.100s: its best MX and this host have the same "
			   "preference, %d: the gate stays open until this "
			   "host's is higher",
			   domain->name, domain->own);
		break;
	case MX_FIRST:
	case MX_ONLY:
		setup_note(
			setup, SETUP_LOOK, "domains",
			"%.100s: this host is its best MX, so the gate stays "
			"open, unless that is another address, with a guard "
			"of its own",
			domain->name);
		break;
	case MX_BACKUP:
		break;
	}
}

#define DOMAIN_NOTES_MAX 32

static void note_each(struct setup *setup)
{
	size_t told = 0, count = setup->mx.domain_count;

	for (size_t i = 0; i < count && told < DOMAIN_NOTES_MAX; i++) {
		size_t before = setup->note_count;

		note_domain(setup, &setup->mx.domains[i]);
		told += setup->note_count - before;
	}
	if (told == DOMAIN_NOTES_MAX)
		setup_note(setup, SETUP_LOOK, "domains",
			   "perhaps more of the kind: posternctl check tells");
}

static void note_domains(struct setup *setup)
{
	const struct mx_survey *mx = &setup->mx;
	size_t backup = mx_count(mx, MX_BACKUP);

	if (mx->domain_count == 0)
		setup_note(setup, SETUP_MISSING, "domains",
			   "no relay_domains of Postfix's are known");
	else if (mx_count(mx, MX_UNKNOWN) == mx->domain_count)
		setup_note(setup, SETUP_MISSING, "domains",
			   "DNS tells no MX of the %zu in relay_domains (%s): "
			   "run this again when it does",
			   mx->domain_count, mx->domains[0].why);
	else
		note_each(setup);
	if (backup > 0)
		setup_note(setup, SETUP_FOUND, "domains",
			   "%zu of relay_domains whose backup MX this host is",
			   backup);
}

static void note_primaries(struct setup *setup)
{
	bool told[MX_HOSTS_MAX] = {false};

	for (size_t i = 0; i < setup->mx.domain_count; i++) {
		const struct mx_domain *domain = &setup->mx.domains[i];

		for (size_t j = 0; j < domain->record_count; j++) {
			const struct mx_record *one = &domain->records[j];

			if (told[one->host] ||
			    !mx_is_primary(&setup->mx, domain, one))
				continue;
			told[one->host] = true;
			setup_note(setup, SETUP_FOUND, "primary",
				   "%.100s, preference %u for %.100s; this "
				   "host has %d",
				   setup->mx.hosts[one->host].name,
				   one->preference, domain->name, domain->own);
		}
	}
}

/* As many as the program has room for. */
static void protect(struct setup *setup, const struct addr *addr)
{
	size_t of_family = 0;

	for (size_t i = 0; i < setup->protect_count; i++)
		of_family +=
			addr_family(&setup->protect[i]) == addr_family(addr);
	if (of_family < DOORS_MAX)
		setup->protect[setup->protect_count++] = *addr;
}

static bool is_named(const struct mx_survey *mx, const struct addr *addr)
{
	for (size_t i = 0; i < mx->host_count; i++)
		for (size_t j = 0; j < mx->hosts[i].address_count; j++)
			if (addr_equal(&mx->hosts[i].addresses[j], addr))
				return true;
	return false;
}

/* What XDP is attached to has no addresses, if it is below what has. */
static bool is_below(const struct setup *setup)
{
	if (setup->interface_count != setup->routed_count)
		return true;
	for (size_t i = 0; i < setup->interface_count; i++)
		if (strcmp(setup->interfaces[i], setup->routed[i]) != 0)
			return true;
	return false;
}

/* Of our addresses those that MX records name. */
static void choose_addresses(struct setup *setup)
{
	for (size_t i = 0; i < setup->own_count; i++)
		if (is_named(&setup->mx, &setup->own[i]))
			protect(setup, &setup->own[i]);
	if (setup->protect_count > 0 || !is_below(setup))
		return;
	for (size_t i = 0; i < setup->own_count; i++)
		protect(setup, &setup->own[i]);
}

static int find_domains(struct setup *setup, struct ask *ask)
{
	const char *names[CONFIG_DOMAINS_MAX];
	int error;

	for (size_t i = 0; i < setup->served.count; i++)
		names[i] = setup->served.domains[i];
	error = mx_find(ask, names, setup->served.count, setup->own,
			setup->own_count, &setup->mx);
	if (error)
		return error;
	note_domains(setup);
	note_primaries(setup);
	choose_addresses(setup);
	return 0;
}

/* Lists */

struct lists {
	struct site sites[CONFIG_SITES_MAX];
	struct ask_zone zones[CONFIG_SITES_MAX];
	size_t site_count;
	size_t zone_count;
};

static bool is_gathered(const struct lists *lists, const char *zone)
{
	for (size_t i = 0; i < lists->zone_count; i++)
		if (lists->zones[i].zone &&
		    strcmp(lists->zones[i].zone, zone) == 0)
			return true;
	return false;
}

static void gather(const struct setup *setup, struct lists *lists)
{
	for (size_t i = 0; i < setup->import.site_count; i++) {
		const char *zone = setup->import.sites[i].site.zone;

		lists->sites[lists->site_count++] = setup->import.sites[i].site;
		if (!is_gathered(lists, zone))
			lists->zones[lists->zone_count++].zone = zone;
	}
}

static size_t count_bad(const struct lists *lists)
{
	size_t bad = 0;

	for (size_t i = 0; i < lists->zone_count; i++)
		bad += lists->zones[i].finding.state != ZONE_OK;
	return bad;
}

/* Asks a resolver on this host; whether it does better than `bad`. */
static int try_local(struct setup *setup, struct lists *lists, size_t bad)
{
	struct config_nameserver local = {.port = DNS_PORT};
	struct ask *ask;
	int error;

	addr_parse("127.0.0.1", &local.addr);
	error = ask_open(&local, 1, &ask);
	if (error)
		return error;
	error = ask_zones(ask, lists->sites, lists->site_count, lists->zones,
			  lists->zone_count);
	ask_close(ask);
	setup->local_resolver = !error && count_bad(lists) < bad;
	return error;
}

static void note_lists(struct setup *setup, const struct lists *lists)
{
	char text[SITE_ZONE_MAX];

	if (setup->local_resolver)
		setup_note(setup, SETUP_FOUND, "resolver",
			   "127.0.0.1 is asked, which lists answer, and not "
			   "those of resolv.conf");
	for (size_t i = 0; i < lists->zone_count; i++) {
		const struct ask_zone *zone = &lists->zones[i];

		if (zone->finding.state == ZONE_OK)
			continue;
		setup_note(setup, SETUP_LOOK, "resolver", "%.100s: it %s%s%s",
			   site_redact(zone->zone, text),
			   zone->finding.why ? zone->finding.why : "fails",
			   zone->finding.remedy ? "; " : "",
			   zone->finding.remedy ? zone->finding.remedy : "");
	}
}

static int find_lists(struct setup *setup, struct ask *ask)
{
	struct lists *lists = calloc(1, sizeof(*lists));
	struct lists *first = NULL;
	size_t bad;
	int error;

	if (!lists)
		return -ENOMEM;
	gather(setup, lists);
	error = ask_zones(ask, lists->sites, lists->site_count, lists->zones,
			  lists->zone_count);
	bad = error ? 0 : count_bad(lists);
	if (bad > 0) {
		first = malloc(sizeof(*first));
		if (first)
			*first = *lists;
		error = first ? try_local(setup, lists, bad) : -ENOMEM;
	}
	if (!error)
		note_lists(setup,
			   setup->local_resolver || !first ? lists : first);
	free(first);
	free(lists);
	return error;
}

static void note_resolvers(struct setup *setup)
{
	struct addr all[CONFIG_NAMESERVERS_MAX];
	size_t count = nameservers_read(setup->root, all);
	char text[ADDR_TEXT];

	if (count == 0)
		setup_note(setup, SETUP_MISSING, "resolver",
			   "resolv.conf names none");
	for (size_t i = 0; i < count && !setup->local_resolver; i++) {
		const char *owner = nameservers_public(&all[i]);

		addr_format(&all[i], text);
		if (owner)
			setup_note(setup, SETUP_LOOK, "resolver",
				   "%s is the public one of %s, whom many "
				   "lists don't answer: install a resolver of "
				   "your own, such as unbound, on this host",
				   text, owner);
		else
			setup_note(setup, SETUP_FOUND, "resolver",
				   "%s, from resolv.conf", text);
	}
}

int setup_find_dns(struct setup *setup)
{
	struct ask *ask;
	int error = ask_open(NULL, 0, &ask);

	if (error)
		return error;
	error = find_domains(setup, ask);
	if (!error)
		error = find_lists(setup, ask);
	ask_close(ask);
	note_resolvers(setup);
	return error;
}

/* Policy and action */

/* Why the doorman can't be given connections here; NULL: he can. */
static const char *no_doorman(const struct setup *setup)
{
	if (host_sees_dnat(setup->root, SMTP_PORT))
		return "connections to port 25 are sent on to another address "
		       "(DNAT), as to a container";
	if (!host_listens(setup->root, SMTP_PORT, setup->protect,
			  setup->protect_count))
		return "nothing listens on port 25 here just now";
	return NULL;
}

static void choose_action(struct setup *setup)
{
	const char *why = no_doorman(setup);

	setup->action = ACTION_DROP;
	if (setup->policy == POLICY_WITNESS)
		setup_note(setup, SETUP_FOUND, "bypass",
			   "policy witness, action drop: witnesses come from a "
			   "primary, so who is refused bypasses it");
	else if (why)
		setup_note(setup, SETUP_LOOK, "bypass",
			   "policy strict, action drop, not defer: %s", why);
	else
		setup->action = ACTION_DEFER;
	if (setup->action == ACTION_DEFER)
		setup_note(setup, SETUP_FOUND, "bypass",
			   "policy strict, action defer: no witnesses come "
			   "from a primary, and honest senders who turn to the "
			   "backup lose no time");
}

void setup_choose(struct setup *setup)
{
	setup->policy = POLICY_OFF;
	if (mx_count(&setup->mx, MX_BACKUP) > 0)
		setup->policy =
			setup->witnesses ? POLICY_WITNESS : POLICY_STRICT;
	if (setup->policy != POLICY_OFF)
		choose_action(setup);
	else
		setup_note(setup, SETUP_MISSING, "bypass",
			   "no primary is known, so the gate stays open: "
			   "policy off");
}
