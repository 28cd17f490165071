/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What answers show of a zone, and which of its sites they match. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "sources/dnsbl_code.h"

static const struct {
	const char *name;
	const char *sites[3];
	const char *records[3];
	enum zone_state state;
	bool doubtful;
	const char *why; /* part of it */
} cases[] = {
	{"a listing", {"z.example"}, {"127.0.0.2"}, ZONE_OK, false, NULL},
	{"a listing that the filter leaves out",
	 {"z.example=127.0.0.3"},
	 {"127.0.0.2"},
	 ZONE_OK,
	 false,
	 NULL},

	/* Codes that are never listings. */
	{"a typo in the zone",
	 {"z.example"},
	 {"127.255.255.252"},
	 ZONE_BLOCKED,
	 false,
	 "does not know"},
	{"a public resolver",
	 {"z.example"},
	 {"127.255.255.254"},
	 ZONE_BLOCKED,
	 false,
	 "public"},
	{"too many lookups",
	 {"z.example"},
	 {"127.255.255.255"},
	 ZONE_BLOCKED,
	 false,
	 "too many"},
	{"another one",
	 {"z.example"},
	 {"127.255.255.9"},
	 ZONE_BLOCKED,
	 false,
	 "error code"},
	{"whatever a filter says",
	 {"z.example=127.[0..255].[0..255].[0..255]"},
	 {"127.255.255.254"},
	 ZONE_BLOCKED,
	 false,
	 "public"},
	{"even beside a listing",
	 {"z.example"},
	 {"127.0.0.2", "127.255.255.254"},
	 ZONE_BLOCKED,
	 false,
	 "public"},
	{"DNSWL's own",
	 {"list.dnswl.org*-4"},
	 {"127.0.0.255"},
	 ZONE_BLOCKED,
	 false,
	 "too many"},
	{"DNSWL's own, with a filter that has it",
	 {"list.dnswl.org=127.0.[0..255].[0..255]*-4"},
	 {"127.0.0.255"},
	 ZONE_BLOCKED,
	 false,
	 "too many"},
	{"but not of a zone that is called alike",
	 {"xdnswl.org"},
	 {"127.0.0.255"},
	 ZONE_OK,
	 false,
	 NULL},

	/* Codes that may be listings. */
	{"127.0.0.1",
	 {"z.example"},
	 {"127.0.0.1"},
	 ZONE_BLOCKED,
	 true,
	 "127.0.0.1"},
	{"127.0.0.1 that a filter claims",
	 {"z.example=127.0.0.1"},
	 {"127.0.0.1"},
	 ZONE_OK,
	 false,
	 NULL},
	{"127.0.0.1 that a filter of another zone claims",
	 {"z.example", "y.example=127.0.0.1"},
	 {"127.0.0.1"},
	 ZONE_BLOCKED,
	 true,
	 "127.0.0.1"},
	{"127.0.0.1 that the second site claims",
	 {"z.example", "z.example=127.0.0.1"},
	 {"127.0.0.1"},
	 ZONE_OK,
	 false,
	 NULL},
	{"127.0.0.1 beside a listing",
	 {"z.example"},
	 {"127.0.0.1", "127.0.0.2"},
	 ZONE_OK,
	 false,
	 NULL},
	{"127.0.0.255 without a filter is a listing",
	 {"z.example"},
	 {"127.0.0.255"},
	 ZONE_OK,
	 false,
	 NULL},
	{"127.0.0.255 that no filter claims",
	 {"z.example=127.0.0.[2..9]"},
	 {"127.0.0.255"},
	 ZONE_BLOCKED,
	 true,
	 "127.0.0.255"},

	{"a certain code behind one that may be a listing",
	 {"z.example=127.0.0.1"},
	 {"127.0.0.1", "127.255.255.254"},
	 ZONE_BLOCKED,
	 false,
	 "public"},

	/* No answers of a list. */
	{"an address elsewhere",
	 {"z.example"},
	 {"192.0.2.1"},
	 ZONE_WORLD,
	 true,
	 "outside"},
	{"several elsewhere",
	 {"z.example"},
	 {"192.0.2.1", "198.51.100.1"},
	 ZONE_WORLD,
	 true,
	 "outside"},
	{"one elsewhere beside a listing",
	 {"z.example"},
	 {"192.0.2.1", "127.0.0.2"},
	 ZONE_OK,
	 false,
	 NULL},
};

static size_t parse_sites(const char *const texts[3], struct site sites[3])
{
	size_t count = 0;
	const char *why;

	while (count < 3 && texts[count]) {
		assert_int_equal(site_parse(texts[count], &sites[count], &why),
				 0);
		count++;
	}
	return count;
}

static void make_answer(const char *const records[3], struct answer *answer)
{
	answer->kind = ANSWER_RECORDS;
	answer->type = QUESTION_A;
	answer->why = NULL;
	answer->count = 0;
	while (answer->count < 3 && records[answer->count]) {
		assert_int_equal(addr_parse(records[answer->count],
					    &answer->addresses[answer->count]),
				 0);
		answer->count++;
	}
}

static void answers_show_the_state_of_a_zone(void **state)
{
	static struct answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct zone_finding finding;
		struct site sites[3];
		size_t count = parse_sites(cases[i].sites, sites);

		print_message("%s\n", cases[i].name);
		make_answer(cases[i].records, &answer);
		memset(&finding, 0xa5, sizeof(finding));
		dnsbl_code_judge(sites[0].zone, sites, count, &answer,
				 &finding);
		assert_int_equal(finding.state, cases[i].state);
		assert_int_equal(finding.doubtful, cases[i].doubtful);
		if (cases[i].why) {
			assert_non_null(strstr(finding.why, cases[i].why));
			assert_non_null(finding.remedy);
		} else {
			assert_null(finding.why);
		}
	}
}

static void failures_and_negative_answers_are_judged_too(void **state)
{
	static struct answer answer;
	struct zone_finding finding;
	struct site site;
	const char *why;

	(void)state;
	assert_int_equal(site_parse("z.example", &site, &why), 0);
	answer_fail(&answer, QUESTION_A, "REFUSED");
	dnsbl_code_judge(site.zone, &site, 1, &answer, &finding);
	assert_int_equal(finding.state, ZONE_FAILING);
	assert_string_equal(finding.why, "REFUSED");
	answer.kind = ANSWER_NONE;
	answer.why = NULL;
	dnsbl_code_judge(site.zone, &site, 1, &answer, &finding);
	assert_int_equal(finding.state, ZONE_OK);
}

static const struct {
	const char *site;
	const char *records[3];
	bool matched;
	const char *shown;
} matches[] = {
	{"z.example", {"127.0.0.2"}, true, "127.0.0.2"},
	{"z.example=127.0.0.4", {"127.0.0.2", "127.0.0.4"}, true, "127.0.0.4"},
	{"z.example=127.0.0.[2..9]",
	 {"127.0.0.4", "127.0.0.2"},
	 true,
	 "127.0.0.4"},
	{"z.example=127.0.0.9", {"127.0.0.2", "127.0.0.4"}, false, "127.0.0.2"},
	{"z.example", {"192.0.2.1", "127.0.0.4"}, true, "127.0.0.4"},
};

static void the_record_that_matched_is_shown_or_the_first(void **state)
{
	static struct answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(matches) / sizeof(*matches); i++) {
		const char *const texts[3] = {matches[i].site};
		struct dnsbl_site_result result = {0};
		struct site sites[3];
		char shown[32];

		parse_sites(texts, sites);
		make_answer(matches[i].records, &answer);
		dnsbl_code_match(&sites[0], &answer, &result);
		snprintf(shown, sizeof(shown), "%u.%u.%u.%u", result.address[0],
			 result.address[1], result.address[2],
			 result.address[3]);
		assert_int_equal(result.matched, matches[i].matched);
		assert_string_equal(shown, matches[i].shown);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_show_the_state_of_a_zone),
		cmocka_unit_test(failures_and_negative_answers_are_judged_too),
		cmocka_unit_test(the_record_that_matched_is_shown_or_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
