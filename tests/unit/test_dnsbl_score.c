/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scores and when they stand: cases in a table, then random ones against
 * every way in which what is not known could turn out.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "sources/dnsbl_score.h"

#define SITES_MAX 8

/*
 * `said`: for each site '+' it matches, '-' it does not, '!' it failed,
 * '?' nothing yet, '~' it matches but is doubted.
 */
static const struct {
	const char *name;
	int threshold;
	int weights[SITES_MAX];
	const char *said;
	uint32_t ttls[SITES_MAX];
	bool stands;
	enum verdict verdict;
	int score;
	uint32_t ttl_s;
} cases[] = {
	{"no site says nothing", 1, {0}, "", {0}, true, VERDICT_CLEAN, 0, 3600},
	{"one match lists", 1, {1}, "+", {300}, true, VERDICT_LISTED, 1, 300},
	{"none is clean", 1, {1}, "-", {300}, true, VERDICT_CLEAN, 0, 300},
	{"a failure is unknown", 1, {1}, "!", {0}, true, VERDICT_UNKNOWN, 0, 0},
	{"nothing yet", 1, {1}, "?", {0}, false, VERDICT_UNKNOWN, 0, 0},
	{"below the threshold is clean",
	 3,
	 {2},
	 "+",
	 {300},
	 true,
	 VERDICT_CLEAN,
	 2,
	 3600},
	{"weights add up",
	 3,
	 {2, 1},
	 "++",
	 {300, 200},
	 true,
	 VERDICT_LISTED,
	 3,
	 200},
	{"an allow list outweighs",
	 1,
	 {3, -4},
	 "++",
	 {300, 200},
	 true,
	 VERDICT_CLEAN,
	 -1,
	 200},

	/* A list that fails must hurt nobody. */
	{"a failed allow list makes nobody listed",
	 1,
	 {3, -4},
	 "+!",
	 {300, 0},
	 true,
	 VERDICT_UNKNOWN,
	 3,
	 0},
	{"a failed allow list that is too light changes nothing",
	 1,
	 {3, -2},
	 "+!",
	 {300, 0},
	 true,
	 VERDICT_LISTED,
	 3,
	 300},
	{"a failed blocklist makes nobody clean",
	 2,
	 {2, 2},
	 "-!",
	 {300, 0},
	 true,
	 VERDICT_UNKNOWN,
	 0,
	 0},
	{"a failed blocklist that is too light changes nothing",
	 2,
	 {2, 1},
	 "-!",
	 {300, 0},
	 true,
	 VERDICT_CLEAN,
	 0,
	 300},
	{"a failed blocklist changes nothing for the listed",
	 1,
	 {1, 1},
	 "+!",
	 {300, 0},
	 true,
	 VERDICT_LISTED,
	 1,
	 300},
	{"a match that counts but for a failed one",
	 3,
	 {2, 1},
	 "+!",
	 {300, 0},
	 true,
	 VERDICT_UNKNOWN,
	 2,
	 0},

	/* Early decisions. */
	{"listed before the others have answered",
	 1,
	 {1, 1, 1},
	 "+??",
	 {90},
	 true,
	 VERDICT_LISTED,
	 1,
	 90},
	{"not before an allow list has answered",
	 1,
	 {3, -4},
	 "+?",
	 {90},
	 false,
	 VERDICT_UNKNOWN,
	 0,
	 0},
	{"before an allow list that is too light",
	 1,
	 {3, -2},
	 "+?",
	 {90},
	 true,
	 VERDICT_LISTED,
	 3,
	 90},
	{"clean before the others have answered",
	 3,
	 {2, 1, 1},
	 "-??",
	 {90},
	 true,
	 VERDICT_CLEAN,
	 0,
	 90},
	{"clean once an allow list has spoken",
	 1,
	 {1, -4, 2},
	 "?+?",
	 {0, 90, 0},
	 true,
	 VERDICT_CLEAN,
	 -4,
	 90},
	{"unknown already, whatever comes",
	 2,
	 {2, 1},
	 "!?",
	 {0},
	 true,
	 VERDICT_UNKNOWN,
	 0,
	 0},
	{"an allow list could still make it clean",
	 2,
	 {2, -3},
	 "!?",
	 {0},
	 false,
	 VERDICT_UNKNOWN,
	 0,
	 0},
	{"a blocklist could still list it",
	 2,
	 {2, 2},
	 "!?",
	 {0},
	 false,
	 VERDICT_UNKNOWN,
	 0,
	 0},
	{"a doubted match counts as nothing yet",
	 1,
	 {1},
	 "~",
	 {90},
	 false,
	 VERDICT_UNKNOWN,
	 0,
	 0},
	{"a doubted match beside one that is not",
	 1,
	 {1, 1},
	 "~+",
	 {90, 80},
	 true,
	 VERDICT_LISTED,
	 1,
	 80},

	/* The TTL is that of what could change the outcome. */
	{"a listing does not last by what did not match",
	 1,
	 {1, 1},
	 "+-",
	 {900, 60},
	 true,
	 VERDICT_LISTED,
	 1,
	 900},
	{"a listing lasts by the allow list that could save it",
	 1,
	 {1, -1},
	 "+-",
	 {900, 100},
	 true,
	 VERDICT_LISTED,
	 1,
	 100},
	{"clean lasts by the blocklist that could list it",
	 1,
	 {1, -1},
	 "--",
	 {100, 70},
	 true,
	 VERDICT_CLEAN,
	 0,
	 100},
	{"clean lasts by the allow list that saves it",
	 1,
	 {1, -1},
	 "++",
	 {3000, 100},
	 true,
	 VERDICT_CLEAN,
	 0,
	 100},
	{"a site without weight changes nothing",
	 1,
	 {1, 0},
	 "++",
	 {900, 60},
	 true,
	 VERDICT_LISTED,
	 1,
	 900},
	{"no TTL is a minute", 1, {1}, "+", {0}, true, VERDICT_LISTED, 1, 60},
	{"a short one too", 1, {1}, "-", {1}, true, VERDICT_CLEAN, 0, 60},
	{"a long one is an hour",
	 1,
	 {1},
	 "+",
	 {604800},
	 true,
	 VERDICT_LISTED,
	 1,
	 3600},

	{"a threshold of 0 lists by default",
	 0,
	 {1},
	 "-",
	 {300},
	 true,
	 VERDICT_LISTED,
	 0,
	 3600},
	{"a negative threshold",
	 -1,
	 {-2},
	 "+",
	 {300},
	 true,
	 VERDICT_CLEAN,
	 -2,
	 300},
	{"extreme weights don't overflow",
	 2000000,
	 {1000000, 1000000, -1000000},
	 "++!",
	 {300, 300, 0},
	 true,
	 VERDICT_UNKNOWN,
	 2000000,
	 0},
};

static struct dnsbl_site_result result_of(char said, uint32_t ttl_s)
{
	struct dnsbl_site_result result = {0};

	result.settled = said != '?';
	result.matched = said == '+' || said == '~';
	result.doubted = said == '~';
	result.kind = said == '!'
			      ? ANSWER_FAILED
			      : (result.matched ? ANSWER_RECORDS : ANSWER_NONE);
	result.ttl_s = ttl_s;
	return result;
}

static void scores_stand_as_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct dnsbl_site_result results[SITES_MAX];
		struct site sites[SITES_MAX];
		struct dnsbl_decision decision, untouched;
		size_t count = strlen(cases[i].said);

		print_message("%s\n", cases[i].name);
		memset(sites, 0, sizeof(sites));
		for (size_t s = 0; s < count; s++) {
			sites[s].weight = cases[i].weights[s];
			results[s] =
				result_of(cases[i].said[s], cases[i].ttls[s]);
		}
		memset(&decision, 0xa5, sizeof(decision));
		untouched = decision;
		assert_int_equal(dnsbl_score_decide(sites, results, count,
						    cases[i].threshold,
						    &decision),
				 cases[i].stands);
		if (!cases[i].stands) {
			assert_memory_equal(&decision, &untouched,
					    sizeof(decision));
			continue;
		}
		assert_int_equal(decision.verdict, cases[i].verdict);
		assert_int_equal(decision.score, cases[i].score);
		assert_int_equal(decision.ttl_s, cases[i].ttl_s);
	}
}

struct outcome {
	bool can_list;
	bool can_clean;
};

/*
 * What is possible if `pending` is settled as given, and what failed could be
 * anything.
 */
static struct outcome try(const int *weights, const char *said, size_t count,
			  int threshold, unsigned int pending)
{
	struct outcome outcome = {false, false};

	for (unsigned int failed = 0; failed < 1U << count; failed++) {
		int score = 0;

		for (size_t i = 0; i < count; i++) {
			bool matches = said[i] == '+';

			if (said[i] == '!')
				matches = failed >> i & 1;
			else if (said[i] == '?' || said[i] == '~')
				matches = pending >> i & 1;
			score += matches ? weights[i] : 0;
		}
		if (score >= threshold)
			outcome.can_list = true;
		else
			outcome.can_clean = true;
	}
	return outcome;
}

static enum verdict verdict_of(struct outcome outcome)
{
	if (outcome.can_list && outcome.can_clean)
		return VERDICT_UNKNOWN;
	return outcome.can_list ? VERDICT_LISTED : VERDICT_CLEAN;
}

static void random_scores_stand_when_nothing_can_change_them(void **state)
{
	unsigned int stood[3] = {0};

	(void)state;
	srand(1);
	for (unsigned int round = 0; round < 50000; round++) {
		struct dnsbl_site_result results[5];
		struct site sites[5];
		struct dnsbl_decision decision;
		size_t count = (size_t)rand() % 6;
		int threshold = rand() % 5 - 1, weights[5];
		bool expected = true, stands;
		enum verdict first;
		char said[6] = "";

		memset(sites, 0, sizeof(sites));
		for (size_t i = 0; i < count; i++) {
			said[i] = "+-!?~"[rand() % 5];
			weights[i] = rand() % 7 - 3;
			sites[i].weight = weights[i];
			results[i] = result_of(said[i], 300);
		}
		first = verdict_of(try(weights, said, count, threshold, 0));
		for (unsigned int pending = 1; pending < 1U << count; pending++)
			expected = expected &&
				   verdict_of(try(weights, said, count,
						  threshold, pending)) == first;
		stands = dnsbl_score_decide(sites, results, count, threshold,
					    &decision);
		assert_int_equal(stands, expected);
		if (!stands)
			continue;
		assert_int_equal(decision.verdict, first);
		stood[first]++;
	}
	print_message("unknown %u, clean %u, listed %u\n", stood[0], stood[1],
		      stood[2]);
	for (unsigned int i = 0; i < 3; i++)
		assert_true(stood[i] > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scores_stand_as_the_table_says),
		cmocka_unit_test(
			random_scores_stand_when_nothing_can_change_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
