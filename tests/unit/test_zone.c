/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Health of a list: stories of tests and answers, and the state after each. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sources/zone.h"

#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)
#define START  (1000 * MINUTE)

static const struct zone_finding findings[] = {
	['p'] = {.state = ZONE_OK},
	['f'] = {.state = ZONE_FAILING, .why = "fails"},
	['e'] = {.state = ZONE_EMPTY, .why = "is empty"},
	['w'] = {.state = ZONE_WORLD, .why = "lists all"},
	['b'] = {.state = ZONE_BLOCKED, .why = "refuses"},
	/* Of answers only: what one alone does not prove. */
	['B'] = {.state = ZONE_BLOCKED, .why = "may refuse", .doubtful = true},
	['W'] = {.state = ZONE_WORLD, .why = "is odd", .doubtful = true},
};

/*
 * A story: each letter is a test with that finding; in parentheses answers.
 * After each of them a digit may give the state that is expected.
 */
#define U "0" /* ZONE_UNTESTED, ... as the table in zone.h has it */
#define O "1"
#define F "2"
#define B "3"
#define E "4"
#define W "5"

static const struct {
	const char *name;
	const char *story;
} stories[] = {
	{"not tested, it does not count", U},
	{"the first test that passes makes it count", U "p" O},
	{"one that fails does not decide", U "f" U "p" O},
	{"two in a row do", U "f" U "f" F},
	{"one failure takes nobody out", "p" O "f" O "p" O "f" O "p" O},
	{"two in a row take it out", "p" O "f" O "f" F},
	{"also of two kinds", "p" O "f" O "e" E},
	{"one that passes brings nobody back", "pff" F "p" F "f" F "p" F},
	{"two in a row bring it back", "pff" F "p" F "p" O},
	{"after that it takes two again", "pff" F "pp" O "f" O "f" F},
	{"emptied", "p" O "e" O "e" E},
	{"empty, then failing", "pee" E "f" F},
	{"who lists the world is out at once", "p" O "w" W},
	{"even if not tested before", U "w" W},
	{"even if out already", "pff" F "w" W},
	{"and comes back as others do", "pw" W "p" W "p" O},
	{"an error code is out at once", "p" O "b" B},
	{"and comes back as others do", "pb" B "p" B "p" O},

	{"answers that are well change nothing", "p" O "(pppp)" O},
	{"a few failures neither", "p" O "(fffffffffffffff)" O},
	{"one that is well among them", "p(fffffffffffffffpf)" O},
	{"sixteen in a row take it out", "p" O "(ffffffffffffffff)" F},
	{"after which it takes two tests", "p(ffffffffffffffff)" F "p" F "p" O},
	{"an error code in an answer is out at once", "p" O "(b)" B},
	{"what may be one is not", "p" O "(B)" O},
	{"but sixteen are", "p" O "(BBBBBBBBBBBBBBBB)" B},
	{"an odd answer is not out", "p" O "(W)" O},
	{"sixteen are", "p" O "(WWWWWWWWWWWWWWWW)" W},
};

static void tell(const char *story)
{
	uint64_t now_ms = START;
	bool answers = false;
	struct zone zone;

	zone_init(&zone, now_ms, 1);
	for (const char *at = story; *at; at++) {
		enum zone_state before = zone.state;
		bool changed;

		if (*at == '(' || *at == ')') {
			answers = *at == '(';
			continue;
		}
		if (*at >= '0' && *at <= '9') {
			assert_int_equal(zone.state, *at - '0');
			continue;
		}
		if (answers) {
			changed = zone_note_answer(
				&zone, now_ms, &findings[(unsigned char)*at]);
		} else {
			if (zone.test_ms > now_ms)
				now_ms = zone.test_ms;
			assert_true(zone_test_due(&zone, now_ms));
			changed = zone_note_test(&zone, now_ms,
						 &findings[(unsigned char)*at]);
			assert_true(zone.test_ms > now_ms);
		}
		assert_int_equal(changed, before != zone.state);
		if (zone.state == ZONE_OK)
			assert_null(zone.why);
		else
			assert_non_null(zone.why);
	}
}

static void stories_end_as_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(stories) / sizeof(*stories); i++) {
		print_message("%s\n", stories[i].name);
		tell(stories[i].story);
	}
}

static void states_have_names(void **state)
{
	(void)state;
	assert_string_equal(zone_state_name(ZONE_OK), "ok");
	assert_string_equal(zone_state_name(ZONE_WORLD), "lists-the-world");
	assert_string_equal(zone_state_name(ZONE_OVER_QUOTA), "over-quota");
}

/* Runs one test; returns when the next one is due. */
static uint64_t next_test(struct zone *zone, uint64_t now_ms, char finding)
{
	zone_note_test(zone, now_ms, &findings[(unsigned char)finding]);
	return zone->test_ms - now_ms;
}

static void tests_come_every_minute_or_a_fifth_sooner_or_later(void **state)
{
	uint64_t least = UINT64_MAX, most = 0;
	struct zone zone;

	(void)state;
	zone_init(&zone, START, 1);
	for (unsigned int i = 0; i < 1000; i++) {
		uint64_t delay = next_test(&zone, START, 'p');

		least = delay < least ? delay : least;
		most = delay > most ? delay : most;
	}
	assert_in_range(least, 48 * SECOND, 50 * SECOND);
	assert_in_range(most, 70 * SECOND, 72 * SECOND);
}

static void a_test_that_needs_a_second_one_gets_it_soon(void **state)
{
	struct zone zone;

	(void)state;
	zone_init(&zone, START, 1);
	assert_true(zone_test_due(&zone, START));
	assert_in_range(next_test(&zone, START, 'f'), 1, 6 * SECOND);
	next_test(&zone, START, 'p');
	assert_in_range(next_test(&zone, START, 'e'), 1, 6 * SECOND);
	assert_in_range(next_test(&zone, START, 'f'), 1, 12 * SECOND);
	assert_in_range(next_test(&zone, START, 'p'), 1, 6 * SECOND);
}

static void pauses_after_error_codes_grow_and_are_bounded(void **state)
{
	static const unsigned int minutes[] = {5,   10,	 20,  40, 80,
					       160, 240, 240, 240};
	uint64_t now_ms = START;
	struct zone zone;

	(void)state;
	zone_init(&zone, now_ms, 1);
	for (size_t i = 0; i < sizeof(minutes) / sizeof(*minutes); i++) {
		assert_int_equal(next_test(&zone, now_ms, 'b'),
				 minutes[i] * MINUTE);
		assert_false(zone_test_due(&zone, zone.test_ms - 1));
		now_ms = zone.test_ms;
	}
}

static void being_ok_for_long_makes_them_short_again(void **state)
{
	uint64_t now_ms = START;
	struct zone zone;

	(void)state;
	zone_init(&zone, now_ms, 1);
	next_test(&zone, now_ms, 'b');
	next_test(&zone, now_ms, 'p');
	next_test(&zone, now_ms, 'p');
	assert_int_equal(zone.state, ZONE_OK);
	now_ms += 10 * MINUTE;
	assert_int_equal(next_test(&zone, now_ms, 'b'), 10 * MINUTE);
	next_test(&zone, now_ms, 'p');
	next_test(&zone, now_ms, 'p');
	now_ms += 60 * MINUTE;
	assert_int_equal(next_test(&zone, now_ms, 'b'), 5 * MINUTE);
}

static void an_odd_answer_brings_the_test_forward(void **state)
{
	struct zone zone;

	(void)state;
	zone_init(&zone, START, 1);
	next_test(&zone, START, 'p');
	zone_note_answer(&zone, START + SECOND, &findings['f']);
	assert_false(zone_test_due(&zone, START + SECOND));
	zone_note_answer(&zone, START + SECOND, &findings['W']);
	assert_true(zone_test_due(&zone, START + SECOND));
}

/* ---- the breaker ---- */

static bool note_client(struct zone *zone, unsigned int number, bool listed)
{
	struct in_addr in = {.s_addr = htonl(0xc0000200U + number)};
	struct addr source = addr_from_ipv4(in);

	return zone_note_client(zone, START, &source, listed);
}

static void make_ok(struct zone *zone)
{
	zone_init(zone, START, 1);
	zone_note_test(zone, START, &findings['p']);
}

static void forty_eight_of_fifty_trip_the_breaker(void **state)
{
	struct zone zone;

	(void)state;
	make_ok(&zone);
	for (unsigned int i = 0; i < 49; i++)
		assert_false(note_client(&zone, i, i >= 2));
	assert_true(note_client(&zone, 49, true));
	assert_int_equal(zone.state, ZONE_WORLD);
	assert_non_null(strstr(zone.why, "nearly all"));
	assert_false(zone_test_due(&zone, START + 59 * MINUTE));
}

static void forty_seven_of_fifty_do_not(void **state)
{
	struct zone zone;

	(void)state;
	make_ok(&zone);
	for (unsigned int i = 0; i < 200; i++)
		assert_false(note_client(&zone, i, i % 50 >= 3));
	assert_int_equal(zone.state, ZONE_OK);
}

static void one_client_counts_once(void **state)
{
	struct zone zone;

	(void)state;
	make_ok(&zone);
	for (unsigned int i = 0; i < 500; i++)
		assert_false(note_client(&zone, i % 49, true));
	assert_int_equal(zone.state, ZONE_OK);
	assert_int_equal(zone.clients.count, 49);
}

static void what_a_client_is_now_counts(void **state)
{
	struct zone zone;

	(void)state;
	make_ok(&zone);
	for (unsigned int i = 0; i < 50; i++)
		assert_false(note_client(&zone, i, i >= 3));
	assert_false(note_client(&zone, 10, false));
	assert_false(note_client(&zone, 0, true));
	/* 47 again, one more trips it. */
	assert_true(note_client(&zone, 10, true));
}

static void old_clients_make_room_for_new_ones(void **state)
{
	struct zone zone;

	(void)state;
	make_ok(&zone);
	for (unsigned int i = 0; i < 50; i++)
		note_client(&zone, i, false);
	for (unsigned int i = 50; i < 97; i++)
		assert_false(note_client(&zone, i, true));
	assert_true(note_client(&zone, 97, true));
}

static void after_the_breaker_it_starts_anew(void **state)
{
	struct zone zone;

	(void)state;
	make_ok(&zone);
	for (unsigned int i = 0; i < 50; i++)
		note_client(&zone, i, true);
	assert_int_equal(zone.state, ZONE_WORLD);
	zone_note_test(&zone, zone.test_ms, &findings['p']);
	zone_note_test(&zone, zone.test_ms, &findings['p']);
	assert_int_equal(zone.state, ZONE_OK);
	for (unsigned int i = 0; i < 49; i++)
		assert_false(note_client(&zone, i, true));
}

/* Against a plain recount of the last fifty distinct clients. */
static void random_clients_are_counted_right(void **state)
{
	struct zone zone;

	(void)state;
	srand(1);
	make_ok(&zone);
	for (unsigned int i = 0; i < 20000; i++) {
		unsigned int listed = 0;

		note_client(&zone, (unsigned int)rand() % 80, rand() % 5 > 0);
		for (unsigned int c = 0; c < zone.clients.count; c++)
			listed += zone.clients.listed[c];
		assert_int_equal(zone.clients.listed_count, listed);
		if (zone.state != ZONE_OK)
			make_ok(&zone);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stories_end_as_told),
		cmocka_unit_test(states_have_names),
		cmocka_unit_test(
			tests_come_every_minute_or_a_fifth_sooner_or_later),
		cmocka_unit_test(a_test_that_needs_a_second_one_gets_it_soon),
		cmocka_unit_test(pauses_after_error_codes_grow_and_are_bounded),
		cmocka_unit_test(being_ok_for_long_makes_them_short_again),
		cmocka_unit_test(an_odd_answer_brings_the_test_forward),
		cmocka_unit_test(forty_eight_of_fifty_trip_the_breaker),
		cmocka_unit_test(forty_seven_of_fifty_do_not),
		cmocka_unit_test(one_client_counts_once),
		cmocka_unit_test(what_a_client_is_now_counts),
		cmocka_unit_test(old_clients_make_room_for_new_ones),
		cmocka_unit_test(after_the_breaker_it_starts_anew),
		cmocka_unit_test(random_clients_are_counted_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
