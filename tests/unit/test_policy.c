/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decisions as tables.  What is known of the primaries is written as words of
 * three characters: the primary (A, B, ...), the family (4 or 6), and u up,
 * d down, ? unknown.
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

#define TARGETS_MAX 16
#define NS_PER_S    1000000000ULL

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

static size_t targets_of(const char *known,
			 struct policy_target out[static TARGETS_MAX])
{
	size_t count = 0;

	for (; *known; known += known[3] ? 4 : 3)
		out[count++] = (struct policy_target){
			.primary = (size_t)(known[0] - 'A'),
			.family = known[1] == '4' ? FAMILY_IPV4 : FAMILY_IPV6,
			.health = health_of(known[2]),
		};
	return count;
}

static struct config config_of(size_t primaries, unsigned int require,
			       enum config_policy policy)
{
	return (struct config){
		.primary_count = primaries,
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
	{"no primaries never close it", "", 0, 1, POLICY_NO_ADDRESS,
	 POLICY_NO_ADDRESS},
	{"all of no primaries never close it", "", 0, ALL, POLICY_NO_ADDRESS,
	 POLICY_NO_ADDRESS},
	{"one address of a primary that is up is enough", "A4d A4u A4?", 1, 1,
	 POLICY_UP, POLICY_NO_ADDRESS},
	{"addresses of one primary count once", "A4u A4u B4d", 2, 2,
	 POLICY_TOO_FEW, POLICY_NO_ADDRESS},
	{"down when all its addresses are", "A4d A4d", 1, 1, POLICY_DOWN,
	 POLICY_NO_ADDRESS},
	{"one unknown address among those down leaves it unknown", "A4d A4?", 1,
	 1, POLICY_UNKNOWN, POLICY_NO_ADDRESS},
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

static void check_gate(const struct config *config, const char *known,
		       enum family family, size_t doors, enum policy_why why)
{
	struct policy_target targets[TARGETS_MAX];
	size_t count = targets_of(known, targets);
	struct policy_gate got =
		policy_gate(config, targets, count, family, doors);

	assert_string_equal(policy_why_words(got.why), policy_why_words(why));
	assert_int_equal(got.gate, why == POLICY_UP ? GATE_CLOSED : GATE_OPEN);
}

static void gates_follow_from_what_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(gates); i++) {
		struct config config = config_of(
			gates[i].primaries, gates[i].require, POLICY_STRICT);

		print_message("%s\n", gates[i].name);
		check_gate(&config, gates[i].known, FAMILY_IPV4, 1,
			   gates[i].ipv4);
		check_gate(&config, gates[i].known, FAMILY_IPV6, 1,
			   gates[i].ipv6);
	}
}

static void policy_off_and_no_door_open_whatever_is_up(void **state)
{
	struct config off = config_of(1, 1, POLICY_OFF);
	struct config strict = config_of(1, 1, POLICY_STRICT);

	(void)state;
	check_gate(&off, "A4u", FAMILY_IPV4, 1, POLICY_OFF_BY_CONFIG);
	check_gate(&off, "A4d", FAMILY_IPV4, 0, POLICY_OFF_BY_CONFIG);
	check_gate(&strict, "A4u", FAMILY_IPV4, 0, POLICY_NO_DOOR);
	check_gate(&strict, "A4u", FAMILY_IPV6, 0, POLICY_NO_DOOR);
	check_gate(&strict, "A4u", FAMILY_IPV4, DOORS_MAX, POLICY_UP);
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
};

static void the_site_is_up_when_mail_gets_there_over_any_family(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(sites); i++) {
		struct config config = config_of(
			sites[i].primaries, sites[i].require, POLICY_STRICT);
		struct policy_target targets[TARGETS_MAX];
		size_t count = targets_of(sites[i].known, targets);

		print_message("%s\n", sites[i].name);
		assert_int_equal(policy_site(&config, targets, count),
				 sites[i].site);
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
		cmocka_unit_test(policy_off_and_no_door_open_whatever_is_up),
		cmocka_unit_test(
			the_site_is_up_when_mail_gets_there_over_any_family),
		cmocka_unit_test(every_why_has_its_words),
		cmocka_unit_test(verdicts_are_refreshed_in_their_last_quarter),
		cmocka_unit_test(
			unknown_never_takes_the_place_of_what_is_known),
		cmocka_unit_test(
			new_holds_never_evict_one_within_twice_the_limit),
		cmocka_unit_test(there_is_always_room_for_one_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
