/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was left out is what was counted, less what was shown. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "worker/watch_tally.h"

#define STEPS 4

/* Of one reason: what happens up to each second's end. */
static const struct {
	const char *name;
	uint64_t before;
	struct {
		uint64_t shown;	  /* events that have come meanwhile */
		uint64_t counted; /* the counter then */
		uint64_t left_out;
	} steps[STEPS];
} cases[] = {
	{"all is shown", 7, {{2, 9, 0}, {0, 9, 0}, {5, 14, 0}, {0, 14, 0}}},
	{"what was before does not count",
	 1000000,
	 {{0, 1000000, 0}, {1, 1000001, 0}, {0, 1000001, 0}, {0, 1000001, 0}}},
	{"a flood",
	 0,
	 {{100, 1000000, 999900},
	  {100, 2000000, 999900},
	  {0, 2000000, 0},
	  {1, 2000001, 0}}},
	{"an event is there before its count is read, once",
	 0,
	 {{2, 1, 0}, {0, 2, 0}, {1, 4, 1}, {0, 4, 0}}},
	{"nothing is shown", 0, {{0, 3, 3}, {0, 5, 2}, {0, 5, 0}, {0, 6, 1}}},
};

static void what_was_left_out_is_told_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t counted[REASON_MAX] = {0}, left_out[REASON_MAX];
		struct watch_tally tally;

		print_message("%s\n", cases[i].name);
		counted[REASON_LISTED] = cases[i].before;
		watch_tally_begin(&tally, counted);
		for (size_t s = 0; s < STEPS; s++) {
			for (uint64_t n = 0; n < cases[i].steps[s].shown; n++)
				watch_tally_note(&tally, REASON_LISTED);
			counted[REASON_LISTED] = cases[i].steps[s].counted;
			watch_tally_settle(&tally, counted, left_out);
			assert_int_equal(left_out[REASON_LISTED],
					 cases[i].steps[s].left_out);
			assert_int_equal(left_out[REASON_BYPASS], 0);
		}
	}
}

static void an_unknown_reason_harms_nothing(void **state)
{
	uint64_t counted[REASON_MAX] = {0}, left_out[REASON_MAX];
	struct watch_tally tally;

	(void)state;
	watch_tally_begin(&tally, counted);
	watch_tally_note(&tally, REASON_MAX);
	watch_tally_note(&tally, (enum reason)4711);
	watch_tally_settle(&tally, counted, left_out);
	for (unsigned int i = 0; i < REASON_MAX; i++)
		assert_int_equal(left_out[i], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_left_out_is_told_once),
		cmocka_unit_test(an_unknown_reason_harms_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
