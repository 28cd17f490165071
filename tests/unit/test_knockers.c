/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mercy for those who keep knocking, and crowds. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "core/addr.h"
#include "core/knockers.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

#define S     UINT64_C(1000000000)
#define MIN   (60 * S)
#define HOUR  (3600 * S)
#define MERCY (2 * HOUR)
#define START (1000 * HOUR)

static struct knockers *knockers;

static int begin(void **state)
{
	(void)state;
	knockers = knockers_create(42);
	return knockers ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	knockers_free(knockers);
	return 0;
}

static struct addr network(uint32_t n)
{
	return addr_from_ipv4((struct in_addr){htonl(0x0a000000 + (n << 8))});
}

static enum knock knock(uint32_t n, enum verdict verdict, uint64_t at_ns)
{
	struct addr key = network(n);

	return knockers_knock(knockers, &key, verdict, START + at_ns, MERCY);
}

static const struct {
	const char *name;
	enum verdict verdict;
	unsigned int minutes[12]; /* of its knocks, the first one at 0 */
	enum knock last;
} knocks[] = {
	{"one who comes once", VERDICT_CLEAN, {0}, KNOCK_ONE_OF_MANY},
	{"one who repeats its SYN",
	 VERDICT_CLEAN,
	 {0, 1, 1, 1},
	 KNOCK_ONE_OF_MANY},
	{"one who retries for less than that",
	 VERDICT_CLEAN,
	 {0, 15, 30, 60, 119},
	 KNOCK_ONE_OF_MANY},
	{"one who retries for so long",
	 VERDICT_CLEAN,
	 {0, 15, 30, 60, 120},
	 KNOCK_MERCY},
	{"one who comes back after two hours, and no more",
	 VERDICT_CLEAN,
	 {0, 130},
	 KNOCK_ONE_OF_MANY},
	{"one who retries every four hours",
	 VERDICT_CLEAN,
	 {0, 240, 480},
	 KNOCK_MERCY},
	{"one who was away for more than a day",
	 VERDICT_CLEAN,
	 {0, 10, 20, 1500, 1510},
	 KNOCK_ONE_OF_MANY},
	{"one of whom nothing is known is asked for",
	 VERDICT_UNKNOWN,
	 {0, 30, 60, 130},
	 KNOCK_ASK},
	{"one who is listed",
	 VERDICT_LISTED,
	 {0, 30, 60, 130, 190},
	 KNOCK_ONE_OF_MANY},
};

static void who_keeps_at_it_is_let_in(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(knocks); i++) {
		enum knock last = KNOCK_ONE_OF_MANY;

		print_message("%s\n", knocks[i].name);
		for (size_t j = 0; j == 0 || knocks[i].minutes[j]; j++) {
			assert_int_equal(last, KNOCK_ONE_OF_MANY);
			last = knock((uint32_t)i, knocks[i].verdict,
				     knocks[i].minutes[j] * MIN);
		}
		assert_int_equal(last, knocks[i].last);
	}
}

static void one_listed_host_is_enough_for_no_mercy(void **state)
{
	struct addr key = network(7);

	(void)state;
	knock(7, VERDICT_CLEAN, 0);
	knock(7, VERDICT_CLEAN, 30 * MIN);
	knockers_listed(knockers, &key);
	assert_int_equal(knock(7, VERDICT_CLEAN, 180 * MIN), KNOCK_ONE_OF_MANY);
	/* The others are none of its business. */
	knock(8, VERDICT_CLEAN, 0);
	knock(8, VERDICT_CLEAN, 30 * MIN);
	assert_int_equal(knock(8, VERDICT_CLEAN, 180 * MIN), KNOCK_MERCY);
}

static void an_answer_that_comes_later_lets_in(void **state)
{
	struct addr key = network(7), other = network(8);

	(void)state;
	knock(7, VERDICT_UNKNOWN, 0);
	knock(7, VERDICT_UNKNOWN, 60 * MIN);
	assert_false(knockers_clean(knockers, &key, START + 61 * MIN, MERCY));
	assert_int_equal(knock(7, VERDICT_UNKNOWN, 121 * MIN), KNOCK_ASK);
	assert_true(knockers_clean(knockers, &key, START + 121 * MIN, MERCY));
	/* Once. */
	assert_false(knockers_clean(knockers, &key, START + 122 * MIN, MERCY));
	assert_false(
		knockers_clean(knockers, &other, START + 122 * MIN, MERCY));
}

static void without_mercy_nobody_is(void **state)
{
	struct addr key = network(7);

	(void)state;
	for (unsigned int i = 0; i < 100; i++)
		assert_int_equal(knockers_knock(knockers, &key, VERDICT_CLEAN,
						START + i * HOUR / 2, 0),
				 KNOCK_ONE_OF_MANY);
}

/* Forged sources, ten a second, as many as the program tells of. */
static void flood(unsigned int from_s, unsigned int to_s)
{
	static uint32_t forged = 1000;

	for (unsigned int second = from_s; second < to_s; second++)
		for (unsigned int i = 0; i < 10; i++)
			knock(forged++, VERDICT_UNKNOWN, second * S);
}

static void a_flood_does_not_make_it_forget_who_keeps_at_it(void **state)
{
	unsigned int kept = 0;

	(void)state;
	flood(0, 7200);
	for (uint32_t n = 0; n < 100; n++) {
		knock(n, VERDICT_CLEAN, 7200 * S);
		knock(n, VERDICT_CLEAN, 7500 * S);
	}
	flood(7500, 14400);
	for (uint32_t n = 0; n < 100; n++)
		kept += knock(n, VERDICT_CLEAN, 7200 * S + MERCY) ==
			KNOCK_MERCY;
	assert_int_equal(kept, 100);
}

/* ---- crowds ---- */

static uint64_t now;
static uint32_t next_network;

static bool crowd_is_there(bool closed)
{
	return knockers_crowd(knockers, FAMILY_IPV4, closed, START + now, 50);
}

/* One window, in the middle of which some distinct networks knock. */
static bool window_with(unsigned int networks, enum verdict verdict)
{
	bool crowd = false;

	for (unsigned int minute = 0; minute < 10; minute++) {
		crowd |= crowd_is_there(true);
		for (unsigned int i = 0; minute == 5 && i < networks; i++) {
			knock(next_network, verdict, now);
			knock(next_network++, verdict, now + S);
		}
		now += MIN;
	}
	return crowd | crowd_is_there(true);
}

static void learn(unsigned int usual)
{
	now = 0;
	next_network = 0;
	for (unsigned int i = 0; i < KNOCKERS_LEARN + 1; i++)
		assert_false(window_with(usual, VERDICT_CLEAN));
}

static void a_crowd_is_many_more_than_usual(void **state)
{
	(void)state;
	learn(10);
	assert_false(window_with(49, VERDICT_CLEAN));
	assert_true(window_with(60, VERDICT_CLEAN));
}

static void where_many_are_usual_they_are_no_crowd(void **state)
{
	(void)state;
	learn(100);
	assert_false(window_with(150, VERDICT_CLEAN));
	assert_false(window_with(300, VERDICT_CLEAN));
	assert_true(window_with(600, VERDICT_CLEAN));
}

static void nobody_knows_at_first_what_is_usual(void **state)
{
	(void)state;
	now = 0;
	next_network = 0;
	for (unsigned int i = 0; i < KNOCKERS_LEARN - 1; i++)
		assert_false(window_with(500, VERDICT_CLEAN));
}

static void who_is_listed_or_not_known_is_of_no_crowd(void **state)
{
	(void)state;
	learn(0);
	assert_false(window_with(500, VERDICT_UNKNOWN));
	assert_false(window_with(500, VERDICT_LISTED));
	assert_true(window_with(50, VERDICT_CLEAN));
}

static void one_network_counts_once_in_a_window(void **state)
{
	(void)state;
	learn(0);
	for (unsigned int i = 0; i < 1000; i++)
		knock(i % 49, VERDICT_CLEAN, now + i * S / 10);
	now += MIN;
	assert_false(crowd_is_there(true));
	knock(50, VERDICT_CLEAN, now);
	assert_true(crowd_is_there(true));
}

static void it_opens_for_a_time_and_for_longer_when_it_is_back(void **state)
{
	(void)state;
	learn(0);
	assert_true(window_with(60, VERDICT_CLEAN));
	/* Nobody knocks at an open gate. */
	for (uint64_t end = now + 24 * MIN; now < end; now += MIN)
		assert_true(crowd_is_there(false));
	now += 2 * MIN;
	assert_false(crowd_is_there(false));
	assert_true(window_with(60, VERDICT_CLEAN));
	for (uint64_t end = now + 54 * MIN; now < end; now += MIN)
		assert_true(crowd_is_there(false));
	now += 2 * MIN;
	assert_false(crowd_is_there(false));
	/* What it was like meanwhile has not become the usual. */
	assert_false(window_with(0, VERDICT_CLEAN));
	assert_true(window_with(50, VERDICT_CLEAN));
}

/* An outage that the probes see, too, would else make nobody the usual. */
static void what_an_open_gate_hears_is_not_usual(void **state)
{
	(void)state;
	learn(100);
	for (uint64_t end = now + 24 * 60 * MIN; now < end; now += MIN)
		assert_false(crowd_is_there(false));
	assert_false(window_with(0, VERDICT_CLEAN));
	assert_false(window_with(300, VERDICT_CLEAN));
}

static void families_have_crowds_of_their_own_and_0_has_none(void **state)
{
	(void)state;
	learn(0);
	for (unsigned int i = 0; i < 60; i++)
		knock(next_network++, VERDICT_CLEAN, now);
	assert_false(
		knockers_crowd(knockers, FAMILY_IPV6, true, START + now, 50));
	assert_false(
		knockers_crowd(knockers, FAMILY_IPV4, true, START + now, 0));
	assert_true(
		knockers_crowd(knockers, FAMILY_IPV4, true, START + now, 50));
	/* Switched off it ends at once. */
	assert_false(
		knockers_crowd(knockers, FAMILY_IPV4, false, START + now, 0));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_keeps_at_it_is_let_in),
		TEST(one_listed_host_is_enough_for_no_mercy),
		TEST(an_answer_that_comes_later_lets_in),
		TEST(without_mercy_nobody_is),
		TEST(a_flood_does_not_make_it_forget_who_keeps_at_it),
		TEST(a_crowd_is_many_more_than_usual),
		TEST(where_many_are_usual_they_are_no_crowd),
		TEST(nobody_knows_at_first_what_is_usual),
		TEST(who_is_listed_or_not_known_is_of_no_crowd),
		TEST(one_network_counts_once_in_a_window),
		TEST(it_opens_for_a_time_and_for_longer_when_it_is_back),
		TEST(what_an_open_gate_hears_is_not_usual),
		TEST(families_have_crowds_of_their_own_and_0_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
