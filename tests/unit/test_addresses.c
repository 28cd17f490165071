/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which addresses are this host's, whatever they are said to be. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sources/addresses.h"

static const struct {
	const char *text;
	bool local;
} addresses[] = {
	{"127.0.0.1", true},  {"192.0.2.99", false}, {"2001:db8::99", false},
	{"224.0.0.1", false}, {"ff02::1", false},    {"255.255.255.255", false},
};

static void what_the_kernel_keeps_to_itself_is_local(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		struct addr addr;

		print_message("%s\n", addresses[i].text);
		assert_int_equal(addr_parse(addresses[i].text, &addr), 0);
		assert_int_equal(addresses_is_local(&addr), addresses[i].local);
	}
}

static void so_is_what_an_interface_has(void **state)
{
	struct addr own[8];
	int count = addresses_of("lo", own, 8);

	(void)state;
	for (int i = 0; i < count && i < 8; i++)
		assert_true(addresses_is_local(&own[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_kernel_keeps_to_itself_is_local),
		cmocka_unit_test(so_is_what_an_interface_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
