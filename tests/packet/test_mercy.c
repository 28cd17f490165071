/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What mercy puts into the kernel's map of networks. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <unistd.h>

#include "harness.h"
#include "worker/knocks.h"

#define DAY_NS	 (UINT64_C(86400) * NS_PER_S)
#define MERCY_MS 80
#define NETWORKS 16

static unsigned int shown;

static void on_mercy(void *context, const struct addr *network)
{
	(void)context;
	(void)network;
	shown++;
}

struct fixture {
	struct config config;
	struct network_table *table;
	struct knocks *knocks;
	struct addr source;
	struct addr network;
};

static int begin(void **state)
{
	static struct fixture fixture;
	struct postern *skeleton = harness_fresh();

	fixture = (struct fixture){
		.config = {.policy = POLICY_WITNESS, .mercy_ms = MERCY_MS},
	};
	shown = 0;
	*state = &fixture;
	assert_int_equal(addr_parse("198.51.100.7", &fixture.source), 0);
	fixture.network = networks_key(&fixture.source);
	assert_int_equal(networks_open(bpf_map__fd(skeleton->maps.networks),
				       NETWORKS, harness_clock(),
				       &fixture.table),
			 0);
	assert_int_equal(
		knocks_create(fixture.table, on_mercy, NULL, &fixture.knocks),
		0);
	knocks_use(fixture.knocks, &fixture.config);
	return 0;
}

static int end(void **state)
{
	struct fixture *fixture = *state;

	knocks_free(fixture->knocks);
	networks_close(fixture->table);
	return 0;
}

/* Attempts are an eighth of `mercy` apart at least. */
static void knock_for_some_time(struct fixture *fixture)
{
	for (unsigned int i = 0; i < 16; i++) {
		knocks_note(fixture->knocks, &fixture->source, VERDICT_CLEAN);
		usleep(MERCY_MS * 1000 / 4);
	}
}

static uint64_t left_ns(const struct fixture *fixture)
{
	uint64_t until = networks_witness(fixture->table, &fixture->network);

	return until ? until - clock_monotonic_ns() : 0;
}

static void who_keeps_knocking_is_let_in_for_a_week(void **state)
{
	(void)state;
	knock_for_some_time(*state);
	assert_true(shown > 0);
	assert_true(left_ns(*state) > 6 * DAY_NS);
	assert_true(left_ns(*state) <= 7 * DAY_NS + NS_PER_S);
}

static void it_prolongs_what_ends_sooner(void **state)
{
	struct fixture *fixture = *state;

	networks_set_witness(fixture->table, &fixture->network,
			     clock_monotonic_ns() + 3600 * NS_PER_S);
	knock_for_some_time(fixture);
	assert_true(shown > 0);
	assert_true(left_ns(fixture) > 6 * DAY_NS);
}

static void who_may_pass_for_longer_keeps_that(void **state)
{
	struct fixture *fixture = *state;

	networks_set_witness(fixture->table, &fixture->network,
			     clock_monotonic_ns() + 30 * DAY_NS);
	knock_for_some_time(fixture);
	assert_true(left_ns(fixture) > 29 * DAY_NS);
	assert_true(shown == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			who_keeps_knocking_is_let_in_for_a_week, begin, end),
		cmocka_unit_test_setup_teardown(it_prolongs_what_ends_sooner,
						begin, end),
		cmocka_unit_test_setup_teardown(
			who_may_pass_for_longer_keeps_that, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, harness_close);
}
