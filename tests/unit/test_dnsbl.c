/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine: what lists say, how it asks, and what it writes. */

#include "dnsbl_fixture.h"
#include "rbldnsd.h"

/* ---- what lists say ---- */

static const struct {
	const char *name;
	const char *sites;
	int threshold;
	const char *source;
	enum verdict verdict;
	int score;
	uint32_t ttl_s;
} real[] = {
	{"a listed source", "bl.test", 1, "10.0.0.1", VERDICT_LISTED, 1, 300},
	{"one that is not", "bl.test", 1, "192.0.2.1", VERDICT_CLEAN, 0, 100},
	{"IPv6, listed", "bl.test", 1, "2001:db8::1", VERDICT_LISTED, 1, 300},
	{"IPv6, not listed", "bl.test", 1, "2001:db9::1", VERDICT_CLEAN, 0,
	 100},
	{"a weight", "bl.test*3", 3, "10.0.0.1", VERDICT_LISTED, 3, 300},
	{"below the threshold", "bl.test*2 bl.test=127.0.0.9*2", 3, "10.0.0.1",
	 VERDICT_CLEAN, 2, 300},
	{"nothing to ask when no answer could list it", "bl.test*2", 3,
	 "10.0.0.1", VERDICT_CLEAN, 0, 3600},
	{"a filter that matches", "bl.test=127.0.0.[2..9]", 1, "10.0.0.1",
	 VERDICT_LISTED, 1, 300},
	{"a filter that does not", "bl.test=127.0.0.[2..9]", 1, "10.128.0.1",
	 VERDICT_CLEAN, 0, 300},
	{"repeated zones add", "bl.test bl.test=127.0.0.2*2", 3, "10.0.0.1",
	 VERDICT_LISTED, 3, 300},
	{"an allow list", "bl.test*3 wl.test*-4", 1, "10.0.0.1", VERDICT_CLEAN,
	 -1, 300},
	{"an allow list that does not name it",
	 "bl.test*3 wl.test=127.0.0.9*-4", 1, "10.0.0.1", VERDICT_LISTED, 3,
	 300},
};

static void a_real_rbldnsd_lists_and_clears(void **state)
{
	struct config_nameserver rbl = {.addr = address("127.0.0.1")};
	struct rbldnsd rbldnsd;
	const char *why;

	(void)state;
	why = rbldnsd_start(&rbldnsd);
	if (why) {
		rbldnsd_stop(&rbldnsd);
		print_message("%s\n", why);
		skip();
	}
	rbl.port = rbldnsd.port;
	assert_int_equal(resolver_use(resolver, &rbl, 1), 0);
	for (size_t i = 0; i < sizeof(real) / sizeof(*real); i++) {
		size_t at;

		print_message("%s\n", real[i].name);
		config.threshold = real[i].threshold;
		create(real[i].sites);
		at = verdict_of(real[i].source);
		assert_int_equal(results[at].verdict, real[i].verdict);
		assert_int_equal(results[at].score, real[i].score);
		assert_int_equal(results[at].ttl_s, real[i].ttl_s);
		dnsbl_close(dnsbl);
		dnsbl = NULL;
		uv_run(&loop, UV_RUN_NOWAIT);
	}
	rbldnsd_stop(&rbldnsd);
}

static void results_show_what_each_site_said(void **state)
{
	const struct dnsbl_site_result *said;
	size_t at;

	(void)state;
	create("even.test*2 even.test=127.0.0.9 clean.test*-1 live.test*-1");
	server.live = DNS_EVEN;
	wait_for_state("even.test", "ok");
	wait_for_state("live.test", "ok");
	wait_for_state("clean.test", "empty");
	at = verdict_of("192.0.2.2");
	said = results[at].sites;
	assert_int_equal(results[at].verdict, VERDICT_UNKNOWN);
	assert_int_equal(results[at].score, 1);
	assert_true(said[0].settled && said[0].matched);
	assert_memory_equal(said[0].address, "\x7f\0\0\2", 4);
	assert_int_equal(said[0].ttl_s, 300);
	assert_true(said[1].settled && !said[1].matched);
	assert_int_equal(said[1].kind, ANSWER_RECORDS);
	assert_memory_equal(said[1].address, "\x7f\0\0\2", 4);
	/* clean.test does not list 127.0.0.2, so it is not believed. */
	assert_int_equal(said[2].kind, ANSWER_FAILED);
	assert_non_null(said[2].why);
	assert_true(said[3].settled && said[3].matched);
	assert_int_equal(results[at].causes, 1 | 4);
	assert_in_range(results[at].ttl_s, 30, 60);
}

/* ---- how it asks ---- */

static void requests_for_one_source_share_one_lookup(void **state)
{
	(void)state;
	create("even.test");
	wait_for_state("even.test", "ok");
	server.asked = 0;
	for (unsigned int i = 0; i < 100; i++)
		assert_int_equal(ask("192.0.2.3", DNSBL_HELD), 0);
	assert_int_equal(result_count, 0);
	wait_for_results(1);
	run_for_ms(50);
	assert_int_equal(result_count, 1);
	assert_int_equal(server.asked, 1);
	assert_string_equal(server.last, "3.2.0.192.even.test");
}

static void a_repeated_zone_is_asked_once(void **state)
{
	size_t at;

	(void)state;
	create("even.test=127.0.0.2 even.test=127.0.0.[0..3]*2 even.test*4 "
	       "even.test=127.0.0.3*8");
	wait_for_state("even.test", "ok");
	server.asked = 0;
	at = verdict_of("192.0.2.2");
	assert_int_equal(results[at].score, 7);
	/* And one test, to confirm it. */
	assert_in_range(server.asked, 1, 3);
}

static void higher_priorities_come_first(void **state)
{
	(void)state;
	create("even.test");
	wait_for_state("even.test", "ok");
	ask("192.0.2.1", DNSBL_PREWARM);
	ask("192.0.2.3", DNSBL_REFRESH);
	ask("192.0.2.5", DNSBL_HELD);
	ask("192.0.2.7", DNSBL_PREWARM);
	ask("192.0.2.7", DNSBL_HELD);
	wait_for_results(4);
	assert_int_equal(results[0].priority, DNSBL_HELD);
	assert_int_equal(results[1].priority, DNSBL_HELD);
	assert_int_equal(results[2].priority, DNSBL_REFRESH);
	assert_int_equal(results[3].priority, DNSBL_PREWARM);
}

static void the_verdict_stands_before_slow_zones_have_answered(void **state)
{
	size_t at;

	(void)state;
	server.live = DNS_EVEN;
	create("even.test live.test");
	wait_for_state("even.test", "ok");
	wait_for_state("live.test", "ok");
	server.live = DNS_SILENT;
	at = verdict_of("192.0.2.2");
	assert_int_equal(results[at].verdict, VERDICT_LISTED);
	assert_true(results[at].pending > 0);
	assert_false(results[at].sites[1].settled);
	assert_int_equal(results[at].causes, 1);
}

static void a_slow_zone_holds_up_nobody_who_needs_it_not(void **state)
{
	const struct dnsbl_zone *slow;
	uint32_t most = 0;
	char source[32];

	(void)state;
	server.live = DNS_EVEN;
	create("even.test live.test");
	slow = &dnsbl->zones[1];
	assert_string_equal(slow->name, "live.test");
	dnsbl_limit(dnsbl, 0, 0);
	wait_for_state("even.test", "ok");
	wait_for_state("live.test", "ok");
	server.live = DNS_SILENT;
	for (unsigned int i = 0; i < 2000; i++) {
		snprintf(source, sizeof(source), "10.0.%u.%u", i / 100,
			 2 * (i % 100));
		assert_int_equal(ask(source, DNSBL_HELD), 0);
	}
	while (result_count < 2000) {
		uv_run(&loop, UV_RUN_ONCE);
		if (slow->in_flight > most)
			most = slow->in_flight;
	}
	for (unsigned int i = 0; i < 2000; i++)
		assert_int_equal(results[i].verdict, VERDICT_LISTED);
	/* No more than half the window is wasted on it. */
	assert_int_equal(most, DNSBL_WINDOW / 2);
}

static void a_full_queue_sheds_and_counts(void **state)
{
	struct dnsbl_status status;
	char source[32];

	(void)state;
	create("even.test");
	dnsbl_limit(dnsbl, 0, 0);
	for (unsigned int i = 0; i < 2000; i++) {
		snprintf(source, sizeof(source), "10.0.%u.%u", i / 256,
			 i % 256);
		assert_int_equal(ask(source, DNSBL_HELD), 0);
	}
	dnsbl_status(dnsbl, &status);
	assert_true(status.shed_s < 0);
	assert_int_equal(ask("192.0.2.1", DNSBL_HELD), -EAGAIN);
	assert_int_equal(ask("10.0.0.1", DNSBL_HELD), 0);
	dnsbl_status(dnsbl, &status);
	assert_int_equal(status.shed, 1);
	assert_true(status.shed_s >= 0);
	assert_int_equal(status.waiting[DNSBL_HELD], 2000);
	wait_for_results(2000);
	dnsbl_status(dnsbl, &status);
	assert_int_equal(status.waiting[DNSBL_HELD], 0);
	assert_int_equal(status.active, 0);
	assert_int_equal(status.asked, 2000);
	for (unsigned int i = 0; i < 2000; i++)
		assert_int_not_equal(results[i].verdict, VERDICT_UNKNOWN);
}

static void lookups_keep_to_their_rate(void **state)
{
	uint64_t start;

	(void)state;
	create("even.test");
	wait_for_state("even.test", "ok");
	dnsbl_limit(dnsbl, 10, 2);
	start = uv_now(&loop);
	ask("192.0.2.1", DNSBL_HELD);
	ask("192.0.2.3", DNSBL_HELD);
	ask("192.0.2.5", DNSBL_HELD);
	ask("192.0.2.7", DNSBL_HELD);
	wait_for_results(4);
	assert_true(uv_now(&loop) - start >= 190);
}

static void one_network_has_its_share(void **state)
{
	struct dnsbl_status status;
	unsigned int taken = 0;
	char source[64];

	(void)state;
	create("even.test");
	for (unsigned int i = 0; i < 100; i++) {
		snprintf(source, sizeof(source), "2001:db8::%x", i);
		taken += ask(source, DNSBL_HELD) == 0;
	}
	assert_int_equal(taken, 32);
	dnsbl_status(dnsbl, &status);
	assert_int_equal(status.shed_network, 68);
	/* Again, or to refresh: that costs nothing. */
	assert_int_equal(ask("2001:db8::1", DNSBL_HELD), 0);
	assert_int_equal(ask("2001:db8::63", DNSBL_REFRESH), 0);
}

static void the_quota_is_kept_and_said(void **state)
{
	struct dnsbl_quota before = {.zone = "even.test", .used = 8};
	uint64_t period_s = 86400;
	size_t at;

	(void)state;
	config.quota = 10;
	config.quota_period_ms = period_s * 1000;
	create("even.test");
	wait_for_state("even.test", "ok");
	before.started_s = (uint64_t)time(NULL) / period_s * period_s;
	dnsbl_quota_restore(dnsbl, &before);
	ask("192.0.2.1", DNSBL_REFRESH);
	wait_for_results(1);
	assert_int_equal(results[0].verdict, VERDICT_UNKNOWN);
	at = verdict_of("192.0.2.1");
	assert_int_equal(results[at].verdict, VERDICT_CLEAN);
	/* The first time that they come, they may be put off. */
	ask("192.0.2.3", DNSBL_HELD);
	at = verdict_of("192.0.2.3");
	assert_int_equal(results[at].verdict, VERDICT_CLEAN);
	ask("192.0.2.5", DNSBL_HELD);
	at = verdict_of("192.0.2.5");
	assert_int_equal(results[at].verdict, VERDICT_UNKNOWN);
	assert_non_null(strstr(results[at].sites[0].why, "quota"));
	wait_for_state("even.test", "over-quota");
}

static void use_up(struct quota *quota, uint64_t share)
{
	uint64_t now_s = (uint64_t)time(NULL);

	assert_true(quota_take(quota, now_s, DNSBL_HELD));
	while (quota->used - quota->slice_from < share)
		assert_true(quota_take(quota, now_s, DNSBL_HELD));
}

static void a_short_quota_is_for_those_that_come_again(void **state)
{
	struct dnsbl_status status;
	size_t at;

	(void)state;
	config.quota = 96000;
	config.quota_period_ms = UINT64_C(86400) * 1000;
	create("even.test");
	wait_for_state("even.test", "ok");
	verdict_of("192.0.2.1");
	/* More than any pace: all but a few. */
	use_up(&dnsbl->zones[0].quota, 47990);
	server.asked = 0;
	assert_int_equal(ask("192.0.2.3", DNSBL_HELD), -EAGAIN);
	assert_int_equal(ask("192.0.2.5", DNSBL_HELD), -EAGAIN);
	assert_int_equal(ask("192.0.2.1", DNSBL_REFRESH), 0);
	wait_for_results(2);
	assert_int_equal(server.asked, 1);
	at = verdict_of("192.0.2.3");
	assert_int_equal(results[at].verdict, VERDICT_CLEAN);
	dnsbl_status(dnsbl, &status);
	assert_int_equal(status.put_off, 2);
	assert_int_equal(status.shed + status.shed_network, 0);
}

static void look_at_quota(void *context, const struct dnsbl_quota *quota)
{
	*(struct dnsbl_quota *)context = *quota;
}

static void the_quota_can_be_saved(void **state)
{
	struct dnsbl_quota saved = {0};

	(void)state;
	config.quota = 10;
	config.quota_period_ms = 86400 * 1000;
	create("even.test");
	dnsbl_quota_save(dnsbl, look_at_quota, &saved);
	assert_null(saved.zone);
	verdict_of("192.0.2.1");
	dnsbl_quota_save(dnsbl, look_at_quota, &saved);
	assert_string_equal(saved.zone, "even.test");
	assert_int_equal(saved.used, 1);
	assert_int_equal(saved.started_s % 86400, 0);
}

/* ---- what it writes ---- */

struct capture {
	int saved;
	FILE *file;
};

static void capture_begin(struct capture *capture)
{
	capture->file = tmpfile();
	assert_non_null(capture->file);
	fflush(stderr);
	capture->saved = dup(STDERR_FILENO);
	dup2(fileno(capture->file), STDERR_FILENO);
}

static unsigned int capture_end(struct capture *capture, const char *words)
{
	unsigned int found = 0;
	char line[1024];

	dup2(capture->saved, STDERR_FILENO);
	close(capture->saved);
	rewind(capture->file);
	while (fgets(line, sizeof(line), capture->file)) {
		found += strstr(line, words) != NULL;
		print_message("    %s", line);
	}
	fclose(capture->file);
	return found;
}

static void a_new_listing_is_one_line(void **state)
{
	struct capture capture;

	(void)state;
	create("abcdefghijabcdefghij.even.test*2 even.test=127.0.0.2 "
	       "even.test=127.0.0.9");
	wait_for_state("even.test", "ok");
	wait_for_state("***.even.test", "ok");
	capture_begin(&capture);
	verdict_of("192.0.2.2");
	run_for_ms(20);
	assert_int_equal(capture_end(&capture, "listed 192.0.2.2 score=2 "
					       "***.even.test=127.0.0.2\n"),
			 1);
}

static void many_listings_are_counted_rather_than_written(void **state)
{
	struct capture capture;
	char text[32];

	(void)state;
	create("even.test");
	wait_for_state("even.test", "ok");
	capture_begin(&capture);
	for (unsigned int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "192.0.2.%u", 2 * i);
		ask(text, DNSBL_HELD);
	}
	wait_for_results(100);
	run_for_ms(1500);
	assert_in_range(capture_end(&capture, "listed 192.0.2."), 20, 60);
}

static void our_own_address_on_a_list_is_reported(void **state)
{
	struct addr own[2] = {address("192.0.2.2"), address("192.0.2.3")};
	struct capture capture;

	(void)state;
	capture_begin(&capture);
	create("even.test");
	dnsbl_own(dnsbl, own, 1);
	wait_for_state("even.test", "ok");
	assert_int_equal(capture_end(&capture, "our own address 192.0.2.2 is "
					       "listed: even.test=127.0.0.2"),
			 1);
	/* Such a list may well be right: it counts. */
	assert_int_equal(results[verdict_of("192.0.2.4")].verdict,
			 VERDICT_LISTED);
}

static void a_failure_is_logged_once_and_not_for_each_question(void **state)
{
	struct capture capture;
	char text[32];

	(void)state;
	server.live = DNS_EVEN;
	create("live.test");
	wait_for_state("live.test", "ok");
	server.live = DNS_NODATA;
	capture_begin(&capture);
	for (unsigned int i = 0; i < 10; i++) {
		snprintf(text, sizeof(text), "192.0.2.%u", i);
		verdict_of(text);
	}
	assert_int_equal(capture_end(&capture, "zone live.test: an empty "
					       "answer without an SOA"),
			 1);
}

/* ---- life ---- */

static void closing_in_the_middle_of_it_calls_nobody_back(void **state)
{
	char source[32];

	(void)state;
	server.live = DNS_EVEN;
	create("live.test silent.test even.test*-1");
	wait_for_state("live.test", "ok");
	for (unsigned int i = 0; i < 200; i++) {
		snprintf(source, sizeof(source), "192.0.2.%u", i);
		ask(source, DNSBL_HELD);
	}
	uv_run(&loop, UV_RUN_NOWAIT);
	dnsbl_close(dnsbl);
	dnsbl = NULL;
	memset(sites, 0, sizeof(sites));
	result_count = 0;
	run_for_ms(20);
	assert_int_equal(result_count, 0);
}

static void closing_before_anything_has_run_is_fine(void **state)
{
	(void)state;
	create("even.test");
	ask("192.0.2.1", DNSBL_HELD);
	close_all();
	while (uv_run(&loop, UV_RUN_NOWAIT) && uv_loop_alive(&loop) &&
	       result_count == 0 && server.asked == 0 &&
	       loop.active_handles > 3)
		;
	assert_int_equal(result_count, 0);
}

static void bad_configurations_are_refused(void **state)
{
	static struct site many[DNSBL_SITES_MAX + 1];
	struct dnsbl *none = NULL;

	(void)state;
	config.sites = many;
	config.site_count = DNSBL_SITES_MAX + 1;
	assert_int_equal(
		dnsbl_create(&loop, &config, resolver, on_done, &config, &none),
		-E2BIG);
	for (size_t i = 0; i <= DNSBL_ZONES_MAX; i++) {
		many[i].weight = 1;
		snprintf(many[i].zone, sizeof(many[i].zone), "z%zu.test", i);
	}
	config.site_count = DNSBL_ZONES_MAX + 1;
	assert_int_equal(
		dnsbl_create(&loop, &config, resolver, on_done, &config, &none),
		-E2BIG);
	config.site_count = 1;
	config.threshold = 0;
	assert_int_equal(
		dnsbl_create(&loop, &config, resolver, on_done, &config, &none),
		-EINVAL);
	assert_null(none);
	config.threshold = 1;
	config.site_count = DNSBL_ZONES_MAX;
	assert_int_equal(dnsbl_create(&loop, &config, resolver, on_done,
				      &config, &dnsbl),
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_real_rbldnsd_lists_and_clears),
		CASE(results_show_what_each_site_said),
		CASE(requests_for_one_source_share_one_lookup),
		CASE(a_repeated_zone_is_asked_once),
		CASE(higher_priorities_come_first),
		CASE(the_verdict_stands_before_slow_zones_have_answered),
		CASE(a_slow_zone_holds_up_nobody_who_needs_it_not),
		CASE(a_full_queue_sheds_and_counts),
		CASE(lookups_keep_to_their_rate),
		CASE(one_network_has_its_share),
		CASE(the_quota_is_kept_and_said),
		CASE(a_short_quota_is_for_those_that_come_again),
		CASE(the_quota_can_be_saved),
		CASE(a_new_listing_is_one_line),
		CASE(many_listings_are_counted_rather_than_written),
		CASE(our_own_address_on_a_list_is_reported),
		CASE(a_failure_is_logged_once_and_not_for_each_question),
		CASE(closing_in_the_middle_of_it_calls_nobody_back),
		CASE(closing_before_anything_has_run_is_fine),
		CASE(bad_configurations_are_refused),
	};

	log_init("test");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
