/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The range compiler against a model.  Addresses to ask for are the borders of
 * all entries, their neighbours, and random ones.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ranges_model.h"
#include "tables/ranges_room.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* "LIST:PREFIX" or "LIST:FIRST-LAST". */
static void add_text(struct model *model, const char *text)
{
	const char *rest = strchr(text, ':') + 1;
	const char *dash = strchr(rest, '-');
	unsigned int list = (unsigned int)atoi(text);
	char first[ADDR_TEXT];
	struct addr from, to;
	struct prefix prefix;

	if (!dash) {
		assert_int_equal(prefix_parse(rest, &prefix), 0);
		add_prefix(model, list, number_of(&prefix.addr), prefix.length);
		return;
	}
	snprintf(first, sizeof(first), "%.*s", (int)(dash - rest), rest);
	assert_int_equal(addr_parse(first, &from), 0);
	assert_int_equal(addr_parse(dash + 1, &to), 0);
	add_range(model, list, (uint32_t)number_of(&from),
		  (uint32_t)number_of(&to));
}

static const struct {
	const char *name;
	const char *entries[8];
	struct {
		const char *addr;
		unsigned int list;
	} want[9];
} cases[] = {
	{"without entries nothing is on a list",
	 {NULL},
	 {{"0.0.0.0", 0}, {"255.255.255.255", 0}, {"::", 0}, {"::1", 0}}},
	{"one address",
	 {"7:192.0.2.1"},
	 {{"192.0.2.0", 0}, {"192.0.2.1", 7}, {"192.0.2.2", 0}}},
	{"the whole of IPv4",
	 {"255:0.0.0.0/0"},
	 {{"0.0.0.0", 255}, {"255.255.255.255", 255}, {"::", 0}}},
	{"the whole of IPv6",
	 {"255:::/0"},
	 {{"::", 255}, {"ffff::", 255}, {"0.0.0.0", 0}}},
	{"the lower list wins inside a higher one",
	 {"1:198.51.100.7", "2:198.51.100.0/24"},
	 {{"198.51.100.6", 2}, {"198.51.100.7", 1}, {"198.51.100.8", 2}}},
	{"the lower list wins around a higher one",
	 {"2:198.51.100.7", "1:198.51.100.0/24"},
	 {{"198.51.100.6", 1}, {"198.51.100.7", 1}, {"198.51.100.8", 1}}},
	{"duplicates of a list and of others change nothing",
	 {"3:10.0.0.0/8", "3:10.0.0.0/8", "9:10.0.0.0/8", "3:10.2.0.0/16"},
	 {{"9.255.255.255", 0}, {"10.2.3.4", 3}, {"11.0.0.0", 0}}},
	{"ranges need not be prefixes",
	 {"4:10.0.15.254-10.0.16.1", "5:10.0.16.1-10.3.0.0"},
	 {{"10.0.15.253", 0},
	  {"10.0.15.254", 4},
	  {"10.0.16.1", 4},
	  {"10.0.16.2", 5},
	  {"10.3.0.0", 5},
	  {"10.3.0.1", 0}}},
	{"the first and the last address",
	 {"1:0.0.0.0", "2:255.255.255.255",
	  "3:::", "4:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	 {{"0.0.0.0", 1},
	  {"0.0.0.1", 0},
	  {"255.255.255.254", 0},
	  {"255.255.255.255", 2},
	  {"::", 3},
	  {"::1", 0},
	  {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", 0},
	  {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 4}}},
	{"IPv6 prefixes of all words nest",
	 {"8:2001:db8::/29", "7:2001:db8::/32", "6:2001:db8:1::/48",
	  "5:2001:db8:1:2::/64", "4:2001:db8:1:2:3::/80",
	  "3:2001:db8:1:2:3:4:5:6"},
	 {{"2001:db7:ffff::", 0},
	  {"2001:dbf::1", 8},
	  {"2001:db8:2::", 7},
	  {"2001:db8:1:3::", 6},
	  {"2001:db8:1:2:4::", 5},
	  {"2001:db8:1:2:3::", 4},
	  {"2001:db8:1:2:3:4:5:6", 3}}},
	{"one host in a /64",
	 {"1:2001:db8::25"},
	 {{"2001:db8::24", 0}, {"2001:db8::25", 1}, {"2001:db8::26", 0}}},
};

static void chosen_cases_give_what_they_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ranges *ranges[FAMILY_MAX];
		struct ranges_input *input;
		struct model *model = model_create(FAMILY_IPV4);

		print_message("%s\n", cases[i].name);
		input = model->input;
		for (size_t n = 0; cases[i].entries[n]; n++) {
			bool ipv6 = strchr(cases[i].entries[n], '.') == NULL;

			model->family = ipv6 ? FAMILY_IPV6 : FAMILY_IPV4;
			add_text(model, cases[i].entries[n]);
		}
		for (enum family f = 0; f < FAMILY_MAX; f++)
			assert_int_equal(ranges_compile(input, f, &ranges[f]),
					 0);
		for (size_t n = 0; cases[i].want[n].addr; n++) {
			const char *text = cases[i].want[n].addr;
			struct addr addr;
			unsigned int have;

			assert_int_equal(addr_parse(text, &addr), 0);
			have = ranges_find(ranges[addr_family(&addr)], &addr);
			if (have != cases[i].want[n].list)
				fail_msg("%s is on list %u, not %u", text,
					 cases[i].want[n].list, have);
		}
		for (enum family f = 0; f < FAMILY_MAX; f++)
			ranges_free(ranges[f]);
		model_free(model);
	}
}

/*
 * An address near others that were there before, so that entries nest and
 * share words: a random one with some of the octets of an old one.
 */
static number near(const struct model *model)
{
	enum family family = model->family;
	number value = random_number(family), old;
	unsigned int bits = addr_bits(family);

	if (model->count == 0 || below(8) == 0)
		return value;
	old = model->entries[below(model->count)].first;
	bits -= below(bits + 1);
	if (bits < 128)
		value &= ((number)1 << bits) - 1;
	return bits < 128 ? old >> bits << bits | value : value;
}

static void random_entries(enum family family, unsigned int rounds)
{
	for (unsigned int round = 0; round < rounds; round++) {
		struct model *model = model_create(family);
		unsigned int lists = 1 + below(below(2) ? 255 : 4);
		unsigned int count = 1 + below(400);
		uint8_t bits = addr_bits(family);

		seed = round;
		for (unsigned int i = 0; i < count; i++) {
			unsigned int list = 1 + below(lists);
			number value = near(model);

			if (family == FAMILY_IPV4 && below(3) == 0) {
				uint32_t first = (uint32_t)value;
				uint64_t last =
					first +
					random64() % (UINT64_C(1) << below(33));

				add_range(model, list, first,
					  last > UINT32_MAX ? UINT32_MAX
							    : (uint32_t)last);
				continue;
			}
			add_prefix(model, list, value,
				   (uint8_t)(below(2) ? bits - below(9)
						      : below(bits + 1U)));
		}
		check(model, SIZE_MAX);
		model_free(model);
	}
}

static void random_ipv4_is_as_in_the_model(void **state)
{
	(void)state;
	random_entries(FAMILY_IPV4, 300);
}

static void random_ipv6_is_as_in_the_model(void **state)
{
	(void)state;
	random_entries(FAMILY_IPV6, 300);
}

static void every_length_is_right_at_its_borders(void **state)
{
	(void)state;
	for (enum family family = 0; family < FAMILY_MAX; family++) {
		for (unsigned int n = 0; n <= addr_bits(family); n++) {
			struct model *model = model_create(family);

			seed = n;
			add_prefix(model, 1 + below(255), random_number(family),
				   (uint8_t)n);
			check(model, SIZE_MAX);
			add_prefix(model, 1 + below(255),
				   model->entries[0].first, addr_bits(family));
			check(model, SIZE_MAX);
			model_free(model);
		}
	}
}

static void a_full_network_keeps_every_address_apart(void **state)
{
	struct model *model = model_create(FAMILY_IPV4);
	struct ranges *ranges;

	(void)state;
	for (uint32_t i = 0; i < 1U << 18; i++)
		assert_int_equal(ranges_input_ipv4(model->input, 1 + i % 251,
						   0x0a000000 + i,
						   0x0a000000 + i),
				 0);
	assert_int_equal(ranges_compile(model->input, FAMILY_IPV4, &ranges), 0);
	for (uint32_t i = 0; i < 1U << 18; i++) {
		struct addr addr = addr_of(FAMILY_IPV4, 0x0a000000 + i);

		if (ranges_find(ranges, &addr) != 1 + i % 251)
			fail_msg("address %u", i);
	}
	ranges_free(ranges);
	model_free(model);
}

/* Many ranges in one block and few in the others: units of several ranges. */
static void unequal_blocks_of_a_group_are_right(void **state)
{
	struct model *model = model_create(FAMILY_IPV4);

	(void)state;
	seed = 5;
	for (uint32_t i = 0; i < 700; i++)
		add_range(model, 1 + i % 3, 0x0a003000 + i * 5,
			  0x0a003000 + i * 5 + i % 4);
	for (uint32_t i = 0; i < 3; i++)
		add_range(model, 9, 0x0a000500 + i * 0x2000,
			  0x0a000600 + i * 0x2000);
	check(model, SIZE_MAX);
	model_free(model);
}

/* Most addresses of few lists, but in each block some of others, or wider. */
static void rare_pairs_among_frequent_ones_are_right(void **state)
{
	struct model *model = model_create(FAMILY_IPV4);

	(void)state;
	seed = 6;
	for (uint32_t i = 0; i < 3000; i++) {
		bool rare = i % 20 == 0;

		add_prefix(model, rare ? 1 + below(255) : 7,
			   0x0a200000 + below(0x20000),
			   (uint8_t)(rare ? 32 - below(5) : 32));
	}
	check(model, SIZE_MAX);
	model_free(model);
}

/* More of them than there are places for, of words and of hosts. */
static void rare_codes_of_ipv6_are_right(void **state)
{
	struct model *model = model_create(FAMILY_IPV6);
	const number base = (number)0x20010db8 << 96;

	(void)state;
	seed = 7;
	for (uint32_t i = 0; i < 4000; i++)
		add_prefix(
			model, 1 + below(255),
			base | random_number(FAMILY_IPV6) >> 32,
			(uint8_t)(below(2) ? 128 - below(9) : 64 - below(16)));
	check(model, SIZE_MAX);
	model_free(model);
}

/* More entries that differ in one word than are searched at once. */
static void large_ipv6_groups_are_right(void **state)
{
	static const unsigned int counts[] = {7,    8,	  9,	255,  256,  257,
					      4095, 4096, 4097, 5000, 20000};
	const number base = (number)0x20010db8 << 96;

	(void)state;
	for (size_t c = 0; c < COUNT(counts); c++) {
		for (uint8_t length = 32; length <= 128;
		     length = (uint8_t)(length + 32)) {
			struct model *model = model_create(FAMILY_IPV6);
			number count = counts[c];

			seed = c;
			/*
			 * Gaps, neighbours, and sizes that are no power, in
			 * no order but from the first to the last.
			 */
			for (number i = 0; i < count; i++) {
				number n =
					count > 1 ? i * 7919 % (count - 1) : 0;

				if (i == count - 1)
					n = i;
				add_prefix(model, 1 + (unsigned int)(n % 5) % 3,
					   base + ((n * 3 - n % 2)
						   << (128 - length)),
					   (uint8_t)(length - (n % 4 == 0)));
			}
			check(model, 300);
			model_free(model);
		}
	}
}

static void many_ipv6_networks_are_right(void **state)
{
	static const uint8_t lengths[] = {24, 29, 31, 32, 33, 64, 128};

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		struct model *model = model_create(FAMILY_IPV6);

		seed = i;
		for (unsigned int n = 0; n < 30000; n++)
			add_prefix(model, 1 + n % 200,
				   random_number(FAMILY_IPV6), lengths[i]);
		check(model, 300);
		model_free(model);
	}
}

/* /32s that are all in the last one of so many buckets of the hash. */
static void check_one_bucket(uint32_t buckets, size_t networks)
{
	struct model *model = model_create(FAMILY_IPV6);

	for (uint32_t word = 0x20010000; model->count < networks; word++)
		if (ranges_bucket(word * 0x9e3779b1, buckets) == buckets - 1)
			add_prefix(model,
				   1 + (unsigned int)(model->count % 200),
				   (number)word << 96, 48);
	check(model, SIZE_MAX);
	model_free(model);
}

static void networks_of_one_bucket_are_right(void **state)
{
	(void)state;
	check_one_bucket(5, 12);
}

/* No pilot could part so many: another factor has to. */
static void networks_of_one_full_bucket_are_right(void **state)
{
	(void)state;
	check_one_bucket(101, 300);
}

static void input_stays_usable_after_compiling(void **state)
{
	struct model *model = model_create(FAMILY_IPV4);

	(void)state;
	seed = 1;
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 50; i++)
			add_prefix(model, 1 + below(9), near(model),
				   (uint8_t)(8 + below(25)));
		check(model, SIZE_MAX);
	}
	model_free(model);
}

static void host_bits_are_ignored(void **state)
{
	struct model *model = model_create(FAMILY_IPV4);

	(void)state;
	add_prefix(model, 1, 0xc0000281, 25);
	check(model, SIZE_MAX);
	model_free(model);
	model = model_create(FAMILY_IPV6);
	add_prefix(model, 1, ((number)0x20010db8 << 96) + 77, 61);
	check(model, SIZE_MAX);
	model_free(model);
}

static void what_is_no_entry_is_refused(void **state)
{
	struct model *model = model_create(FAMILY_IPV4);
	struct prefix ipv4 = {addr_of(FAMILY_IPV4, 1), 32};
	struct prefix ipv6 = {addr_of(FAMILY_IPV6, 1), 129};

	(void)state;
	assert_int_equal(ranges_input_prefix(model->input, 0, &ipv4), -EINVAL);
	assert_int_equal(ranges_input_prefix(model->input, 256, &ipv4),
			 -EINVAL);
	ipv4.length = 33;
	assert_int_equal(ranges_input_prefix(model->input, 1, &ipv4), -EINVAL);
	assert_int_equal(ranges_input_prefix(model->input, 1, &ipv6), -EINVAL);
	assert_int_equal(ranges_input_ipv4(model->input, 0, 1, 2), -EINVAL);
	assert_int_equal(ranges_input_ipv4(model->input, 256, 1, 2), -EINVAL);
	assert_int_equal(ranges_input_ipv4(model->input, 1, 2, 1), -EINVAL);
	check(model, SIZE_MAX);
	model_free(model);
}

/* The pages of a table of what was added; frees the model. */
static uint32_t compiled_pages(struct model *model, enum family family)
{
	struct ranges *ranges;
	uint32_t pages;

	assert_int_equal(ranges_compile(model->input, family, &ranges), 0);
	pages = ranges_pages(ranges);
	ranges_free(ranges);
	model_free(model);
	return pages;
}

static uint32_t pages_of(enum family family, size_t count)
{
	struct model *model = model_create(family);

	for (size_t i = 0; i < count; i++) {
		struct prefix prefix = {
			addr_of(family, random_number(family)),
			addr_bits(family),
		};

		if (family == FAMILY_IPV6) {
			/* As allocated: /64s in some thousand networks. */
			memcpy(&prefix.addr,
			       (uint8_t[]){0x2a, 0x01, (uint8_t)below(32)}, 3);
			prefix.length = 64;
		}
		assert_int_equal(ranges_input_prefix(model->input, 1, &prefix),
				 0);
	}
	return compiled_pages(model, family);
}

/*
 * Neighbours, two by two, of which the first one is odd: no prefix has both.
 * They are on `lists` lists, 1 or 2, by turns.
 */
static uint32_t pages_of_neighbours(enum family family, unsigned int lists)
{
	struct model *model = model_create(family);
	unsigned int length = family == FAMILY_IPV4 ? 32 : 64;

	for (uint32_t i = 0; i < 2000000; i++) {
		number value = 0x0a000000U + i / 2 * 4 + 1 + i % 2;
		struct prefix prefix = {.length = (uint8_t)length};

		if (family == FAMILY_IPV6)
			value = (value | 0x2a01000000000000U) << 64;
		prefix.addr = addr_of(family, value);
		assert_int_equal(ranges_input_prefix(model->input,
						     1 + i % lists, &prefix),
				 0);
	}
	return compiled_pages(model, family);
}

static void room_is_enough_for_what_it_promises(void **state)
{
	static const size_t counts[] = {0, 1, 10000, 300000, 1000000};

	(void)state;
	for (size_t i = 0; i < COUNT(counts); i++) {
		struct ranges_room room = ranges_room_for(counts[i]);

		seed = i;
		assert_in_range(pages_of(FAMILY_IPV4, counts[i]), 1,
				room.ipv4_pages);
		assert_in_range(pages_of(FAMILY_IPV6, counts[i]), 1,
				room.ipv6_pages);
		assert_true(ranges_room_entries(FAMILY_IPV4, room.ipv4_pages) >=
			    counts[i]);
		assert_true(ranges_room_entries(FAMILY_IPV6, room.ipv6_pages) >=
			    counts[i]);
	}
}

static void neighbours_on_a_list_are_one_range(void **state)
{
	(void)state;
	for (enum family family = 0; family < FAMILY_MAX; family++)
		assert_in_range(pages_of_neighbours(family, 1) - 1, 1,
				pages_of_neighbours(family, 2) / 2);
}

/* What a refused table needs is said in entries: so much makes the room. */
static void entries_of_pages_make_just_these_pages(void **state)
{
	(void)state;
	for (uint32_t pages = 2; pages < 200; pages++) {
		uint64_t ipv4 = ranges_room_entries(FAMILY_IPV4, pages);
		uint64_t ipv6 = ranges_room_entries(FAMILY_IPV6, pages);

		assert_int_equal(ranges_room_for(ipv4).ipv4_pages, pages);
		assert_int_equal(ranges_room_for(ipv6).ipv6_pages, pages);
		assert_true(ranges_room_for(ipv4 + 2).ipv4_pages > pages);
		assert_true(ranges_room_for(ipv6 + 2).ipv6_pages > pages);
	}
}

/* The bar: both copies of a million IPv4 entries take less than 20 MiB. */
static void a_million_entries_take_less_than_20_mib(void **state)
{
	struct ranges_room room = ranges_room_for(1000000);

	(void)state;
	room.ipv6_pages = 0;
	assert_true(ranges_room_size(&room) < 20 << 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chosen_cases_give_what_they_say),
		cmocka_unit_test(random_ipv4_is_as_in_the_model),
		cmocka_unit_test(random_ipv6_is_as_in_the_model),
		cmocka_unit_test(every_length_is_right_at_its_borders),
		cmocka_unit_test(a_full_network_keeps_every_address_apart),
		cmocka_unit_test(rare_pairs_among_frequent_ones_are_right),
		cmocka_unit_test(unequal_blocks_of_a_group_are_right),
		cmocka_unit_test(rare_codes_of_ipv6_are_right),
		cmocka_unit_test(large_ipv6_groups_are_right),
		cmocka_unit_test(many_ipv6_networks_are_right),
		cmocka_unit_test(networks_of_one_bucket_are_right),
		cmocka_unit_test(networks_of_one_full_bucket_are_right),
		cmocka_unit_test(input_stays_usable_after_compiling),
		cmocka_unit_test(host_bits_are_ignored),
		cmocka_unit_test(what_is_no_entry_is_refused),
		cmocka_unit_test(room_is_enough_for_what_it_promises),
		cmocka_unit_test(neighbours_on_a_list_are_one_range),
		cmocka_unit_test(entries_of_pages_make_just_these_pages),
		cmocka_unit_test(a_million_entries_take_less_than_20_mib),
	};

	return cmocka_run_group_tests_name("ranges", tests, NULL, NULL);
}
