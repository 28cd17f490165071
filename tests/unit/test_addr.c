/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses and prefixes: what is taken, how it is written, what contains. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/addr.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

#define V6_LONGEST "2001:db8:1111:2222:3333:4444:5555:6666"

static struct addr addr_of(const char *text)
{
	struct addr addr;

	if (addr_parse(text, &addr))
		fail_msg("no address: %s", text);
	return addr;
}

static struct prefix prefix_of(const char *text)
{
	struct prefix prefix;

	if (prefix_parse(text, &prefix))
		fail_msg("no prefix: %s", text);
	return prefix;
}

static const struct {
	const char *text;
	enum family family;
	const char *written; /* NULL: as it was given */
} addresses[] = {
	{"0.0.0.0", FAMILY_IPV4, NULL},
	{"192.0.2.1", FAMILY_IPV4, NULL},
	{"255.255.255.255", FAMILY_IPV4, NULL},
	{"::ffff:192.0.2.1", FAMILY_IPV4, "192.0.2.1"},
	{"::FFFF:C000:0201", FAMILY_IPV4, "192.0.2.1"},
	{"::", FAMILY_IPV6, NULL},
	{"::1", FAMILY_IPV6, NULL},
	{"::192.0.2.1", FAMILY_IPV6, NULL},
	{"::ffff:0:192.0.2.1", FAMILY_IPV6, "::ffff:0:c000:201"},
	{"::fffe:192.0.2.1", FAMILY_IPV6, "::fffe:c000:201"},
	{"1::ffff:192.0.2.1", FAMILY_IPV6, "1::ffff:c000:201"},
	{"2001:DB8:0:0:0:0:0:25", FAMILY_IPV6, "2001:db8::25"},
	{V6_LONGEST, FAMILY_IPV6, NULL},
	{"2001:db8:1:2:3:4:255.255.255.255", FAMILY_IPV6,
	 "2001:db8:1:2:3:4:ffff:ffff"},
};

static void addresses_are_taken_and_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(addresses); i++) {
		const char *want = addresses[i].written ? addresses[i].written
							: addresses[i].text;
		struct addr addr = addr_of(addresses[i].text);
		char text[ADDR_TEXT];

		print_message("%s\n", addresses[i].text);
		assert_int_equal(addr_family(&addr), addresses[i].family);
		assert_ptr_equal(addr_format(&addr, text), text);
		assert_string_equal(text, want);
	}
}

static const char *const no_addresses[] = {
	"",
	" ",
	"192.0.2.1 ",
	" 192.0.2.1",
	"192.0.2",
	"192.0.2.1.5",
	"192.0.2.256",
	"192.0.2.-1",
	"192.0.2.1/32",
	"0x7f.0.0.1",
	"1",
	"mx1.example.net",
	":::",
	"1::2::3",
	"1:2:3:4:5:6:7",
	"1:2:3:4:5:6:7:8:9",
	"12345::",
	"g::",
	"fe80::1%eth0",
	"[::1]",
	"::ffff:192.0.2",
};

static void what_is_no_address_is_refused_and_changes_nothing(void **state)
{
	struct addr before, addr;

	(void)state;
	memset(&before, 0xa5, sizeof(before));
	for (size_t i = 0; i < COUNT(no_addresses); i++) {
		addr = before;
		print_message("\"%s\"\n", no_addresses[i]);
		assert_int_equal(addr_parse(no_addresses[i], &addr), -EINVAL);
		assert_memory_equal(&addr, &before, sizeof(addr));
	}
}

static void an_ipv4_address_is_held_as_mapped(void **state)
{
	static const uint8_t octets[16] = {0, 0, 0,    0,    0,	  0, 0, 0,
					   0, 0, 0xff, 0xff, 192, 0, 2, 1};
	struct in_addr in = {.s_addr = htonl(0xc0000201)};
	struct addr parsed = addr_of("192.0.2.1"), made = addr_from_ipv4(in);

	(void)state;
	assert_memory_equal(parsed.octets, octets, sizeof(octets));
	assert_memory_equal(made.octets, octets, sizeof(octets));
	assert_int_equal(addr_bits(FAMILY_IPV4), 32);
	assert_int_equal(addr_bits(FAMILY_IPV6), 128);
}

static void addresses_compare_as_numbers(void **state)
{
	static const char *const order[] = {
		"::",	       "::1", "0.0.0.0", "0.0.0.255", "0.0.1.0",
		"192.0.2.255", "1::", "ff::",	 "2001::",    "2001::1",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(order); i++)
		for (size_t j = 0; j < COUNT(order); j++) {
			struct addr a = addr_of(order[i]);
			struct addr b = addr_of(order[j]);
			int result = addr_compare(&a, &b);

			assert_int_equal((result > 0) - (result < 0),
					 (i > j) - (i < j));
			assert_int_equal(addr_equal(&a, &b), i == j);
		}
}

static const struct {
	const char *text;
	sa_family_t family;
	socklen_t size;
} sockets[] = {
	{"192.0.2.1", AF_INET, sizeof(struct sockaddr_in)},
	{"255.0.0.254", AF_INET, sizeof(struct sockaddr_in)},
	{V6_LONGEST, AF_INET6, sizeof(struct sockaddr_in6)},
	{"::1", AF_INET6, sizeof(struct sockaddr_in6)},
};

static void addresses_survive_the_way_through_a_sockaddr(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(sockets); i++) {
		struct addr addr = addr_of(sockets[i].text), back;
		struct sockaddr_storage storage;
		const struct sockaddr_in *in = (const void *)&storage;
		const struct sockaddr_in6 *in6 = (const void *)&storage;
		in_port_t port;

		memset(&storage, 0xa5, sizeof(storage));
		print_message("%s\n", sockets[i].text);
		assert_int_equal(addr_to_sockaddr(&addr, 4711, &storage),
				 sockets[i].size);
		assert_int_equal(storage.ss_family, sockets[i].family);
		port = storage.ss_family == AF_INET ? in->sin_port
						    : in6->sin6_port;
		assert_int_equal(ntohs(port), 4711);
		if (storage.ss_family == AF_INET6) {
			assert_int_equal(in6->sin6_scope_id, 0);
			assert_int_equal(in6->sin6_flowinfo, 0);
		}
		assert_int_equal(
			addr_from_sockaddr((const void *)&storage, &back), 0);
		assert_true(addr_equal(&back, &addr));
	}
}

static void other_families_of_sockets_are_refused(void **state)
{
	static const sa_family_t families[] = {AF_UNSPEC, AF_UNIX, AF_PACKET};
	struct addr before, addr;

	(void)state;
	memset(&before, 0xa5, sizeof(before));
	for (size_t i = 0; i < COUNT(families); i++) {
		struct sockaddr_storage storage = {.ss_family = families[i]};

		addr = before;
		assert_int_equal(
			addr_from_sockaddr((const void *)&storage, &addr),
			-EAFNOSUPPORT);
		assert_memory_equal(&addr, &before, sizeof(addr));
	}
}

/* The same bit by bit, as the definition says it. */
static struct addr masked_slowly(const struct addr *addr, unsigned int length)
{
	unsigned int first = addr_family(addr) == FAMILY_IPV4 ? 96 : 0;
	struct addr result = *addr;

	for (unsigned int bit = first + length; bit < 128; bit++)
		result.octets[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	return result;
}

static void masks_keep_what_counts_at_every_length(void **state)
{
	static const char *const texts[] = {
		"255.255.255.255", "192.0.2.171",
		"0.0.0.0",	   "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		V6_LONGEST,	   "::",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct addr addr = addr_of(texts[i]);
		uint8_t bits = addr_bits(addr_family(&addr));

		for (unsigned int length = 0; length <= bits; length++) {
			struct addr got = addr_mask(&addr, (uint8_t)length);
			struct addr want = masked_slowly(&addr, length);

			if (!addr_equal(&got, &want))
				fail_msg("%s/%u", texts[i], length);
			assert_int_equal(addr_family(&got), addr_family(&addr));
		}
	}
}

static const struct {
	const char *text;
	uint8_t length;
	const char *written; /* NULL: as it was given */
} prefixes[] = {
	{"0.0.0.0/0", 0, NULL},
	{"128.0.0.0/1", 1, NULL},
	{"192.0.2.0/24", 24, NULL},
	{"192.0.2.254/31", 31, NULL},
	{"192.0.2.1/32", 32, "192.0.2.1"},
	{"192.0.2.1", 32, NULL},
	{"192.0.2.0/024", 24, "192.0.2.0/24"},
	{"::ffff:192.0.2.0/24", 24, "192.0.2.0/24"},
	{"::/0", 0, NULL},
	{"8000::/1", 1, NULL},
	{"2001:db8::/32", 32, NULL},
	{"2001:db8::fffe/127", 127, NULL},
	{"2001:db8::1/128", 128, "2001:db8::1"},
	{"2001:db8::1", 128, NULL},
	{V6_LONGEST "/128", 128, V6_LONGEST},
	{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127", 127, NULL},
};

static void prefixes_are_taken_and_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(prefixes); i++) {
		const char *want = prefixes[i].written ? prefixes[i].written
						       : prefixes[i].text;
		struct prefix prefix = prefix_of(prefixes[i].text);
		char text[PREFIX_TEXT];

		print_message("%s\n", prefixes[i].text);
		assert_int_equal(prefix.length, prefixes[i].length);
		assert_ptr_equal(prefix_format(&prefix, text), text);
		assert_string_equal(text, want);
	}
}

static const struct {
	const char *text;
	int error;
} no_prefixes[] = {
	{"", -EINVAL},
	{"/", -EINVAL},
	{"/24", -EINVAL},
	{"192.0.2.0/", -EINVAL},
	{"192.0.2.0/ 24", -EINVAL},
	{"192.0.2.0/24 ", -EINVAL},
	{"192.0.2.0/+24", -EINVAL},
	{"192.0.2.0/-1", -EINVAL},
	{"192.0.2.0/0x18", -EINVAL},
	{"192.0.2.0/24/24", -EINVAL},
	{"192.0.2.0/255.255.255.0", -EINVAL},
	{"192.0.2/24", -EINVAL},
	{"192.0.2.0-192.0.2.255", -EINVAL},
	{V6_LONGEST ":7777:8888:9999/128", -EINVAL},
	{"192.0.2.0/33", -ERANGE},
	{"::ffff:0:0/96", -ERANGE},
	{"2001:db8::/129", -ERANGE},
	{"2001:db8::/256", -ERANGE},
	{"2001:db8::/4294967296", -ERANGE},
	{"2001:db8::/99999999999999999999999", -ERANGE},
	{"192.0.2.1/31", -EDOM},
	{"192.0.2.1/0", -EDOM},
	{"192.0.2.0/22", -EDOM},
	{"2001:db8::1/127", -EDOM},
	{"2001:db8:0:1::/63", -EDOM},
};

static void what_is_no_prefix_is_refused_and_changes_nothing(void **state)
{
	struct prefix before, prefix;

	(void)state;
	memset(&before, 0xa5, sizeof(before));
	for (size_t i = 0; i < COUNT(no_prefixes); i++) {
		memcpy(&prefix, &before, sizeof(prefix));
		print_message("\"%s\"\n", no_prefixes[i].text);
		assert_int_equal(prefix_parse(no_prefixes[i].text, &prefix),
				 no_prefixes[i].error);
		assert_memory_equal(&prefix, &before, sizeof(prefix));
	}
}

static const struct {
	const char *prefix;
	const char *addr;
	bool contained;
} containments[] = {
	{"192.0.2.0/24", "192.0.2.0", true},
	{"192.0.2.0/24", "192.0.2.255", true},
	{"192.0.2.0/24", "192.0.1.255", false},
	{"192.0.2.0/24", "192.0.3.0", false},
	{"192.0.2.5", "192.0.2.5", true},
	{"192.0.2.5", "192.0.2.4", false},
	{"0.0.0.0/0", "255.255.255.255", true},
	{"0.0.0.0/0", "::1", false},
	{"0.0.0.0/0", "2001:db8::1", false},
	{"::/0", "2001:db8::1", true},
	{"::/0", "::", true},
	{"::/0", "192.0.2.1", false},
	{"::/64", "0.0.0.0", false},
	{"2001:db8::/32", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", true},
	{"2001:db8::/32", "2001:db9::", false},
	{"2001:db8::/61", "2001:db8:0:7::1", true},
	{"2001:db8::/61", "2001:db8:0:8::1", false},
};

static void prefixes_contain_their_own_family_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(containments); i++) {
		struct prefix prefix = prefix_of(containments[i].prefix);
		struct addr addr = addr_of(containments[i].addr);

		print_message("%s in %s\n", containments[i].addr,
			      containments[i].prefix);
		assert_int_equal(prefix_contains(&prefix, &addr),
				 containments[i].contained);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_taken_and_written),
		cmocka_unit_test(
			what_is_no_address_is_refused_and_changes_nothing),
		cmocka_unit_test(an_ipv4_address_is_held_as_mapped),
		cmocka_unit_test(addresses_compare_as_numbers),
		cmocka_unit_test(addresses_survive_the_way_through_a_sockaddr),
		cmocka_unit_test(other_families_of_sockets_are_refused),
		cmocka_unit_test(masks_keep_what_counts_at_every_length),
		cmocka_unit_test(prefixes_are_taken_and_written),
		cmocka_unit_test(
			what_is_no_prefix_is_refused_and_changes_nothing),
		cmocka_unit_test(prefixes_contain_their_own_family_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
