/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine when lists and resolvers fail, in each of the ways in which they
 * do: nobody is listed for it, and nobody is clean.
 */

#include "dnsbl_fixture.h"

/* ---- how lists and resolvers fail ---- */

static const struct {
	enum dns_behaviour behaviour;
	const char *why; /* of the listed one */
} faults[] = {
	{DNS_SERVFAIL, "SERVFAIL"}, {DNS_REFUSED, "REFUSED"},
	{DNS_NODATA, "SOA"},	    {DNS_ALIAS, "alias"},
	{DNS_HALF, "truncated"},    {DNS_PARKED, "outside"},
	{DNS_BLOCKED, "public"},    {DNS_SILENT, "in time"},
};

/* A zone that was well fails: nobody is listed by it, nobody is clean. */
static void faults_make_sources_unknown(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		size_t at;

		print_message("%s\n", dns_behaviours[faults[i].behaviour]);
		server.live = DNS_EVEN;
		create("live.test");
		wait_for_state("live.test", "ok");
		server.live = faults[i].behaviour;
		at = verdict_of("192.0.2.2");
		print_message("    %s\n", results[at].sites[0].why);
		assert_int_equal(results[at].verdict, VERDICT_UNKNOWN);
		assert_non_null(
			strstr(results[at].sites[0].why, faults[i].why));
		dnsbl_close(dnsbl);
		dnsbl = NULL;
		uv_run(&loop, UV_RUN_NOWAIT);
	}
}

static void an_allow_list_that_fails_makes_nobody_listed(void **state)
{
	size_t at;

	(void)state;
	server.live = DNS_EVEN;
	create("even.test live.test*-4");
	wait_for_state("even.test", "ok");
	wait_for_state("live.test", "ok");
	server.live = DNS_SERVFAIL;
	at = verdict_of("192.0.2.2");
	assert_int_equal(results[at].verdict, VERDICT_UNKNOWN);
	assert_int_equal(results[at].score, 1);
	at = verdict_of("192.0.2.3");
	assert_int_equal(results[at].verdict, VERDICT_CLEAN);
}

static void forged_answers_are_ignored(void **state)
{
	size_t at;

	(void)state;
	server.live = DNS_EVEN;
	create("live.test");
	wait_for_state("live.test", "ok");
	server.live = DNS_WRONGID;
	at = verdict_of("192.0.2.2");
	assert_int_equal(results[at].verdict, VERDICT_CLEAN);
	server.live = DNS_OTHERQUESTION;
	at = verdict_of("192.0.2.4");
	assert_int_equal(results[at].verdict, VERDICT_CLEAN);
}

static void an_answer_too_long_for_udp_is_read_over_tcp(void **state)
{
	size_t at;

	(void)state;
	server.live = DNS_EVEN;
	create("live.test");
	wait_for_state("live.test", "ok");
	server.live = DNS_TRUNCATED;
	at = verdict_of("192.0.2.2");
	assert_int_equal(results[at].verdict, VERDICT_LISTED);
	assert_true(server.asked_tcp > 0);
}

static void a_zone_with_an_error_code_is_left_alone(void **state)
{
	unsigned int asked;

	(void)state;
	server.live = DNS_EVEN;
	create("live.test even.test");
	wait_for_state("live.test", "ok");
	wait_for_state("even.test", "ok");
	server.live = DNS_BLOCKED;
	verdict_of("192.0.2.1");
	wait_for_state("live.test", "blocked");
	asked = server.asked_of[DNS_LIVE];
	for (unsigned int i = 0; i < 10; i++)
		verdict_of("192.0.2.3");
	run_for_ms(1500);
	assert_int_equal(server.asked_of[DNS_LIVE], asked);
	/* The other one counts as before. */
	assert_int_equal(results[verdict_of("192.0.2.4")].verdict,
			 VERDICT_LISTED);
}

static const struct {
	const char *zone;
	const char *state;
} bad[] = {
	{"listed.test", "lists-the-world"},  {"parked.test", "lists-the-world"},
	{"blocked.test", "blocked"},	     {"clean.test", "empty"},
	{"servfail.test", "failing"},	     {"refused.test", "failing"},
	{"nodata.test", "failing"},	     {"alias.test", "failing"},
	{"silent.test", "failing"},	     {"even.test", "ok"},
	{"anybody.test", "lists-the-world"},
};

/* From the start: no answer of theirs ever counts. */
static void zones_that_fail_their_first_tests_never_count(void **state)
{
	size_t at;

	(void)state;
	create("listed.test parked.test blocked.test clean.test servfail.test "
	       "refused.test nodata.test alias.test silent.test even.test*-1 "
	       "anybody.test");
	at = verdict_of("192.0.2.3");
	assert_int_equal(results[at].verdict, VERDICT_UNKNOWN);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		print_message("%s: %s\n", bad[i].zone, bad[i].state);
		wait_for_state(bad[i].zone, bad[i].state);
	}
	at = verdict_of("192.0.2.5");
	assert_int_equal(results[at].verdict, VERDICT_UNKNOWN);
	assert_int_equal(results[at].score, 0);
}

static void who_lists_some_of_127_is_believed(void **state)
{
	unsigned int asked;

	(void)state;
	create("bogon.test");
	wait_for_state("bogon.test", "ok");
	for (unsigned int i = 0; i < 3; i++) {
		forget_tests();
		asked = server.asked_of[DNS_BOGON];
		assert_int_equal(results[verdict_of("192.0.2.2")].verdict,
				 VERDICT_LISTED);
		assert_true(server.asked_of[DNS_BOGON] > asked + 2);
	}
	assert_int_equal(results[verdict_of("192.0.2.3")].verdict,
			 VERDICT_CLEAN);
	assert_int_equal(withdrawn, 0);
}

/* Known as good some seconds ago, so it is believed, and then found out. */
static void who_begins_to_list_the_world_is_found_out_soon(void **state)
{
	size_t at;

	(void)state;
	server.live = DNS_EVEN;
	create("even.test live.test");
	wait_for_state("even.test", "ok");
	wait_for_state("live.test", "ok");
	server.live = DNS_LISTED;
	at = verdict_of("192.0.2.3");
	assert_int_equal(results[at].verdict, VERDICT_LISTED);
	assert_int_equal(results[at].causes, 2);
	assert_int_equal(withdrawn, 0);
	forget_tests();
	wait_for_state("live.test", "lists-the-world");
	assert_int_equal(withdrawn, 2);
	at = verdict_of("192.0.2.3");
	assert_int_equal(results[at].verdict, VERDICT_UNKNOWN);
	at = verdict_of("192.0.2.4");
	assert_int_equal(results[at].verdict, VERDICT_LISTED);
	assert_int_equal(results[at].causes, 1);
}

/* Not confirmed lately, so a listing waits for a test. */
static void a_listing_counts_only_if_the_zone_passes_its_test(void **state)
{
	unsigned int asked;
	size_t at;

	(void)state;
	server.live = DNS_EVEN;
	create("live.test");
	wait_for_state("live.test", "ok");
	forget_tests();

	/* The question itself is answered, the test is not. */
	asked = server.asked_of[DNS_LIVE];
	ask("192.0.2.2", DNSBL_HELD);
	while (server.asked_of[DNS_LIVE] == asked)
		uv_run(&loop, UV_RUN_ONCE);
	server.live = DNS_REFUSED;
	wait_for_results(1);
	assert_int_equal(results[0].verdict, VERDICT_UNKNOWN);
	assert_non_null(strstr(results[0].sites[0].why, "self-test"));

	server.live = DNS_LISTED;
	at = verdict_of("192.0.2.3");
	assert_int_equal(results[at].verdict, VERDICT_UNKNOWN);
	wait_for_state("live.test", "lists-the-world");
	assert_int_equal(withdrawn, 1);
}

/* The nameserver was away when the test began, and is back when it fails. */
static void a_failed_test_does_not_count_if_answers_overtook_it(void **state)
{
	unsigned int asked;

	(void)state;
	server.live = DNS_EVEN;
	create("live.test");
	wait_for_state("live.test", "ok");
	forget_tests();
	dnsbl->zones[0].health.bad = 1; /* so another one takes it out */
	dnsbl->zones[0].health.test_ms = 0;
	server.live = DNS_LATEFAIL;
	asked = server.asked_of[DNS_LIVE];
	while (server.asked_of[DNS_LIVE] == asked)
		uv_run(&loop, UV_RUN_ONCE);
	server.live = DNS_EVEN;
	assert_int_equal(results[verdict_of("192.0.2.2")].verdict,
			 VERDICT_LISTED);
	wait_for_state("live.test", "ok");
	assert_int_equal(results[verdict_of("192.0.2.4")].verdict,
			 VERDICT_LISTED);
}

/* The next test fails as well, and nothing has overtaken that. */
static void a_test_is_repeated_once(void **state)
{
	unsigned int asked;

	(void)state;
	server.live = DNS_EVEN;
	create("live.test");
	wait_for_state("live.test", "ok");
	forget_tests();
	dnsbl->zones[0].health.bad = 1;
	dnsbl->zones[0].health.test_ms = 0;
	server.live = DNS_LATEFAIL;
	asked = server.asked_of[DNS_LIVE];
	while (server.asked_of[DNS_LIVE] == asked)
		uv_run(&loop, UV_RUN_ONCE);
	server.live = DNS_EVEN;
	assert_int_equal(ask("192.0.2.2", DNSBL_HELD), 0);
	while (server.asked_of[DNS_LIVE] == asked + 1)
		uv_run(&loop, UV_RUN_ONCE);
	server.live = DNS_LATEFAIL;
	wait_for_results(1);
	assert_int_equal(results[0].verdict, VERDICT_UNKNOWN);
	wait_for_state("live.test", "failing");
}

static void held_sources_are_asked_for_again_if_that_fails_at_once(void **state)
{
	unsigned int asked;
	size_t at;

	(void)state;
	server.live = DNS_EVEN;
	create("live.test");
	wait_for_state("live.test", "ok");
	asked = server.asked_of[DNS_LIVE];
	server.live = DNS_SERVFAIL;
	assert_int_equal(ask("192.0.2.2", DNSBL_HELD), 0);
	while (server.asked_of[DNS_LIVE] == asked)
		uv_run(&loop, UV_RUN_ONCE);
	server.live = DNS_EVEN;
	wait_for_results(1);
	assert_int_equal(results[0].verdict, VERDICT_LISTED);

	/* Once only, and of nobody else. */
	server.live = DNS_SERVFAIL;
	asked = server.asked_of[DNS_LIVE];
	at = verdict_of("192.0.2.4");
	assert_int_equal(results[at].verdict, VERDICT_UNKNOWN);
	assert_int_equal(server.asked_of[DNS_LIVE], asked + 2);
	assert_int_equal(ask("192.0.2.6", DNSBL_REFRESH), 0);
	wait_for_results(at + 2);
	assert_int_equal(results[at + 1].verdict, VERDICT_UNKNOWN);
	assert_int_equal(server.asked_of[DNS_LIVE], asked + 3);
}

static void a_zone_that_fails_comes_back(void **state)
{
	char source[32];
	size_t at;

	(void)state;
	server.live = DNS_EVEN;
	create("live.test");
	wait_for_state("live.test", "ok");
	server.live = DNS_SERVFAIL;
	for (unsigned int i = 0; i < 16; i++) {
		snprintf(source, sizeof(source), "192.0.2.%u", i);
		assert_int_equal(ask(source, DNSBL_HELD), 0);
	}
	wait_for_results(16);
	for (unsigned int i = 0; i < 16; i++)
		assert_int_equal(results[i].verdict, VERDICT_UNKNOWN);
	wait_for_state("live.test", "failing");
	server.live = DNS_EVEN;
	at = verdict_of("192.0.2.2");
	assert_int_equal(results[at].verdict, VERDICT_UNKNOWN);
	wait_for_state("live.test", "ok");
	at = verdict_of("192.0.2.2");
	assert_int_equal(results[at].verdict, VERDICT_LISTED);
	/* Nothing it had said before was wrong. */
	assert_int_equal(withdrawn, 0);
}

static void who_lists_all_that_stand_well_is_left_out(void **state)
{
	struct addr source;
	char text[32];

	(void)state;
	server.live = DNS_EVEN;
	create("live.test even.test=127.0.0.9");
	wait_for_state("live.test", "ok");
	wait_for_state("even.test", "ok");
	for (unsigned int i = 0; i < 50; i++) {
		snprintf(text, sizeof(text), "192.0.2.%u", 2 * i);
		source = address(text);
		assert_int_equal(dnsbl_ask_trusted(dnsbl, &source, DNSBL_HELD),
				 0);
	}
	wait_for_results(50);
	wait_for_state("live.test", "lists-the-world");
	wait_for_state("even.test", "ok");
	assert_int_equal(withdrawn, 1);
}

static void who_lists_all_that_an_allow_list_names_is_left_out(void **state)
{
	char text[32];

	(void)state;
	server.live = DNS_EVEN;
	create("live.test*3 even.test*-4");
	wait_for_state("live.test", "ok");
	wait_for_state("even.test", "ok");
	for (unsigned int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "192.0.2.%u", 2 * i);
		assert_int_equal(ask(text, DNSBL_HELD), 0);
	}
	wait_for_results(100);
	wait_for_state("live.test", "lists-the-world");
	wait_for_state("even.test", "ok");
}

static void who_lists_strangers_only_stays(void **state)
{
	char text[32];

	(void)state;
	server.live = DNS_EVEN;
	create("live.test even.test");
	wait_for_state("live.test", "ok");
	wait_for_state("even.test", "ok");
	for (unsigned int i = 0; i < 120; i++) {
		snprintf(text, sizeof(text), "192.0.2.%u", 2 * i);
		ask(text, DNSBL_HELD);
	}
	wait_for_results(120);
	while (resolver_pending(resolver) > 0)
		uv_run(&loop, UV_RUN_ONCE);
	wait_for_state("live.test", "ok");
	wait_for_state("even.test", "ok");
	assert_int_equal(withdrawn, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(faults_make_sources_unknown),
		CASE(an_allow_list_that_fails_makes_nobody_listed),
		CASE(forged_answers_are_ignored),
		CASE(an_answer_too_long_for_udp_is_read_over_tcp),
		CASE(a_zone_with_an_error_code_is_left_alone),
		CASE(zones_that_fail_their_first_tests_never_count),
		CASE(who_lists_some_of_127_is_believed),
		CASE(who_begins_to_list_the_world_is_found_out_soon),
		CASE(a_listing_counts_only_if_the_zone_passes_its_test),
		CASE(a_failed_test_does_not_count_if_answers_overtook_it),
		CASE(a_test_is_repeated_once),
		CASE(held_sources_are_asked_for_again_if_that_fails_at_once),
		CASE(a_zone_that_fails_comes_back),
		CASE(who_lists_all_that_stand_well_is_left_out),
		CASE(who_lists_all_that_an_allow_list_names_is_left_out),
		CASE(who_lists_strangers_only_stays),
	};

	log_init("test");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
