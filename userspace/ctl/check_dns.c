/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resolvers, lists, and whether we are on one. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/check_facts.h"
#include "ctl/nameservers.h"
#include "sources/dnsbl_code.h"
#include "sources/dnsbl_name.h"

#define OWN_RESOLVER                                                           \
	"install a resolver of your own on this host, such as unbound, and "   \
	"set dnsbl.nameservers = { \"127.0.0.1\" }"

/* Resolvers */

static void judge_resolver(struct check *check, const struct addr *addr)
{
	const char *owner = nameservers_public(addr);
	char text[ADDR_TEXT];

	addr_format(addr, text);
	if (!owner) {
		check_add(check, CHECK_OK, text, "is no public resolver");
		return;
	}
	check_add(check, CHECK_WARN, text,
		  "is the public resolver of %s, whom many lists don't answer",
		  owner);
	check_cure(check, OWN_RESOLVER);
}

void check_resolver(struct check *check)
{
	struct addr addrs[CONFIG_NAMESERVERS_MAX];
	size_t count = 0;

	if (check->config)
		for (; count < check->config->dnsbl.nameserver_count; count++)
			addrs[count] =
				check->config->dnsbl.nameservers[count].addr;
	if (count == 0)
		count = nameservers_read(check->root, addrs);
	for (size_t i = 0; i < count; i++)
		judge_resolver(check, &addrs[i]);
	if (count > 0)
		return;
	check_add(check, CHECK_FAIL, "", "no nameserver is named anywhere");
	check_cure(check, OWN_RESOLVER);
}

/* Lists */

static bool is_gathered(const struct check *check, const char *zone)
{
	for (size_t i = 0; i < check->zone_count; i++)
		if (check->zones[i].zone &&
		    strcmp(check->zones[i].zone, zone) == 0)
			return true;
	return false;
}

/* The same zone may be in several sites. */
static void gather_zones(struct check *check)
{
	const struct config_dnsbl *dnsbl = &check->config->dnsbl;

	for (size_t i = 0; i < dnsbl->site_count; i++)
		if (!is_gathered(check, dnsbl->sites[i].zone))
			check->zones[check->zone_count++].zone =
				dnsbl->sites[i].zone;
}

/* Whether anybody answers at all. */
static bool has_dns(const struct check *check)
{
	for (size_t i = 0; i < check->zone_count; i++)
		if (check->zones[i].finding.state != ZONE_FAILING)
			return true;
	for (size_t i = 0; i < check->mx.domain_count; i++)
		if (check->mx.domains[i].role != MX_UNKNOWN)
			return true;
	return false;
}

static void judge_zone(struct check *check, const struct ask_zone *zone)
{
	const struct zone_finding *finding = &zone->finding;
	const char *why = finding->why ? finding->why : "does not answer";
	char name[SITE_ZONE_MAX];

	site_redact(zone->zone, name);
	if (finding->state == ZONE_OK) {
		check_add(check, CHECK_OK, name, "answers as a list does");
	} else if (finding->state == ZONE_FAILING) {
		check_add(check, has_dns(check) ? CHECK_FAIL : CHECK_UNKNOWN,
			  name, "does not answer: %s", why);
		check_cure(check, "see whether the list still exists, and "
				  "whether the resolver can reach it");
	} else {
		check_add(check, CHECK_FAIL, name, "it %s", why);
		if (finding->state == ZONE_BLOCKED)
			check_cure(check, "%s; " OWN_RESOLVER,
				   finding->remedy ? finding->remedy
						   : "see the list's terms");
		else
			check_cure(check, "%s",
				   finding->remedy ? finding->remedy
						   : "take it out");
	}
}

void check_zone(struct check *check)
{
	const struct config_dnsbl *dnsbl;

	if (!check->config)
		return;
	dnsbl = &check->config->dnsbl;
	gather_zones(check);
	if (check->zone_count == 0) {
		check_add(check, CHECK_OK, "", "no lists are asked");
		return;
	}
	if (!check->ask ||
	    ask_zones(check->ask, dnsbl->sites, dnsbl->site_count, check->zones,
		      check->zone_count) != 0) {
		check->zone_count = 0;
		check_add(check, CHECK_UNKNOWN, "", "DNS can't be asked");
		return;
	}
	for (size_t i = 0; i < check->zone_count; i++)
		judge_zone(check, &check->zones[i]);
}

/* Our own addresses */

static bool is_private(const struct addr *addr)
{
	static const char *const networks[] = {"10.0.0.0/8", "172.16.0.0/12",
					       "192.168.0.0/16",
					       "100.64.0.0/10", "fc00::/7"};
	struct prefix prefix;

	for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++)
		if (prefix_parse(networks[i], &prefix) == 0 &&
		    prefix_contains(&prefix, addr))
			return true;
	return false;
}

/* Lists of good senders have negative weights. */
static bool is_listed(const struct check *check, const char *zone,
		      const struct answer *answer, uint8_t octets[static 4])
{
	const struct config_dnsbl *dnsbl = &check->config->dnsbl;
	struct dnsbl_site_result result;

	if (answer->kind != ANSWER_RECORDS)
		return false;
	for (size_t i = 0; i < dnsbl->site_count; i++) {
		if (dnsbl->sites[i].weight <= 0 ||
		    strcmp(dnsbl->sites[i].zone, zone) != 0)
			continue;
		dnsbl_code_match(&dnsbl->sites[i], answer, &result);
		memcpy(octets, result.address, 4);
		if (result.matched)
			return true;
	}
	return false;
}

static void judge_own(struct check *check, const struct addr *addr,
		      const struct ask_question *answers)
{
	char text[ADDR_TEXT], zone[SITE_ZONE_MAX];
	size_t listed = 0, failed = 0;
	uint8_t octets[4];

	addr_format(addr, text);
	for (size_t i = 0; i < check->zone_count; i++) {
		if (check->zones[i].finding.state != ZONE_OK ||
		    answers[i].answer.kind == ANSWER_FAILED) {
			failed++;
			continue;
		}
		if (!is_listed(check, check->zones[i].zone, &answers[i].answer,
			       octets))
			continue;
		listed++;
		site_redact(check->zones[i].zone, zone);
		check_add(check, CHECK_FAIL, text,
			  "is listed by %.200s (%u.%u.%u.%u)", zone, octets[0],
			  octets[1], octets[2], octets[3]);
		check_cure(check,
			   "find out at %.200s why %s is listed, and have it "
			   "taken off: the primary may refuse what this host "
			   "delivers after an outage",
			   zone, text);
	}
	if (listed == 0 && failed == check->zone_count)
		check_add(check, CHECK_UNKNOWN, text, "no list tells");
	else if (listed == 0)
		check_add(check, CHECK_OK, text,
			  "is on none of the %zu lists that answer",
			  check->zone_count - failed);
}

static void ask_own(struct check *check, const struct addr *addr)
{
	struct ask_question *questions =
		calloc(check->zone_count, sizeof(*questions));

	if (!questions)
		return;
	for (size_t i = 0; i < check->zone_count; i++) {
		dnsbl_name(addr, check->zones[i].zone, questions[i].name);
		questions[i].type = QUESTION_A;
	}
	ask_all(check->ask, questions, check->zone_count);
	judge_own(check, addr, questions);
	free(questions);
}

void check_own_listed(struct check *check)
{
	size_t asked = 0;

	if (check->zone_count == 0 || !check->ask)
		return;
	for (size_t i = 0; i < check->door_count; i++) {
		if (is_private(&check->doors[i]))
			continue;
		ask_own(check, &check->doors[i]);
		asked++;
	}
	if (asked > 0)
		return;
	check_add(check, CHECK_UNKNOWN, "",
		  "no public address of this host is known here");
	check_cure(check, "posternctl lookup ADDRESS, with the address that "
			  "others see");
}
