/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decisions as tables.
 *
 * What is known of named primaries is written as words of three characters:
 * the primary (A, B, ...), the family (4 or 6), and u up, d down, ? unknown.
 *
 * MX hosts are written as words of a preference and what is known of their
 * addresses: 4u, 6d and the like as above, = an address of ours, ! not looked
 * up yet.  "10:4u6d 20:=" is a primary at 10, and us at 20.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <string.h>

#include "core/policy.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

#define HOSTS_MAX 16
#define NS_PER_S  1000000000ULL

#define ALL 0 /* as `require` of a case */

static enum policy_health health_of(char letter)
{
	switch (letter) {
	case 'u':
		return POLICY_HEALTH_UP;
	case 'd':
		return POLICY_HEALTH_DOWN;
	case '?':
		return POLICY_HEALTH_UNKNOWN;
	default:
		fail_msg("no health: %c", letter);
		return POLICY_HEALTH_UNKNOWN;
	}
}

struct fixture {
	struct policy_host hosts[HOSTS_MAX];
	struct policy_domain domain;
};

static void set_health(struct policy_host *host, const char *word)
{
	enum family family = word[0] == '4' ? FAMILY_IPV4 : FAMILY_IPV6;

	assert_true(word[0] == '4' || word[0] == '6');
	host->has[family] = true;
	host->health[family] = health_of(word[1]);
}

/* So many named primaries, of some of which something is known. */
static void set_named(struct fixture *fixture, size_t primaries,
		      const char *known)
{
	memset(fixture, 0, sizeof(*fixture));
	for (size_t i = 0; i < primaries; i++)
		fixture->hosts[i].resolved = true;
	for (; *known; known += known[3] ? 4 : 3)
		set_health(&fixture->hosts[known[0] - 'A'], known + 1);
	fixture->domain = (struct policy_domain){
		.records = POLICY_RECORDS_NAMED,
		.hosts = fixture->hosts,
		.host_count = primaries,
	};
}

static void set_mx(struct fixture *fixture, const char *known)
{
	size_t count = 0;
	char *end;

	memset(fixture, 0, sizeof(*fixture));
	while (*known) {
		struct policy_host *host = &fixture->hosts[count++];

		host->preference = (uint16_t)strtoul(known, &end, 10);
		host->resolved = true;
		for (known = end + 1; *known && *known != ' ';) {
			host->ours |= *known == '=';
			host->resolved &= *known != '!';
			if (*known == '=' || *known == '!') {
				known++;
				continue;
			}
			set_health(host, known);
			known += 2;
		}
		known += *known == ' ';
	}
	fixture->domain = (struct policy_domain){
		.records = POLICY_RECORDS_MX,
		.hosts = fixture->hosts,
		.host_count = count,
	};
}

static struct config config_of(unsigned int require, enum config_policy policy)
{
	return (struct config){
		.policy = policy,
		.health = {.require = require, .require_all = require == ALL},
	};
}

static const struct {
	const char *name;
	const char *known;
	size_t primaries;
	unsigned int require;
	enum policy_why ipv4;
	enum policy_why ipv6;
} gates[] = {
	{"one healthy primary closes the gate of its family only", "A4u", 1, 1,
	 POLICY_UP, POLICY_NO_ADDRESS},
	{"the other way round", "A6u", 1, 1, POLICY_NO_ADDRESS, POLICY_UP},
	{"families are apart", "A4u A6d", 1, 1, POLICY_UP, POLICY_DOWN},
	{"and unknown in one of them", "A4? A6u", 1, 1, POLICY_UNKNOWN,
	 POLICY_UP},
	{"unknown is not up", "A4? A6?", 1, 1, POLICY_UNKNOWN, POLICY_UNKNOWN},
	{"nothing is known without addresses", "", 1, 1, POLICY_NO_ADDRESS,
	 POLICY_NO_ADDRESS},
	{"no primaries never close it", "", 0, 1, POLICY_NO_PRIMARY,
	 POLICY_NO_PRIMARY},
	{"all of no primaries never close it", "", 0, ALL, POLICY_NO_PRIMARY,
	 POLICY_NO_PRIMARY},
	{"any of two is enough", "A4d B4u", 2, 1, POLICY_UP, POLICY_NO_ADDRESS},
	{"one of two that are required is too few", "A4d B4u", 2, 2,
	 POLICY_TOO_FEW, POLICY_NO_ADDRESS},
	{"two of two", "A4u B4u", 2, 2, POLICY_UP, POLICY_NO_ADDRESS},
	{"one up, one unknown of two is too few", "A4u B4?", 2, 2,
	 POLICY_TOO_FEW, POLICY_NO_ADDRESS},
	{"one down, one unknown", "A4d B4?", 2, 1, POLICY_UNKNOWN,
	 POLICY_NO_ADDRESS},
	{"both down", "A4d B4d", 2, 1, POLICY_DOWN, POLICY_NO_ADDRESS},
	{"all of two are up", "A4u B4u A6u B6u", 2, ALL, POLICY_UP, POLICY_UP},
	{"with all, one down opens", "A4u B4d", 2, ALL, POLICY_TOO_FEW,
	 POLICY_NO_ADDRESS},
	{"with all, one without an address of the family opens", "A4u B4u A6u",
	 2, ALL, POLICY_UP, POLICY_TOO_FEW},
	{"more are required than there are", "A4u B4u", 2, 3, POLICY_TOO_FEW,
	 POLICY_NO_ADDRESS},
	{"two of three, the third one unknown", "A4u B4? C4u", 3, 2, POLICY_UP,
	 POLICY_NO_ADDRESS},
};

static void check_gate(const struct config *config,
		       const struct policy_domain *domain, enum family family,
		       size_t doors, enum policy_why why)
{
	struct policy_guard guard = {
		.domains = domain,
		.domain_count = 1,
	};
	struct policy_gate got;

	guard.doors[family] = doors;
	got = policy_gate(config, &guard, family);
	assert_string_equal(policy_why_words(got.why), policy_why_words(why));
	assert_int_equal(got.gate, why == POLICY_UP ? GATE_CLOSED : GATE_OPEN);
}

static void gates_follow_from_what_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(gates); i++) {
		struct config config =
			config_of(gates[i].require, POLICY_STRICT);
		struct fixture fixture;

		print_message("%s\n", gates[i].name);
		set_named(&fixture, gates[i].primaries, gates[i].known);
		check_gate(&config, &fixture.domain, FAMILY_IPV4, 1,
			   gates[i].ipv4);
		check_gate(&config, &fixture.domain, FAMILY_IPV6, 1,
			   gates[i].ipv6);
	}
}

static void a_primary_whose_name_is_being_resolved_is_unknown(void **state)
{
	struct config config = config_of(1, POLICY_STRICT);
	struct fixture fixture;

	(void)state;
	set_named(&fixture, 2, "");
	fixture.hosts[1].resolved = false;
	check_gate(&config, &fixture.domain, FAMILY_IPV4, 1, POLICY_UNKNOWN);
}

static void policy_off_and_no_door_open_whatever_is_up(void **state)
{
	struct config off = config_of(1, POLICY_OFF);
	struct config strict = config_of(1, POLICY_STRICT);
	struct fixture up, down;

	(void)state;
	set_named(&up, 1, "A4u");
	set_named(&down, 1, "A4d");
	check_gate(&off, &up.domain, FAMILY_IPV4, 1, POLICY_OFF_BY_CONFIG);
	check_gate(&off, &down.domain, FAMILY_IPV4, 0, POLICY_OFF_BY_CONFIG);
	check_gate(&strict, &up.domain, FAMILY_IPV4, 0, POLICY_NO_DOOR);
	check_gate(&strict, &up.domain, FAMILY_IPV6, 0, POLICY_NO_DOOR);
	check_gate(&strict, &up.domain, FAMILY_IPV4, DOORS_MAX, POLICY_UP);
}

static const struct {
	const char *name;
	const char *known;
	unsigned int require;
	enum policy_why ipv4;
	enum policy_why ipv6;
} domains[] = {
	{"a better MX that is up closes it", "10:4u6u 20:=", 1, POLICY_UP,
	 POLICY_UP},
	{"one that is down opens it", "10:4d6u 20:=", 1, POLICY_DOWN,
	 POLICY_UP},
	{"one without IPv6 leaves it open for IPv6", "10:4u 20:=", 1, POLICY_UP,
	 POLICY_NO_ADDRESS},
	{"not probed yet", "10:4?6u 20:=", 1, POLICY_UNKNOWN, POLICY_UP},
	{"we are the best", "10:= 20:4u6u", 1, POLICY_BEST, POLICY_BEST},
	{"we are the only one", "10:=", 1, POLICY_BEST, POLICY_BEST},
	{"another one is equal", "10:4u6u 10:=", 1, POLICY_BEST, POLICY_BEST},
	{"one is better, another one equal", "5:4u6u 10:4d6d 10:=", 1,
	 POLICY_UP, POLICY_UP},
	{"one that is worse does not help", "10:4d6d 20:= 30:4u6u", 1,
	 POLICY_DOWN, POLICY_DOWN},
	{"nor is it required", "10:4u6u 20:= 30:4d6d", ALL, POLICY_UP,
	 POLICY_UP},
	{"our best preference counts", "10:4u6u 5:= 20:=", 1, POLICY_BEST,
	 POLICY_BEST},
	{"the worse one of ours is no primary", "10:4d6d 20:= 30:=", 1,
	 POLICY_DOWN, POLICY_DOWN},
	{"one of ours with more addresses is us all the same", "10:=4u6u", 1,
	 POLICY_BEST, POLICY_BEST},
	{"nobody is us", "10:4u6u 20:4u6u", 1, POLICY_ELSEWHERE,
	 POLICY_ELSEWHERE},
	{"the only one, and it isn't us", "0:4u6u", 1, POLICY_ELSEWHERE,
	 POLICY_ELSEWHERE},
	{"nobody is us yet", "10:4u6u 20:!", 1, POLICY_UNRESOLVED,
	 POLICY_UNRESOLVED},
	{"a better one that is not resolved may be us", "5:! 10:4u6u 20:=", 1,
	 POLICY_UNRESOLVED, POLICY_UNRESOLVED},
	{"half a resolution is none", "5:4u! 20:=", 1, POLICY_UNRESOLVED,
	 POLICY_UNRESOLVED},
	{"a worse one may be whoever it likes", "10:4u6u 20:= 30:!", 1,
	 POLICY_UP, POLICY_UP},
	{"an equal one, too", "10:4u6u 20:= 20:!", 1, POLICY_UP, POLICY_UP},
	{"any of two", "10:4d6u 15:4u6d 20:=", 1, POLICY_UP, POLICY_UP},
	{"both of two", "10:4d6u 15:4u6u 20:=", 2, POLICY_TOO_FEW, POLICY_UP},
	{"all of two", "10:4u6u 15:4u 20:=", ALL, POLICY_UP, POLICY_TOO_FEW},
	{"more are required than are better", "10:4u6u 20:= 30:4u6u", 2,
	 POLICY_TOO_FEW, POLICY_TOO_FEW},
	{"a better one that can't be probed", "10: 20:=", 1, POLICY_NO_ADDRESS,
	 POLICY_NO_ADDRESS},
	{"it is not required by any", "10: 15:4u6u 20:=", 1, POLICY_UP,
	 POLICY_UP},
	{"but by all", "10: 15:4u6u 20:=", ALL, POLICY_TOO_FEW, POLICY_TOO_FEW},
	{"the limits of a preference", "0:4u6u 65535:=", 1, POLICY_UP,
	 POLICY_UP},
	{"no records at all", "", 1, POLICY_ELSEWHERE, POLICY_ELSEWHERE},
};

static void only_strictly_better_mx_hosts_close_the_gate(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(domains); i++) {
		struct config config =
			config_of(domains[i].require, POLICY_STRICT);
		struct fixture fixture;

		print_message("%s\n", domains[i].name);
		set_mx(&fixture, domains[i].known);
		check_gate(&config, &fixture.domain, FAMILY_IPV4, 1,
			   domains[i].ipv4);
		check_gate(&config, &fixture.domain, FAMILY_IPV6, 1,
			   domains[i].ipv6);
	}
}

static void records_that_are_none_open_it(void **state)
{
	static const struct {
		enum policy_records records;
		enum policy_why why;
	} cases[] = {
		{POLICY_RECORDS_UNKNOWN, POLICY_UNRESOLVED},
		{POLICY_RECORDS_NULL, POLICY_NULL_MX},
		{POLICY_RECORDS_NONE, POLICY_NO_MX},
		{POLICY_RECORDS_MANY, POLICY_MANY_MX},
	};
	struct config config = config_of(1, POLICY_STRICT);

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fixture fixture;

		/* Whatever was known of hosts before. */
		set_mx(&fixture, "10:4u6u 20:=");
		fixture.domain.records = cases[i].records;
		check_gate(&config, &fixture.domain, FAMILY_IPV4, 1,
			   cases[i].why);
		assert_int_equal(policy_site(&config, &fixture.domain, 1),
				 POLICY_HEALTH_UNKNOWN);
	}
}

static void who_is_a_primary(void **state)
{
	static const struct {
		const char *known;
		const char *primaries; /* y, n for each */
	} cases[] = {
		{"10:4u 20:= 30:4u", "ynn"}, {"10:! 20:=", "yn"},
		{"10:4u 20:!", "nn"},	     {"10:= 20:4u", "nn"},
		{"10:4u 10:= 5:4u", "nny"},  {"10:4u 20:= 15:= 17:4u", "ynnn"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fixture fixture;

		print_message("%s\n", cases[i].known);
		set_mx(&fixture, cases[i].known);
		for (size_t j = 0; cases[i].primaries[j]; j++)
			assert_int_equal(policy_is_primary(&fixture.domain, j),
					 cases[i].primaries[j] == 'y');
	}
}

static const struct {
	const char *name;
	const char *known[4];
	enum policy_why why;
	size_t domain;
} guards[] = {
	{"all have a primary that is up",
	 {"10:4u 20:=", "10:4u 20:=", "5:4u 20:="},
	 POLICY_UP,
	 SIZE_MAX},
	{"one for which we are the best keeps it open, and is named",
	 {"10:4u 20:=", "10:= 20:4u", "10:4u 20:="},
	 POLICY_BEST,
	 1},
	{"so does one whose primary is down",
	 {"10:4u 20:=", "10:4u 20:=", "10:4d 20:="},
	 POLICY_DOWN,
	 2},
	{"what is down is named before what is odd",
	 {"10:= 20:4u", "10:4d 20:=", "10:4? 20:="},
	 POLICY_DOWN,
	 1},
	{"the first one of the same kind is named",
	 {"10:4u 20:=", "10:4d 20:=", "10:4d 20:="},
	 POLICY_DOWN,
	 1},
	{"what is not known yet comes last",
	 {"10:4? 20:=", "10:4u 20:4u"},
	 POLICY_ELSEWHERE,
	 1},
	{"but keeps it open", {"10:4u 20:=", "10:4? 20:="}, POLICY_UNKNOWN, 1},
	{"as does one that is not resolved",
	 {"10:4u 20:=", "10:! 20:="},
	 POLICY_UNRESOLVED,
	 1},
	{"without domains it is open", {NULL}, POLICY_NO_PRIMARY, SIZE_MAX},
};

static void a_guard_closes_for_all_its_domains_or_not(void **state)
{
	struct config config = config_of(1, POLICY_STRICT);

	(void)state;
	for (size_t i = 0; i < COUNT(guards); i++) {
		struct fixture fixtures[COUNT(guards[0].known)];
		struct policy_domain served[COUNT(guards[0].known)];
		struct policy_guard guard = {
			.domains = served,
			.doors = {[FAMILY_IPV4] = 1},
		};
		struct policy_gate got;

		print_message("%s\n", guards[i].name);
		for (size_t j = 0; guards[i].known[j]; j++) {
			set_mx(&fixtures[j], guards[i].known[j]);
			served[guard.domain_count++] = fixtures[j].domain;
		}
		got = policy_gate(&config, &guard, FAMILY_IPV4);
		assert_string_equal(policy_why_words(got.why),
				    policy_why_words(guards[i].why));
		assert_int_equal(got.gate, guards[i].why == POLICY_UP
						   ? GATE_CLOSED
						   : GATE_OPEN);
		assert_true(got.domain == guards[i].domain);
		got = policy_gate(&config, &guard, FAMILY_IPV6);
		assert_int_equal(got.gate, GATE_OPEN);
	}
}

static void only_what_is_not_known_yet_may_be_kept(void **state)
{
	(void)state;
	for (enum policy_why why = 0; why < POLICY_WHYS; why++)
		assert_int_equal(policy_is_undecided(why),
				 why == POLICY_UNKNOWN ||
					 why == POLICY_UNRESOLVED);
}

static void only_primaries_that_are_down_make_an_outage(void **state)
{
	(void)state;
	for (enum policy_why why = 0; why < POLICY_WHYS; why++)
		assert_int_equal(policy_is_outage(why),
				 why == POLICY_DOWN || why == POLICY_TOO_FEW);
}

static void a_crowd_opens_what_is_closed(void **state)
{
	static const struct policy_gate closed = {GATE_CLOSED, POLICY_UP, 0};
	static const struct policy_gate down = {GATE_OPEN, POLICY_DOWN, 0};

	(void)state;
	assert_int_equal(policy_gate_crowded(closed, false).gate, GATE_CLOSED);
	assert_int_equal(policy_gate_crowded(closed, true).gate, GATE_OPEN);
	assert_int_equal(policy_gate_crowded(closed, true).why, POLICY_CROWD);
	assert_int_equal(policy_gate_crowded(down, true).why, POLICY_DOWN);
}

static void orders_go_before_what_was_decided(void **state)
{
	static const struct policy_gate decided[] = {
		{GATE_CLOSED, POLICY_UP, 0},
		{GATE_OPEN, POLICY_DOWN, 0},
		{GATE_OPEN, POLICY_UNKNOWN, 0},
		{GATE_OPEN, POLICY_OFF_BY_CONFIG, 0},
		{GATE_CLOSED, POLICY_KEPT, 0},
	};
	static const struct policy_gate no_door = {GATE_OPEN, POLICY_NO_DOOR,
						   0};

	(void)state;
	for (size_t i = 0; i < COUNT(decided); i++) {
		struct policy_gate automatic =
			policy_gate_ordered(decided[i], ORDER_GATE_AUTO);
		struct policy_gate open =
			policy_gate_ordered(decided[i], ORDER_GATE_OPEN);
		struct policy_gate closed =
			policy_gate_ordered(decided[i], ORDER_GATE_CLOSE);

		assert_int_equal(automatic.gate, decided[i].gate);
		assert_int_equal(automatic.why, decided[i].why);
		assert_int_equal(open.gate, GATE_OPEN);
		assert_int_equal(open.why, POLICY_BY_HAND);
		assert_int_equal(closed.gate, GATE_CLOSED);
		assert_int_equal(closed.why, POLICY_BY_HAND);
	}
	/* There is nothing to close. */
	assert_int_equal(policy_gate_ordered(no_door, ORDER_GATE_CLOSE).why,
			 POLICY_NO_DOOR);
}

static void the_mode_is_that_of_the_configuration_or_of_an_order(void **state)
{
	(void)state;
	for (enum config_mode mode = MODE_MONITOR; mode <= MODE_ENFORCE;
	     mode++) {
		assert_int_equal(policy_mode(mode, ORDER_MODE_AUTO), mode);
		assert_int_equal(policy_mode(mode, ORDER_MODE_MONITOR),
				 MODE_MONITOR);
		assert_int_equal(policy_mode(mode, ORDER_MODE_ENFORCE),
				 MODE_ENFORCE);
	}
}

static const struct {
	const char *name;
	const char *known;
	size_t primaries;
	unsigned int require;
	enum policy_health site;
} sites[] = {
	{"nothing known", "", 1, 1, POLICY_HEALTH_UNKNOWN},
	{"no primaries", "", 0, 1, POLICY_HEALTH_UNKNOWN},
	{"all of no primaries", "", 0, ALL, POLICY_HEALTH_UNKNOWN},
	{"up over one family", "A4u", 1, 1, POLICY_HEALTH_UP},
	{"up over one family, down over the other", "A4d A6u", 1, 1,
	 POLICY_HEALTH_UP},
	{"down over one family, unknown over the other", "A4d A6?", 1, 1,
	 POLICY_HEALTH_UNKNOWN},
	{"down over both", "A4d A6d", 1, 1, POLICY_HEALTH_DOWN},
	{"down over the only one", "A4d", 1, 1, POLICY_HEALTH_DOWN},
	{"not probed yet", "A4? A6?", 1, 1, POLICY_HEALTH_UNKNOWN},
	{"one of two", "A4d B4u", 2, 1, POLICY_HEALTH_UP},
	{"too few, and no more can be", "A4d B4u", 2, 2, POLICY_HEALTH_DOWN},
	{"too few, but one more may be", "A4? B4u", 2, 2,
	 POLICY_HEALTH_UNKNOWN},
	{"all of two", "A4u B4u", 2, ALL, POLICY_HEALTH_UP},
	{"all of two, one down", "A4u B4d", 2, ALL, POLICY_HEALTH_DOWN},
	{"two primaries of one family each, both up", "A4u B6u", 2, ALL,
	 POLICY_HEALTH_UP},
	{"two primaries, each up over another family", "A4u A6d B4d B6u", 2, 2,
	 POLICY_HEALTH_UP},
	{"two primaries of one family each, one unknown", "A4u B6?", 2, 2,
	 POLICY_HEALTH_UNKNOWN},
	{"two primaries of one family each, one down", "A4u B6d", 2, 2,
	 POLICY_HEALTH_DOWN},
	{"more are required than there are", "A4u", 1, 2, POLICY_HEALTH_DOWN},
	{"one of two has no address yet", "A4d", 2, 1, POLICY_HEALTH_DOWN},
};

static void the_site_is_up_when_mail_gets_there_over_any_family(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(sites); i++) {
		struct config config =
			config_of(sites[i].require, POLICY_STRICT);
		struct fixture fixture;

		print_message("%s\n", sites[i].name);
		set_named(&fixture, sites[i].primaries, sites[i].known);
		assert_int_equal(policy_site(&config, &fixture.domain, 1),
				 sites[i].site);
	}
}

static void a_site_is_down_when_mail_of_one_domain_is_stuck(void **state)
{
	static const struct {
		const char *first;
		const char *second;
		enum policy_health site;
	} cases[] = {
		{"10:4u 20:=", "10:4u 20:=", POLICY_HEALTH_UP},
		{"10:4u 20:=", "10:4d 20:=", POLICY_HEALTH_DOWN},
		{"10:4d 20:=", "10:4? 20:=", POLICY_HEALTH_DOWN},
		{"10:4u 20:=", "10:4? 20:=", POLICY_HEALTH_UP},
		{"10:4u 20:=", "10:= 20:4d", POLICY_HEALTH_UP},
		{"10:4u 20:=", "10:! 20:=", POLICY_HEALTH_UP},
		{"10:= 20:4u", "10:4? 20:=", POLICY_HEALTH_UNKNOWN},
		{"10:= 20:4u", "10:= 20:4d", POLICY_HEALTH_UNKNOWN},
	};
	struct config config = config_of(1, POLICY_STRICT);

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fixture first, second;
		struct policy_domain both[2];

		print_message("%s, %s\n", cases[i].first, cases[i].second);
		set_mx(&first, cases[i].first);
		set_mx(&second, cases[i].second);
		both[0] = first.domain;
		both[1] = second.domain;
		assert_int_equal(policy_site(&config, both, 2), cases[i].site);
	}
}

static void every_why_has_its_words(void **state)
{
	(void)state;
	for (unsigned int a = 0; a < POLICY_WHYS; a++) {
		assert_non_null(policy_why_words(a));
		for (unsigned int b = 0; b < a; b++)
			assert_string_not_equal(policy_why_words(a),
						policy_why_words(b));
	}
}

static const struct {
	uint32_t ttl_s;
	uint32_t refresh_s;
} lifetimes[] = {
	{0, 0},	    {1, 0},	  {15, 0},	  {16, 1},
	{60, 45},   {61, 46},	  {64, 48},	  {120, 90},
	{300, 225}, {3600, 2700}, {86400, 64800}, {UINT32_MAX, 3221225472U},
};

static void verdicts_are_refreshed_in_their_last_quarter(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lifetimes); i++) {
		struct policy_lifetime got =
			policy_lifetime(lifetimes[i].ttl_s);

		print_message("a TTL of %u s\n", lifetimes[i].ttl_s);
		assert_true(got.expires_ns == lifetimes[i].ttl_s * NS_PER_S);
		assert_true(got.refresh_ns ==
			    lifetimes[i].refresh_s * NS_PER_S);
	}
}

static void unknown_never_takes_the_place_of_what_is_known(void **state)
{
	(void)state;
	assert_true(policy_replaces(VERDICT_UNKNOWN, VERDICT_UNKNOWN));
	assert_false(policy_replaces(VERDICT_UNKNOWN, VERDICT_CLEAN));
	assert_false(policy_replaces(VERDICT_UNKNOWN, VERDICT_LISTED));
	for (enum verdict before = VERDICT_UNKNOWN; before <= VERDICT_LISTED;
	     before++) {
		assert_true(policy_replaces(VERDICT_CLEAN, before));
		assert_true(policy_replaces(VERDICT_LISTED, before));
	}
}

#define DAY_NS (86400 * NS_PER_S)

static void who_is_clean_for_two_days_stands_well(void **state)
{
	(void)state;
	assert_true(policy_is_long_clean(VERDICT_CLEAN, 0, 2 * DAY_NS));
	assert_true(policy_is_long_clean(VERDICT_CLEAN, DAY_NS, 9 * DAY_NS));
	assert_false(policy_is_long_clean(VERDICT_CLEAN, 1, 2 * DAY_NS));
	assert_false(policy_is_long_clean(VERDICT_LISTED, 0, 9 * DAY_NS));
	assert_false(policy_is_long_clean(VERDICT_UNKNOWN, 0, 9 * DAY_NS));
	/* A tick of the clock later than now. */
	assert_false(policy_is_long_clean(VERDICT_CLEAN, 1, 0));
}

static const struct {
	uint64_t hold_limit_ms;
	unsigned int cpus;
} holders[] = {
	{2500, 1}, {2500, 2},  {2500, 3},    {2500, 64}, {100, 1},
	{100, 4},  {10000, 1}, {10000, 128}, {2500, 0},
};

/* However they are spread over the CPUs and at whatever time they come. */
static void new_holds_never_evict_one_within_twice_the_limit(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(holders); i++) {
		/* Shorter than the usual retransmission it makes no sense. */
		uint64_t limit_ms = holders[i].hold_limit_ms < 1500
					    ? 1500
					    : holders[i].hold_limit_ms;
		unsigned int cpus = holders[i].cpus ? holders[i].cpus : 1;
		uint64_t each = policy_holds_per_cpu(holders[i].hold_limit_ms,
						     holders[i].cpus);

		print_message("%ju ms, %u CPUs: %ju\n", (uintmax_t)limit_ms,
			      holders[i].cpus, (uintmax_t)each);
		assert_true(each >= 1);
		assert_true(each * cpus * 2 * limit_ms <=
			    (uint64_t)PENDING_MAX * 1000);
		/* Nor are they bounded much more than they have to be. */
		assert_true((each + 1) * cpus * 2 * limit_ms >
			    (uint64_t)PENDING_MAX * 1000 - 2 * limit_ms * cpus);
	}
}

static void there_is_always_room_for_one_hold(void **state)
{
	(void)state;
	assert_int_equal(policy_holds_per_cpu(10000, 1000000), 1);
	assert_int_equal(policy_holds_per_cpu(2500, 1), 13107);
	assert_int_equal(policy_holds_per_cpu(2500, 2), 6553);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gates_follow_from_what_is_known),
		cmocka_unit_test(
			a_primary_whose_name_is_being_resolved_is_unknown),
		cmocka_unit_test(policy_off_and_no_door_open_whatever_is_up),
		cmocka_unit_test(only_strictly_better_mx_hosts_close_the_gate),
		cmocka_unit_test(records_that_are_none_open_it),
		cmocka_unit_test(who_is_a_primary),
		cmocka_unit_test(a_guard_closes_for_all_its_domains_or_not),
		cmocka_unit_test(only_what_is_not_known_yet_may_be_kept),
		cmocka_unit_test(only_primaries_that_are_down_make_an_outage),
		cmocka_unit_test(a_crowd_opens_what_is_closed),
		cmocka_unit_test(orders_go_before_what_was_decided),
		cmocka_unit_test(
			the_mode_is_that_of_the_configuration_or_of_an_order),
		cmocka_unit_test(
			the_site_is_up_when_mail_gets_there_over_any_family),
		cmocka_unit_test(
			a_site_is_down_when_mail_of_one_domain_is_stuck),
		cmocka_unit_test(every_why_has_its_words),
		cmocka_unit_test(verdicts_are_refreshed_in_their_last_quarter),
		cmocka_unit_test(
			unknown_never_takes_the_place_of_what_is_known),
		cmocka_unit_test(who_is_clean_for_two_days_stands_well),
		cmocka_unit_test(
			new_holds_never_evict_one_within_twice_the_limit),
		cmocka_unit_test(there_is_always_room_for_one_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
