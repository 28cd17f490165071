/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of sources in zones, with RFC 5782's own examples. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "sources/dnsbl_name.h"

#define ZONE_60	 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff"
#define ZONE_189 ZONE_60 "." ZONE_60 "." ZONE_60 ".ffffff"

static const struct {
	const char *source;
	const char *zone;
	const char *name;
} cases[] = {
	{"192.0.2.99", "bad.example.com", "99.2.0.192.bad.example.com"},
	{"127.0.0.2", "z", "2.0.0.127.z"},
	{"255.255.255.255", "z", "255.255.255.255.z"},
	{"0.0.0.0", "z", "0.0.0.0.z"},
	{"10.100.9.99", "z", "99.9.100.10.z"},
	{"2001:db8:1:2:3:4:567:89ab", "ugly.example.com",
	 "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2."
	 "ugly.example.com"},
	{"::", "z",
	 "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.z"},
	{"2001:db8::1", ZONE_189,
	 "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0."
	 "2." ZONE_189},
};

static void addresses_are_reversed_before_the_zone(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char name[SITE_ZONE_MAX];
		struct addr source;

		assert_int_equal(addr_parse(cases[i].source, &source), 0);
		assert_string_equal(dnsbl_name(&source, cases[i].zone, name),
				    cases[i].name);
		assert_true(strlen(name) < sizeof(name));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_reversed_before_the_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
