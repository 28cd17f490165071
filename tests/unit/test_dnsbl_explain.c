/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Explanations: all answers, and what lists say of a listing. */

#include "dnsbl_fixture.h"
#include "sources/dnsbl_explain.h"
#include "sources/dnsbl_text.h"

/* ---- explaining ---- */

static struct {
	unsigned int calls;
	enum verdict verdict;
	int score;
	char texts[SITES_MAX][ANSWER_TEXT_MAX];
	struct dnsbl_site_result results[SITES_MAX];
} explained;

static void on_explained(void *context,
			 const struct dnsbl_explanation *explanation)
{
	assert_ptr_equal(context, &explained);
	assert_false(asking);
	explained.calls++;
	explained.verdict = explanation->decision.verdict;
	explained.score = explanation->decision.score;
	for (size_t i = 0; i < explanation->site_count; i++) {
		const struct dnsbl_explained_site *site =
			&explanation->sites[i];

		assert_string_equal(site->site->zone, sites[i].zone);
		explained.results[i] = site->result;
		strcpy(explained.texts[i], site->text);
	}
}

static int explain(const char *source)
{
	struct addr addr = address(source);
	int error;

	memset(&explained, 0, sizeof(explained));
	asking = true;
	error = dnsbl_explain(resolver, &config, &addr, on_explained,
			      &explained);
	asking = false;
	return error;
}

static void an_explanation_waits_for_all_and_has_texts(void **state)
{
	(void)state;
	create("listed.test listed.test=127.0.0.3*2 clean.test refused.test*-1 "
	       "long.test");
	dnsbl_close(dnsbl);
	dnsbl = NULL;
	assert_int_equal(explain("192.0.2.1"), 0);
	while (explained.calls == 0)
		uv_run(&loop, UV_RUN_ONCE);
	assert_int_equal(explained.verdict, VERDICT_UNKNOWN);
	assert_int_equal(explained.score, 1);
	assert_true(explained.results[0].matched);
	assert_string_equal(explained.texts[0], "because");
	assert_false(explained.results[1].matched);
	assert_int_equal(explained.results[2].kind, ANSWER_NONE);
	assert_string_equal(explained.texts[2], "");
	assert_string_equal(explained.results[3].why, "REFUSED");
	assert_int_equal(explained.results[4].kind, ANSWER_NONE);
}

static void an_explanation_ends_with_the_resolver(void **state)
{
	(void)state;
	create("silent.test");
	dnsbl_close(dnsbl);
	dnsbl = NULL;
	assert_int_equal(explain("192.0.2.1"), 0);
	uv_run(&loop, UV_RUN_NOWAIT);
	resolver_close(resolver);
	assert_int_equal(explained.calls, 0);
	assert_int_equal(explain("192.0.2.1"), -EAGAIN);
	resolver = NULL;
	uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(explained.calls, 1);
	assert_int_equal(explained.verdict, VERDICT_UNKNOWN);
}

/* ---- texts alone ---- */

#define KEY "0123456789abcdefghij"

static struct {
	unsigned int calls;
	size_t count;
	char texts[SITES_MAX][ANSWER_TEXT_MAX];
} told;

static void on_texts(void *context, size_t site_count,
		     char (*texts)[ANSWER_TEXT_MAX])
{
	assert_ptr_equal(context, &told);
	assert_false(asking);
	told.calls++;
	told.count = site_count;
	memcpy(told.texts, texts, site_count * sizeof(*texts));
}

/* Asks of those sites whose bit is set in `matched`. */
static int ask_texts(const char *list, unsigned int matched)
{
	struct dnsbl_site_result matches[SITES_MAX] = {0};
	struct addr source = address("192.0.2.1");
	int error;

	create(list);
	dnsbl_close(dnsbl);
	dnsbl = NULL;
	uv_run(&loop, UV_RUN_NOWAIT);
	for (size_t i = 0; i < config.site_count; i++)
		matches[i].matched = matched & 1U << i;
	memset(&told, 0, sizeof(told));
	server.asked = 0;
	asking = true;
	error = dnsbl_text(&loop, resolver, &config, matches, &source, on_texts,
			   &told);
	asking = false;
	return error;
}

static void wait_for_texts(void)
{
	while (told.calls == 0)
		uv_run(&loop, UV_RUN_ONCE);
	assert_int_equal(told.calls, 1);
}

static void texts_are_asked_of_what_matches_once_for_each_zone(void **state)
{
	(void)state;
	assert_int_equal(ask_texts("listed.test listed.test=127.0.0.3 "
				   "listed.test*2 codes.test clean.test",
				   1 | 4 | 16),
			 0);
	wait_for_texts();
	assert_int_equal(told.count, 5);
	assert_string_equal(told.texts[0], "because");
	assert_string_equal(told.texts[1], "");
	assert_string_equal(told.texts[2], "because");
	assert_string_equal(told.texts[3], "");
	assert_string_equal(told.texts[4], "");
	assert_int_equal(server.asked, 2);
}

static void texts_do_not_show_a_key(void **state)
{
	(void)state;
	assert_int_equal(ask_texts(KEY ".codes.test", 1), 0);
	wait_for_texts();
	assert_string_equal(told.texts[0], "1.2.0.192.***.codes.test");
}

static void without_a_match_no_text_is_asked(void **state)
{
	(void)state;
	assert_int_equal(ask_texts("listed.test", 0), -ENOENT);
	assert_int_equal(server.asked, 0);
}

/* What comes later than that is of no use. */
static void a_silent_zone_is_not_waited_for_for_long(void **state)
{
	uint64_t start = uv_now(&loop);

	(void)state;
	assert_int_equal(ask_texts("silent.test listed.test", 3), 0);
	wait_for_texts();
	assert_in_range(uv_now(&loop) - start, DNSBL_TEXT_MS, 4000);
	assert_string_equal(told.texts[0], "");
	assert_string_equal(told.texts[1], "because");
	assert_int_equal(resolver_pending(resolver), 1);
	resolver_close(resolver);
	resolver = NULL;
	run_for_ms(10);
	assert_int_equal(told.calls, 1);
}

static void texts_end_with_the_resolver(void **state)
{
	(void)state;
	assert_int_equal(ask_texts("silent.test", 1), 0);
	uv_run(&loop, UV_RUN_NOWAIT);
	resolver_close(resolver);
	resolver = NULL;
	assert_int_equal(told.calls, 0);
	wait_for_texts();
	assert_string_equal(told.texts[0], "");
}

static void texts_are_asked_of_some_zones_at_most(void **state)
{
	(void)state;
	assert_int_equal(ask_texts("a.listed.test b.listed.test c.listed.test "
				   "d.listed.test e.listed.test f.listed.test "
				   "g.listed.test h.listed.test i.listed.test "
				   "a.listed.test*2",
				   0xffff),
			 0);
	wait_for_texts();
	assert_int_equal(server.asked, DNSBL_TEXT_ZONES);
	assert_string_equal(told.texts[7], "because");
	assert_string_equal(told.texts[8], "");
	assert_string_equal(told.texts[9], "because");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_explanation_waits_for_all_and_has_texts),
		CASE(an_explanation_ends_with_the_resolver),
		CASE(texts_are_asked_of_what_matches_once_for_each_zone),
		CASE(texts_do_not_show_a_key),
		CASE(without_a_match_no_text_is_asked),
		CASE(a_silent_zone_is_not_waited_for_for_long),
		CASE(texts_end_with_the_resolver),
		CASE(texts_are_asked_of_some_zones_at_most),
	};

	log_init("test");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
