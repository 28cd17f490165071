/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An engine with the nameserver of dns_server.h in one event loop, and what
 * tests of it need: to ask, to wait, to see what came back.
 */
#ifndef POSTERN_TESTS_DNSBL_FIXTURE_H
#define POSTERN_TESTS_DNSBL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "core/log.h"
#include "dns_server.h"
#include "sources/dnsbl_engine.h"

#define PATIENCE_MS 60000
#define SITES_MAX   16
#define RESULTS_MAX 8192

static uv_loop_t loop;
static uv_timer_t patience;
static struct dns_server server;
static struct resolver *resolver;
static struct dnsbl *dnsbl;
static struct config_dnsbl config;
static struct site sites[SITES_MAX];

/* What came back, in that order. */
static struct {
	struct addr source;
	enum verdict verdict;
	enum dnsbl_priority priority;
	int score;
	uint32_t ttl_s;
	uint64_t causes;
	struct dnsbl_site_result sites[SITES_MAX];
	size_t pending; /* questions that were still under way */
} results[RESULTS_MAX];
static size_t result_count;
static bool asking; /* dnsbl_ask() has not returned */
static uint64_t withdrawn;

static inline void on_patience(uv_timer_t *timer)
{
	(void)timer;
	print_error("nothing happened for %d ms\n", PATIENCE_MS);
	abort();
}

static inline int set_up(void **state)
{
	struct config_nameserver self;

	(void)state;
	uv_loop_init(&loop);
	assert_int_equal(dns_server_start(&server, &loop, "127.0.0.1", 0), 0);
	uv_timer_init(&loop, &patience);
	uv_timer_start(&patience, on_patience, PATIENCE_MS, 0);
	self.port = server.port;
	assert_int_equal(addr_parse("127.0.0.1", &self.addr), 0);
	assert_int_equal(resolver_create(&loop, &self, 1, &resolver), 0);
	memset(&config, 0, sizeof(config));
	config.sites = sites;
	config.threshold = 1;
	result_count = 0;
	withdrawn = 0;
	return 0;
}

static inline void close_all(void)
{
	if (dnsbl)
		dnsbl_close(dnsbl);
	dnsbl = NULL;
	if (resolver)
		resolver_close(resolver);
	resolver = NULL;
}

static inline int tear_down(void **state)
{
	(void)state;
	close_all();
	dns_server_stop(&server);
	uv_close((uv_handle_t *)&patience, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	return 0;
}

static inline void on_done(void *context, const struct dnsbl_result *result)
{
	assert_ptr_equal(context, &config);
	assert_false(asking);
	assert_true(result_count < RESULTS_MAX);
	results[result_count].source = result->source;
	results[result_count].verdict = result->verdict;
	results[result_count].priority = result->priority;
	results[result_count].score = result->score;
	results[result_count].ttl_s = result->ttl_s;
	results[result_count].causes = result->causes;
	results[result_count].pending = resolver_pending(resolver);
	memcpy(results[result_count].sites, result->sites,
	       result->site_count * sizeof(*result->sites));
	result_count++;
	if (result->verdict == VERDICT_LISTED)
		dnsbl_log_listing(dnsbl, result, NULL);
}

static inline void on_withdrawn(void *context, uint64_t zones, const char *zone)
{
	assert_ptr_equal(context, &config);
	assert_false(asking);
	print_message("withdrawn: %s\n", zone);
	withdrawn |= zones;
}

/* Sites separated by blanks. */
static inline void create(const char *list)
{
	char text[1024], *rest = text, *one;
	const char *why = "";

	snprintf(text, sizeof(text), "%s", list);
	config.site_count = 0;
	while ((one = strsep(&rest, " ")) != NULL) {
		assert_true(config.site_count < SITES_MAX);
		assert_int_equal(
			site_parse(one, &sites[config.site_count++], &why), 0);
	}
	assert_int_equal(dnsbl_create(&loop, &config, resolver, on_done,
				      &config, &dnsbl),
			 0);
	dnsbl_on_withdrawn(dnsbl, on_withdrawn);
	/* What is due is done at once, not within a second. */
	uv_timer_set_repeat(&dnsbl->health, 10);
}

/* As if so much time had passed that no test confirms a listing any more. */
static inline void forget_tests(void)
{
	for (uint32_t i = 0; i < dnsbl->zone_count; i++)
		dnsbl->zones[i].confirmed_ms = 0;
}

struct expected_state {
	const char *zone;
	const char *state;
	bool seen;
};

static inline void look_at_zone(void *context,
				const struct dnsbl_zone_status *zone)
{
	struct expected_state *expected = context;

	if (strcmp(zone->zone, expected->zone) == 0)
		expected->seen = strcmp(zone->state, expected->state) == 0;
}

static inline bool is_in_state(const char *zone, const char *state)
{
	struct expected_state expected = {.zone = zone, .state = state};

	dnsbl_zones(dnsbl, look_at_zone, &expected);
	return expected.seen;
}

/* Tests follow each other without a pause meanwhile. */
static inline void wait_for_state(const char *zone, const char *state)
{
	while (!is_in_state(zone, state)) {
		for (uint32_t i = 0; i < dnsbl->zone_count; i++)
			if (strcmp(dnsbl->zones[i].name, zone) == 0)
				dnsbl->zones[i].health.test_ms = 0;
		uv_run(&loop, UV_RUN_ONCE);
	}
}

static inline struct addr address(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

static inline int ask(const char *source, enum dnsbl_priority priority)
{
	struct addr addr = address(source);
	int error;

	asking = true;
	error = dnsbl_ask(dnsbl, &addr, priority);
	asking = false;
	return error;
}

static inline void wait_for_results(size_t count)
{
	while (result_count < count)
		uv_run(&loop, UV_RUN_ONCE);
	assert_int_equal(result_count, count);
}

/* Asks and waits; returns the index of the result. */
static inline size_t verdict_of(const char *source)
{
	size_t before = result_count;

	assert_int_equal(ask(source, DNSBL_HELD), 0);
	wait_for_results(before + 1);
	return before;
}

static inline void run_for_ms(uint64_t ms)
{
	uint64_t end;

	uv_update_time(&loop);
	end = uv_now(&loop) + ms;
	while (uv_now(&loop) < end) {
		uv_run(&loop, UV_RUN_NOWAIT);
		usleep(2000);
	}
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
