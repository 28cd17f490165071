/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has come before. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "sources/dnsbl_again.h"

#define START UINT64_C(1000000)

static struct dnsbl_again *again;

static int set_up(void **state)
{
	(void)state;
	again = dnsbl_again_create();
	return again ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	dnsbl_again_free(again);
	return 0;
}

static bool note(const char *text, uint64_t now_ms)
{
	struct addr source;

	assert_int_equal(addr_parse(text, &source), 0);
	return dnsbl_again_note(again, &source, now_ms);
}

static bool note_number(uint32_t number, uint64_t now_ms)
{
	struct addr source = {.octets = {0x2a}};

	memcpy(&source.octets[4], &number, sizeof(number));
	return dnsbl_again_note(again, &source, now_ms);
}

static const struct {
	const char *name;
	const char *source;
	uint64_t passed_ms;
	bool before;
} steps[] = {
	{"new", "192.0.2.1", 0, false},
	{"its neighbour is new, too", "192.0.2.2", 0, false},
	{"again", "192.0.2.1", 1000, true},
	{"and again", "192.0.2.1", 3000, true},
	{"as late as may be", "192.0.2.1", 3000 + DNSBL_AGAIN_MS, true},
	{"too late", "192.0.2.2", DNSBL_AGAIN_MS + 1, false},
	{"which counts as the first time", "192.0.2.2", DNSBL_AGAIN_MS + 2,
	 true},
	{"IPv6", "2001:db8::1", 0, false},
	{"another one of its /64", "2001:db8::2", 1000, false},
	{"again, IPv6", "2001:db8::1", 1000, true},
};

static void a_source_that_comes_again_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		print_message("%s\n", steps[i].name);
		assert_int_equal(
			note(steps[i].source, START + steps[i].passed_ms),
			steps[i].before);
	}
}

static void the_clock_may_wrap_around(void **state)
{
	(void)state;
	assert_false(note("192.0.2.1", UINT32_MAX));
	assert_true(note("192.0.2.1", UINT64_C(1000) + UINT32_MAX));
}

/* 13,000 new ones a second are more than the program tells of. */
static void a_flood_leaves_time_to_come_again(void **state)
{
	unsigned int known = 0;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		assert_false(note_number(i, START));
	for (uint32_t i = 0; i < 13000; i++)
		note_number(100000 + i, START + i / 13);
	for (uint32_t i = 0; i < 1000; i++)
		known += note_number(i, START + 1000);
	assert_in_range(known, 950, 1000);
}

static void a_flood_that_never_ends_finds_nobody_twice(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 1000000; i++)
		assert_false(note_number(i, START + i / 13));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_source_that_comes_again_is_known, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_clock_may_wrap_around,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_flood_leaves_time_to_come_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_flood_that_never_ends_finds_nobody_twice, set_up,
			tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
