/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one network may cost. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "sources/dnsbl_budget.h"

#define START 1000000

/* Asks for `count` sources: `text` with the octet at `index` counted up (the
 * last one without a carry). */
static unsigned int take(struct dnsbl_budget *budget, const char *text,
			 unsigned int index, unsigned int count,
			 uint64_t now_ms)
{
	unsigned int taken = 0;
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	for (unsigned int i = 0; i < count; i++) {
		uint8_t *octet = &addr.octets[index];

		taken += dnsbl_budget_take(budget, &addr, now_ms);
		if (++octet[0] == 0 && index < 15)
			octet[-1]++;
	}
	return taken;
}

static const struct {
	const char *name;
	const char *first;
	unsigned int index;
	unsigned int count;
	unsigned int taken;
} cases[] = {
	{"all of a /24 at once", "192.0.2.0", 15, 256, 256},
	{"but not twice", "192.0.2.0", 15, 256, 0},
	{"another /24 has its own", "192.0.3.0", 15, 256, 256},
	{"one /64", "2001:db8::", 15, 100, 32},
	{"another /64 of the same /48", "2001:db8:0:1::", 15, 100, 32},
	{"a thousand /64 of one /48", "2001:db8:1::", 7, 1000, 256},
	{"a thousand /48 of one /32", "2001:db9::", 5, 2000, 1024},
	{"which leaves nothing to any of them", "2001:db9:ffff::", 15, 9, 0},
	{"another /32 has its own", "2001:dba::", 5, 100, 100},
};

static void networks_have_their_share(void **state)
{
	struct dnsbl_budget *budget = dnsbl_budget_create();

	(void)state;
	assert_non_null(budget);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		print_message("%s\n", cases[i].name);
		assert_int_equal(take(budget, cases[i].first, cases[i].index,
				      cases[i].count, START),
				 cases[i].taken);
	}
	dnsbl_budget_free(budget);
}

static void a_share_grows_again(void **state)
{
	struct dnsbl_budget *budget = dnsbl_budget_create();

	(void)state;
	assert_int_equal(take(budget, "192.0.2.0", 15, 300, START), 256);
	assert_int_equal(take(budget, "192.0.2.0", 15, 300, START + 10000), 40);
	assert_int_equal(take(budget, "2001:db8::", 15, 99, START), 32);
	assert_int_equal(take(budget, "2001:db8::", 15, 99, START + 10000), 10);
	/* Never to more than it was. */
	assert_int_equal(take(budget, "192.0.2.0", 15, 300, START + 86400000),
			 256);
	dnsbl_budget_free(budget);
}

/* A network that is refused by a wider one pays nothing itself. */
static void a_refusal_costs_nothing(void **state)
{
	struct dnsbl_budget *budget = dnsbl_budget_create();

	(void)state;
	assert_int_equal(take(budget, "2001:db9::", 5, 2000, START), 1024);
	assert_int_equal(take(budget, "2001:db9:ffff::", 15, 100, START), 0);
	/* 16 a second for the /32, and this /64 has all of its 32 left. */
	assert_int_equal(take(budget, "2001:db9:ffff::", 15, 100, START + 2000),
			 32);
	dnsbl_budget_free(budget);
}

static void a_flood_of_networks_stays_within_its_memory(void **state)
{
	struct dnsbl_budget *budget = dnsbl_budget_create();

	(void)state;
	/* More than there are places: new ones take those of old ones. */
	assert_int_equal(take(budget, "10.0.0.0", 14, 60000, START), 60000);
	assert_int_equal(take(budget, "192.0.2.0", 15, 300, START + 1), 256);
	dnsbl_budget_free(budget);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks_have_their_share),
		cmocka_unit_test(a_share_grows_again),
		cmocka_unit_test(a_refusal_costs_nothing),
		cmocka_unit_test(a_flood_of_networks_stays_within_its_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
