/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fall and rise, pace and hints, as tables of results.  A letter stands for a
 * probe's result: g good, r refused, s silence, e an error in a reply, m
 * malformed, l limited, o our own fault.  A capital is the state after it:
 * U up, D down, ? unknown.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "sources/health_state.h"

#define MS 1000000ULL
#define S  (1000 * MS)

#define START (1000 * S)

static const struct health_rules usual = {
	.interval_ms = 30000, .fall = 2, .rise = 3};

static enum probe_reason reason_of(char letter)
{
	switch (letter) {
	case 'g':
		return PROBE_GOOD;
	case 'r':
		return PROBE_REFUSED;
	case 's':
		return PROBE_CONNECT_TIMEOUT;
	case 'e':
		return PROBE_MAIL;
	case 'm':
		return PROBE_MALFORMED;
	case 'l':
		return PROBE_LIMITED;
	case 'o':
		return PROBE_LOCAL;
	default:
		fail_msg("no result: %c", letter);
		return PROBE_REASONS;
	}
}

static char letter_of(enum health_state state)
{
	switch (state) {
	case HEALTH_UP:
		return 'U';
	case HEALTH_DOWN:
		return 'D';
	default:
		return '?';
	}
}

/* Feeds `results`, one each second; returns the time of the last one. */
static uint64_t feed(struct health_track *track,
		     const struct health_rules *rules, const char *results)
{
	uint64_t now_ns = START;

	health_track_init(track, now_ns);
	for (; *results; results++) {
		now_ns += S;
		health_track_result(track, rules, reason_of(*results), now_ns);
	}
	return now_ns;
}

static const struct {
	const char *name;
	unsigned int fall;
	unsigned int rise;
	const char *story; /* result, state, result, state ... */
} stories[] = {
	{"the first good probe decides", 2, 3, "gU"},
	{"the first bad probe does not", 2, 3, "r?rD"},
	{"a good one after the first bad one decides", 2, 3, "r?gU"},
	{"up falls after `fall` bad ones", 2, 3, "gUrUrD"},
	{"bad ones of any kind add up", 4, 3, "gUrUsUeUmD"},
	{"a good one forgives", 2, 3, "gUrUgUrUgUrUrD"},
	{"down rises after `rise` good ones", 2, 3, "r?rDgDgDgU"},
	{"a bad one begins the rise anew", 2, 3, "r?rDgDgDrDgDgDgU"},
	{"an alternating primary that is up stays up", 2, 2,
	 "gUrUgUrUgUrUgUrUgU"},
	{"an alternating primary that is down stays down", 2, 2,
	 "r?rDgDrDgDrDgDrDgDrD"},
	{"fall and rise of one follow at once", 1, 1, "rDgUrDgU"},
	{"limited counts for neither", 2, 3, "l?gUlUlUrUlUrDgDlDgDgU"},
	{"our own fault counts for neither", 2, 3, "o?gUoUrUoUrDgDoDgDgU"},
	{"down stays down however often it is repeated", 2, 3,
	 "r?rDrDrDrDrDrDgDgDgU"},
};

static void states_follow_the_results(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(stories) / sizeof(*stories); i++) {
		const struct health_rules rules = {.interval_ms = 30000,
						   .fall = stories[i].fall,
						   .rise = stories[i].rise};
		const char *at = stories[i].story;
		struct health_track track;
		uint64_t now_ns = START;

		print_message("%s\n", stories[i].name);
		health_track_init(&track, now_ns);
		assert_int_equal(track.state, HEALTH_UNKNOWN);
		for (; *at; at += 2) {
			enum health_state before = track.state;
			bool changed;

			now_ns += S;
			changed = health_track_result(&track, &rules,
						      reason_of(at[0]), now_ns);
			assert_int_equal(letter_of(track.state), at[1]);
			assert_int_equal(changed, before != track.state);
			assert_int_equal(track.last_ns, now_ns);
			if (changed)
				assert_int_equal(track.since_ns, now_ns);
			if (at[0] == 'g')
				assert_int_equal(track.last_good_ns, now_ns);
		}
	}
}

static const struct {
	const char *name;
	const char *results; /* before: one each second */
	char result;
	uint64_t after_s; /* since the last good one */
	char state;
} ages[] = {
	{"limited for less than 3 intervals is still up", "g", 'l', 89, 'U'},
	{"limited for 3 intervals is unknown", "g", 'l', 90, '?'},
	{"unable for less than 3 intervals is still up", "g", 'o', 89, 'U'},
	{"unable for 3 intervals is unknown", "g", 'o', 90, '?'},
	{"a slow good one is up, however late", "g", 'g', 9999, 'U'},
	{"a late bad one is doubt", "g", 's', 9999, 'U'},
	{"down does not age", "rr", 'l', 9999, 'D'},
};

static void up_does_not_outlive_its_proof(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ages) / sizeof(*ages); i++) {
		struct health_track track;
		uint64_t now_ns = feed(&track, &usual, ages[i].results);

		print_message("%s\n", ages[i].name);
		now_ns += ages[i].after_s * S;
		health_track_result(&track, &usual, reason_of(ages[i].result),
				    now_ns);
		assert_int_equal(letter_of(track.state), ages[i].state);
	}
}

static void what_was_lost_from_sight_is_up_at_once_when_good(void **state)
{
	struct health_track track;
	uint64_t now_ns = feed(&track, &usual, "g") + 100 * S;

	(void)state;
	health_track_result(&track, &usual, PROBE_LIMITED, now_ns);
	assert_int_equal(track.state, HEALTH_UNKNOWN);
	health_track_result(&track, &usual, PROBE_GOOD, now_ns + S);
	assert_int_equal(track.state, HEALTH_UP);
}

static const struct {
	const char *name;
	const char *results;
	uint64_t interval_ms;
	uint64_t age_s; /* of the state, when the delay is asked for */
	uint64_t min_ms;
	uint64_t max_ms;
} delays[] = {
	{"in peace: the interval", "g", 30000, 0, 25500, 34500},
	{"refused: 200 ms", "gr", 30000, 0, 200, 200},
	{"silence: 1 s", "gs", 30000, 0, 1000, 1000},
	{"an error: 200 ms", "ge", 30000, 0, 200, 200},
	{"malformed: 200 ms", "gm", 30000, 0, 200, 200},
	{"bad at first sight: 200 ms", "r", 30000, 0, 200, 200},
	{"silent at first sight: 1 s", "s", 30000, 0, 1000, 1000},
	{"peace again after one bad probe", "grg", 30000, 0, 25500, 34500},
	{"down: 5 s", "grr", 30000, 0, 4250, 5750},
	{"down for 50 s: still 5 s", "grr", 30000, 50, 4250, 5750},
	{"down for 3 min: 18 s", "grr", 30000, 180, 15300, 20700},
	{"down for a day: the interval", "grr", 30000, 86400, 25500, 34500},
	{"down, short interval: that", "grr", 1000, 0, 850, 1150},
	{"down for a day, short interval: that", "grr", 1000, 86400, 850, 1150},
	{"rising: a sixth of the interval", "grrg", 30000, 0, 4250, 5750},
	{"rising, however long the outage was", "grrg", 30000, 86400, 4250,
	 5750},
	{"rising, long interval: 5 s", "grrg", 600000, 0, 4250, 5750},
	{"rising, interval of 6 s: 2 s", "grrg", 6000, 0, 1700, 2300},
	{"rising, interval of 1 s: that", "grrg", 1000, 0, 850, 1150},
	{"fallen back: 5 s", "grrgr", 30000, 0, 4250, 5750},
	{"limited: the interval", "gl", 30000, 0, 25500, 34500},
	{"limited in doubt: the interval", "grl", 30000, 0, 25500, 34500},
	{"limited while down: the interval", "grrl", 30000, 0, 25500, 34500},
	{"our own fault: 5 s", "go", 30000, 0, 4250, 5750},
	{"our own fault, short interval: that", "go", 1000, 0, 850, 1150},
};

static void each_situation_has_its_pace(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(delays) / sizeof(*delays); i++) {
		const struct health_rules rules = {
			.interval_ms = delays[i].interval_ms,
			.fall = 2,
			.rise = 3};
		struct health_track track;
		uint64_t least = UINT64_MAX;
		uint64_t most = 0;
		uint64_t now_ns;

		print_message("%s\n", delays[i].name);
		feed(&track, &rules, delays[i].results);
		now_ns = track.since_ns + delays[i].age_s * S;
		for (unsigned int n = 0; n < 5000; n++) {
			uint64_t ms = health_track_delay_ms(
				&track, &rules, health_random(&seed), now_ns);

			least = ms < least ? ms : least;
			most = ms > most ? ms : most;
		}
		assert_in_range(least, delays[i].min_ms,
				delays[i].min_ms + delays[i].min_ms / 50);
		assert_in_range(most, delays[i].max_ms - delays[i].max_ms / 50,
				delays[i].max_ms);
	}
}

static const struct {
	const char *name;
	const char *results;
	uint64_t age_ms; /* of the last result */
	bool useful;
} hints[] = {
	{"what is up and not seen lately is worth a look", "g", 2000, true},
	{"what was good just now is not", "g", 1999, false},
	{"what is probed again at once is not", "gr", 5000, false},
	{"what is down is not", "grr", 5000, false},
	{"what rises is not", "grrg", 5000, false},
	{"what is unknown is not", "", 5000, false},
	{"what limits us is not", "gl", 5000, false},
	{"what we could not ask is", "go", 5000, true},
};

static void hints_are_for_what_counts_as_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(hints) / sizeof(*hints); i++) {
		struct health_track track;
		uint64_t now_ns = feed(&track, &usual, hints[i].results) +
				  hints[i].age_ms * MS;

		print_message("%s\n", hints[i].name);
		assert_int_equal(health_track_hint_useful(&track, now_ns),
				 hints[i].useful);
	}
}

static unsigned int take_all(struct health_track *track, uint64_t now_ns)
{
	unsigned int taken = 0;

	while (health_track_take_hint(track, now_ns))
		taken++;
	return taken;
}

static void the_bucket_holds_three_and_regains_one_in_ten_seconds(void **state)
{
	struct health_track track;

	(void)state;
	health_track_init(&track, START);
	assert_int_equal(take_all(&track, START), 3);
	assert_int_equal(take_all(&track, START + 9999 * MS), 0);
	assert_int_equal(take_all(&track, START + 10 * S), 1);
	assert_int_equal(take_all(&track, START + 19999 * MS), 0);
	/* What is left of the time is not lost. */
	assert_int_equal(take_all(&track, START + 35 * S), 2);
	assert_int_equal(take_all(&track, START + 40 * S), 1);
	assert_int_equal(take_all(&track, START + 9999 * S), 3);
	/* The first one taken from a full bucket starts the clock. */
	assert_true(health_track_take_hint(&track, START + 20000 * S));
	assert_int_equal(take_all(&track, START + 20009 * S), 2);
	assert_int_equal(take_all(&track, START + 20010 * S), 1);
}

static void doubt_ends_where_the_state_is_settled(void **state)
{
	static const struct {
		const char *results;
		bool doubt;
	} doubts[] = {
		{"", false},	 {"g", false},	   {"r", true},
		{"gr", true},	 {"grg", false},   {"grr", false},
		{"grrg", false}, {"grrgr", false}, {"gl", false},
		{"go", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(doubts) / sizeof(*doubts); i++) {
		struct health_track track;

		print_message("\"%s\"\n", doubts[i].results);
		feed(&track, &usual, doubts[i].results);
		assert_int_equal(health_track_in_doubt(&track),
				 doubts[i].doubt);
	}
}

static void a_clock_that_steps_back_harms_nothing(void **state)
{
	struct health_track track;

	(void)state;
	feed(&track, &usual, "g");
	health_track_result(&track, &usual, PROBE_LIMITED, 1);
	assert_int_equal(track.state, HEALTH_UP);
	assert_false(health_track_hint_useful(&track, 1));
	assert_int_equal(take_all(&track, 1), 3);
	assert_in_range(health_track_delay_ms(&track, &usual, 7, 1), 25500,
			34500);
}

static void random_numbers_follow_from_their_seed(void **state)
{
	uint64_t zero = 0;
	uint64_t a = 42;
	uint64_t b = 42;

	(void)state;
	for (unsigned int i = 0; i < 100; i++)
		assert_int_equal(health_random(&a), health_random(&b));
	assert_int_not_equal(health_random(&zero), 0);
	assert_int_not_equal(health_random(&a), health_random(&a));
}

static void every_state_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(health_state_name(HEALTH_UNKNOWN), "unknown");
	assert_string_equal(health_state_name(HEALTH_UP), "up");
	assert_string_equal(health_state_name(HEALTH_DOWN), "down");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_follow_the_results),
		cmocka_unit_test(up_does_not_outlive_its_proof),
		cmocka_unit_test(
			what_was_lost_from_sight_is_up_at_once_when_good),
		cmocka_unit_test(each_situation_has_its_pace),
		cmocka_unit_test(hints_are_for_what_counts_as_up),
		cmocka_unit_test(
			the_bucket_holds_three_and_regains_one_in_ten_seconds),
		cmocka_unit_test(doubt_ends_where_the_state_is_settled),
		cmocka_unit_test(a_clock_that_steps_back_harms_nothing),
		cmocka_unit_test(random_numbers_follow_from_their_seed),
		cmocka_unit_test(every_state_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
