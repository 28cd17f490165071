/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lookup in the kernel against ranges_find(), which the unit tests compare
 * with a model.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "ranges_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Publishes the table, asks, and frees it. */
static void check(const struct fixture *fixture, struct subject *subject)
{
	static uint64_t version;

	subject_compile(subject);
	fixture_publish(fixture, subject->ranges, subject->family, ++version);
	subject_compare(subject, fixture, version);
	subject_free(subject);
}

static void empty_tables_have_nobody(void **state)
{
	struct fixture *fixture = *state;

	for (enum family f = 0; f < FAMILY_MAX; f++) {
		struct subject *subject = subject_create(f);

		for (int i = 0; i < 100; i++)
			subject_ask(subject, random_addr(f));
		/* As they were made, then as they are compiled. */
		subject_compile(subject);
		subject_compare(subject, fixture, 0);
		check(fixture, subject);
	}
}

static void random_tables_are_as_in_userspace(void **state)
{
	struct fixture *fixture = *state;

	for (unsigned int round = 0; round < 24; round++) {
		enum family family = round % FAMILY_MAX;
		struct subject *subject = subject_create(family);
		unsigned int bits = addr_bits(family);
		unsigned int count = 1 + random_below(2000);

		random_seed(round);
		for (unsigned int i = 0; i < count; i++) {
			struct addr addr = random_addr(family);

			if (subject->count && random_below(8))
				addr = random_within(
					subject->addrs[random_below(
						subject->count)],
					random_below(bits + 1));
			subject_add(
				subject, 1 + random_below(255), addr,
				(uint8_t)(random_below(2)
						  ? bits - random_below(9)
						  : random_below(bits + 1)));
		}
		check(fixture, subject);
	}
}

static void every_length_is_right(void **state)
{
	struct fixture *fixture = *state;

	for (enum family family = 0; family < FAMILY_MAX; family++) {
		for (unsigned int n = 0; n <= addr_bits(family); n += 3) {
			struct subject *subject = subject_create(family);

			random_seed(n);
			subject_add(subject, 1 + random_below(255),
				    random_addr(family), (uint8_t)n);
			check(fixture, subject);
		}
	}
}

static struct addr addr_number(enum family family, const char *base,
			       uint64_t add, unsigned int shift)
{
	struct addr addr;
	uint64_t halves[2];

	assert_int_equal(addr_parse(base, &addr), 0);
	assert_int_equal(addr_family(&addr), family);
	memcpy(halves, &addr, sizeof(halves));
	if (shift < 64) {
		halves[1] = htobe64(be64toh(halves[1]) + (add << shift));
		if (shift && add >> (64 - shift))
			halves[0] = htobe64(be64toh(halves[0]) +
					    (add >> (64 - shift)));
	} else {
		halves[0] = htobe64(be64toh(halves[0]) + (add << (shift - 64)));
	}
	memcpy(&addr, halves, sizeof(addr));
	return addr;
}

static void dense_ipv4_networks_are_right(void **state)
{
	struct fixture *fixture = *state;
	struct subject *subject = subject_create(FAMILY_IPV4);

	/* From one address in 2 to one in 256, and some alone. */
	for (unsigned int n = 0; n < 8; n++) {
		char base[ADDR_TEXT];

		snprintf(base, sizeof(base), "10.%u.128.0", n);
		for (uint64_t i = 0; i < 0x8000U >> n; i += 2)
			subject_add(subject, 1 + (unsigned int)i % 251,
				    addr_number(FAMILY_IPV4, base, i, n), 32);
	}
	for (uint64_t i = 0; i < 900; i++)
		subject_add(subject, 9,
			    addr_number(FAMILY_IPV4, "10.9.0.0", i * i, 0), 32);
	check(fixture, subject);
}

/* Most addresses of few lists, but in each block some of others, or wider. */
static void rare_pairs_of_ipv4_are_right(void **state)
{
	struct fixture *fixture = *state;
	struct subject *subject = subject_create(FAMILY_IPV4);

	for (uint64_t i = 0; i < 40000; i++) {
		bool rare = i % 20 == 0;
		struct addr addr = addr_number(FAMILY_IPV4, "10.32.0.0",
					       i * 40503 % 0x200000, 0);

		subject_add(subject, rare ? 1 + random_below(255) : 7, addr,
			    (uint8_t)(rare ? 32 - random_below(5) : 32));
	}
	check(fixture, subject);
}

/* So many that the words of a block are more than its addresses could be. */
static void full_blocks_with_rare_pairs_are_right(void **state)
{
	struct fixture *fixture = *state;
	struct subject *subject = subject_create(FAMILY_IPV4);

	for (uint64_t i = 0; i < 4000; i++)
		subject_add(
			subject,
			(unsigned int)(i % 5 ? 1 + i % 5 : 20 + i / 5 % 200),
			addr_number(FAMILY_IPV4, "10.64.0.0", i, 0), 32);
	check(fixture, subject);
}

/* More of them than there are places for, of words and of hosts. */
static void rare_codes_of_ipv6_are_right(void **state)
{
	struct fixture *fixture = *state;
	struct subject *subject = subject_create(FAMILY_IPV6);
	struct addr network = addr_number(FAMILY_IPV6, "2a01::", 0, 0);

	for (unsigned int i = 0; i < 6000; i++) {
		network.octets[3] = (uint8_t)random_below(32);
		subject_add(subject, 1 + random_below(255),
			    random_within(network, 32),
			    (uint8_t)(random_below(2) ? 128 - random_below(9)
						      : 64 - random_below(16)));
	}
	check(fixture, subject);
}

static void large_ipv6_groups_are_right(void **state)
{
	static const unsigned int counts[] = {1,   2,	11,   12,   13,
					      168, 169, 1024, 1400, 5000};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT(counts); i++) {
		for (unsigned int length = 32; length <= 128; length += 32) {
			struct subject *subject = subject_create(FAMILY_IPV6);

			for (uint64_t n = 0; n < counts[i]; n++)
				subject_add(
					subject, 1 + (unsigned int)n % 5 % 3,
					addr_number(FAMILY_IPV6,
						    "2001:db8::", n * 3 - n % 2,
						    128 - length),
					(uint8_t)(length - (n % 4 == 0)));
			check(fixture, subject);
		}
	}
}

/* A /32 of every size around those where its form changes. */
static void ipv6_groups_of_every_size_are_right(void **state)
{
	struct fixture *fixture = *state;
	struct subject *subject = subject_create(FAMILY_IPV6);

	for (uint64_t size = 1; size < 2060; size += size == 230 ? 1800 : 1) {
		char base[ADDR_TEXT];

		snprintf(base, sizeof(base), "2001:%x::", (unsigned int)size);
		for (uint64_t n = 0; n < size; n++)
			subject_add(
				subject, 1 + (unsigned int)n % 3,
				addr_number(FAMILY_IPV6, base, n * 12345, 64),
				64);
	}
	check(fixture, subject);
}

/* The longest way there is: words and hosts both in parts. */
static void parts_on_the_way_are_right(void **state)
{
	struct fixture *fixture = *state;
	struct subject *subject = subject_create(FAMILY_IPV6);

	for (unsigned int length = 64; length <= 128; length += 32)
		for (uint64_t n = 1; n <= 40000; n++)
			subject_add(subject, 1 + (unsigned int)n % 7,
				    addr_number(FAMILY_IPV6, "2001:db8::",
						n * 3, 128 - length),
				    length);
	check(fixture, subject);
}

static void a_lone_host_is_only_in_its_own_network(void **state)
{
	static const char *const others[] = {
		"2001:db8:1:3::25",
		"2001:db8:0:2::25",
		"2001:db9:1:2::25",
		"2001:db8::25",
	};
	struct fixture *fixture = *state;
	struct subject *subject = subject_create(FAMILY_IPV6);

	subject_add(subject, 3,
		    addr_number(FAMILY_IPV6, "2001:db8:1:2::25", 0, 0), 128);
	for (size_t i = 0; i < COUNT(others); i++)
		subject_ask(subject, addr_number(FAMILY_IPV6, others[i], 0, 0));
	check(fixture, subject);
}

/* Those that fill one bucket of the hash, of the five that there are for 12. */
static void networks_of_one_bucket_are_right(void **state)
{
	struct fixture *fixture = *state;
	struct subject *subject = subject_create(FAMILY_IPV6);
	unsigned int count = 0;

	for (uint32_t word = 0x20010000; count < 12; word++) {
		if (ranges_bucket(word * 0x9e3779b1, 5) != 4)
			continue;
		subject_add(subject, 1 + count++,
			    addr_number(FAMILY_IPV6,
					"2001::", word - 0x20010000, 96),
			    48);
	}
	check(fixture, subject);
}

static void tables_of_several_pages_are_right(void **state)
{
	static const size_t counts[FAMILY_MAX] = {800000, 150000};
	struct fixture *fixture = *state;

	for (enum family family = 0; family < FAMILY_MAX; family++) {
		struct subject *subject = subject_create(family);

		for (size_t i = 0; i < counts[family]; i++) {
			struct addr addr = random_addr(family);

			if (family == FAMILY_IPV6)
				memcpy(&addr,
				       (uint8_t[]){0x2a, 0x01,
						   (uint8_t)random_below(32)},
				       3);
			subject_add(
				subject, 1 + random_below(255), addr,
				(uint8_t)(addr_bits(family) - random_below(3)));
		}
		/* Asking for all would take long. */
		for (size_t i = 0; i < 100000; i++)
			subject->addrs[i] =
				subject->addrs[random_below(subject->count)];
		subject->count = 100000;
		subject_compile(subject);
		assert_in_range(ranges_pages(subject->ranges), 4, 5);
		check(fixture, subject);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_tables_have_nobody),
		cmocka_unit_test(random_tables_are_as_in_userspace),
		cmocka_unit_test(every_length_is_right),
		cmocka_unit_test(dense_ipv4_networks_are_right),
		cmocka_unit_test(rare_pairs_of_ipv4_are_right),
		cmocka_unit_test(full_blocks_with_rare_pairs_are_right),
		cmocka_unit_test(rare_codes_of_ipv6_are_right),
		cmocka_unit_test(large_ipv6_groups_are_right),
		cmocka_unit_test(ipv6_groups_of_every_size_are_right),
		cmocka_unit_test(parts_on_the_way_are_right),
		cmocka_unit_test(a_lone_host_is_only_in_its_own_network),
		cmocka_unit_test(networks_of_one_bucket_are_right),
		cmocka_unit_test(tables_of_several_pages_are_right),
	};

	return cmocka_run_group_tests_name("lookups in the range tables", tests,
					   fixture_setup, fixture_teardown);
}
