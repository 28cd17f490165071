/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pace of a flush, as stories: a letter is what happens, a number how many
 * seconds pass before it.
 *
 *   d  the primary is down          u  it is up (settles for 60 s)
 *   f  it falters                   t  a domain is taken: the next in `taken`
 *   n  nothing may be taken         x  the one that runs is done (pause 10 s)
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/flush.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

#define S 1000000000ULL

static const struct {
	const char *name;
	size_t domains;
	const char *story;
	const char *taken; /* '0' is the first domain */
} cases[] = {
	{"without an outage nothing is flushed", 3, "u 61n 1000n", ""},
	{"nor during one", 3, "d 100n", ""},
	{"after it, once the primary has settled", 1, "d u 59n 1t", "0"},
	{"one after the other, with pauses", 3,
	 "d u 60t n x 9n 1t x 10t x 100n", "012"},
	{"not two at a time", 2, "d u 60t 100n 1000n x n 10t", "01"},
	{"not while the primary falters", 2, "d u 60t f x 100n u 59n 1t", "01"},
	{"on with the next one, and all of them, after another outage", 3,
	 "d u 60t x d 100n u 60t x 10t x 10t x 100n", "0120"},
	{"an outage while one runs", 2, "d u 60t d x u 60t x 10t x 10n", "010"},
	{"up twice settles once", 1, "d u 30u 30t", "0"},
	{"no domains", 0, "d u 60n 10n", ""},
	{"a second outage", 2, "d u 60t x 10t x 10n d u 60t x 10t x 10n",
	 "0101"},
	{"done twice is done once", 3, "d u 60t x x 10t x 10t x 100n", "012"},
};

static void play(const char *story, size_t domains, const char *taken)
{
	struct flush flush = {0};
	uint64_t now = 1000 * S;
	size_t index = 99;

	flush_set(&flush, domains);
	for (char *end; *story; story++) {
		if (*story == ' ')
			continue;
		now += strtoul(story, &end, 10) * S;
		story = end;
		switch (*story) {
		case 'd':
			flush_outage(&flush);
			break;
		case 'u':
			flush_healthy(&flush, now, 60 * S);
			break;
		case 'f':
			flush_falter(&flush);
			break;
		case 't':
			assert_true(flush_take(&flush, now, &index));
			assert_int_equal(index, *taken++ - '0');
			break;
		case 'n':
			assert_false(flush_take(&flush, now, &index));
			break;
		case 'x':
			flush_done(&flush, now, 10 * S);
			break;
		default:
			fail_msg("no event: %s", story);
		}
	}
	assert_int_equal(*taken, '\0');
}

static void flushes_are_paced(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("%s\n", cases[i].name);
		play(cases[i].story, cases[i].domains, cases[i].taken);
	}
}

static void a_reload_owes_what_was_owed_to_the_new_domains(void **state)
{
	struct flush flush = {0};
	size_t index;

	(void)state;
	flush_set(&flush, 2);
	flush_set(&flush, 5);
	assert_int_equal(flush.owed, 0);
	flush_outage(&flush);
	flush_healthy(&flush, 0, 0);
	assert_true(flush_take(&flush, 1, &index));
	flush_done(&flush, 1, 0);
	flush_set(&flush, 3);
	assert_int_equal(flush.owed, 3);
	assert_true(flush_take(&flush, 2, &index));
	assert_int_equal(index, 0);
	flush_set(&flush, 0);
	flush_done(&flush, 3, 0);
	assert_false(flush_take(&flush, 4, &index));
}

static void pauses_vary_by_a_quarter(void **state)
{
	(void)state;
	assert_true(flush_pause(0, UINT32_MAX) == 0);
	assert_true(flush_pause(100, 0) == 75);
	assert_true(flush_pause(100, UINT32_MAX) == 125);
	assert_in_range(flush_pause(100, UINT32_MAX / 2), 99, 101);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flushes_are_paced),
		cmocka_unit_test(
			a_reload_owes_what_was_owed_to_the_new_domains),
		cmocka_unit_test(pauses_vary_by_a_quarter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
