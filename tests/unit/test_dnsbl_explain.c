/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Explanations: all answers, and what lists say of a listing. */

#include "dnsbl_fixture.h"
#include "sources/dnsbl_explain.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_explanation_waits_for_all_and_has_texts),
		CASE(an_explanation_ends_with_the_resolver),
	};

	log_init("test");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
