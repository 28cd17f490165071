/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who gets a seat, who has to leave for it; and how long patience lasts. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <string.h>

#include "sources/doorman_seats.h"
#include "sources/patience.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

#define SECOND_NS UINT64_C(1000000000)
#define HOUR_NS	  (3600 * SECOND_NS)

static struct addr network_of(unsigned int number)
{
	struct addr addr = {{0}};

	memcpy(addr.octets, &number, sizeof(number));
	return addr;
}

/*
 * A letter is somebody of the network of that name, a capital one with a clean
 * verdict.  They come in that order; `left` are those who still sit then, in
 * the order in which they came, and `refused` those who were turned away.
 */
static const struct {
	const char *name;
	unsigned int all, per_network;
	const char *come;
	const char *lost;
	const char *refused;
} cases[] = {
	{"there is room for all", 4, 4, "aBcD", "", ""},
	{"a network has its share", 100, 2, "aabAaB", "", "Aa"},
	{"when it is full the greediest network's oldest goes", 8, 8,
	 "aabBccCCd", "c", ""},
	{"among equally greedy ones the oldest of all goes", 8, 8, "ABCDEFGHI",
	 "A", ""},
	{"a quarter is kept for clean ones", 8, 8, "abcdefgh", "ab", ""},
	{"and they get it", 8, 8, "abcdefGH", "", ""},
	{"they may have all", 8, 8, "ABCDEFGH", "", ""},
	{"for somebody else nobody clean has to leave, unless they have more",
	 8, 8, "GGabcdefh", "a", ""},
	{"the greediest one's share of the quarter does not count", 8, 8,
	 "AAabbcdef", "b", ""},
	{"four seats are the least", 4, 4, "abcd", "a", ""},
};

static void each_comes_to_its_seat(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct doorman_seats *seats;
		char lost[64] = "", refused[64] = "";
		size_t sitting = 0;

		assert_int_equal(doorman_seats_create(&seats), 0);
		doorman_seats_limit(seats, cases[i].all, cases[i].per_network);
		for (const char *c = cases[i].come; *c; c++) {
			struct addr network =
				network_of((unsigned char)*c | 0x20);
			char who = *c;
			char *loser;
			int seat;

			loser = doorman_seats_take(seats, &network, who < 'a',
						   strchr(cases[i].come, who),
						   &seat);
			sitting += seat >= 0;
			if (seat < 0)
				strncat(refused, &who, 1);
			if (loser)
				strncat(lost, loser, 1);
			sitting -= loser != NULL;
		}
		if (strcmp(lost, cases[i].lost) != 0 ||
		    strcmp(refused, cases[i].refused) != 0)
			fail_msg("%s: lost \"%s\", refused \"%s\"",
				 cases[i].name, lost, refused);
		assert_int_equal(doorman_seats_count(seats), sitting);
		doorman_seats_free(seats);
	}
}

static void a_seat_given_back_is_free(void **state)
{
	struct addr network = network_of('a');
	struct doorman_seats *seats;
	int occupant, seat;

	(void)state;
	assert_int_equal(doorman_seats_create(&seats), 0);
	doorman_seats_limit(seats, 4, 1);
	for (unsigned int i = 0; i < 3 * DOORMAN_SEATS_MAX; i++) {
		assert_null(doorman_seats_take(seats, &network, i % 2,
					       &occupant, &seat));
		assert_true(seat >= 0);
		doorman_seats_give_back(seats, seat);
	}
	assert_int_equal(doorman_seats_count(seats), 0);
	doorman_seats_free(seats);
}

static void all_seats_can_be_taken(void **state)
{
	static char occupants[DOORMAN_SEATS_MAX + 1];
	struct doorman_seats *seats;
	struct addr network;
	int seat;

	(void)state;
	assert_int_equal(doorman_seats_create(&seats), 0);
	doorman_seats_limit(seats, DOORMAN_SEATS_MAX, DOORMAN_SEATS_MAX);
	for (unsigned int i = 0; i < DOORMAN_SEATS_MAX; i++) {
		network = network_of(i);
		assert_null(doorman_seats_take(seats, &network, true,
					       &occupants[i], &seat));
		assert_true(seat >= 0);
	}
	network = network_of(DOORMAN_SEATS_MAX);
	assert_ptr_equal(doorman_seats_take(seats, &network, true,
					    &occupants[DOORMAN_SEATS_MAX],
					    &seat),
			 &occupants[0]);
	assert_int_equal(doorman_seats_count(seats), DOORMAN_SEATS_MAX);
	doorman_seats_free(seats);
}

static void patience_ends_with_the_last_visit_and_begins_anew(void **state)
{
	struct addr network = network_of(1), other = network_of(2);
	struct patience *patience;
	uint64_t until = 0;

	(void)state;
	assert_int_equal(patience_create(&patience), 0);
	assert_false(patience_spend(patience, &network, 3, HOUR_NS, SECOND_NS,
				    &until));
	assert_false(patience_spend(patience, &network, 3, HOUR_NS,
				    2 * SECOND_NS, &until));
	assert_false(patience_spend(patience, &other, 3, HOUR_NS, 2 * SECOND_NS,
				    &until));
	assert_int_equal(until, 0);
	assert_true(patience_spend(patience, &network, 3, HOUR_NS,
				   3 * SECOND_NS, &until));
	assert_int_equal(until, HOUR_NS + SECOND_NS);
	assert_true(patience_spend(patience, &network, 3, HOUR_NS, HOUR_NS,
				   &until));
	assert_false(patience_spend(patience, &network, 3, HOUR_NS,
				    HOUR_NS + SECOND_NS, &until));
	assert_true(
		patience_spend(patience, &other, 1, HOUR_NS, HOUR_NS, &until));
	patience_free(patience);
}

/* Whoever comes from everywhere once does not hide who comes often. */
static void a_frequent_visitor_is_not_crowded_out(void **state)
{
	struct addr often = network_of(0);
	struct patience *patience;
	uint64_t until;
	bool weary = false;

	(void)state;
	assert_int_equal(patience_create(&patience), 0);
	for (unsigned int i = 1; i <= 200000; i++) {
		struct addr once = network_of(i);

		patience_spend(patience, &once, 100, HOUR_NS, SECOND_NS,
			       &until);
		if (i % 1000 == 0 || i < 10)
			weary = patience_spend(patience, &often, 100, HOUR_NS,
					       SECOND_NS, &until);
	}
	assert_true(weary);
	patience_free(patience);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_comes_to_its_seat),
		cmocka_unit_test(a_seat_given_back_is_free),
		cmocka_unit_test(all_seats_can_be_taken),
		cmocka_unit_test(
			patience_ends_with_the_last_visit_and_begins_anew),
		cmocka_unit_test(a_frequent_visitor_is_not_crowded_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
