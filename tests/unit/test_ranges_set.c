/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets against a model: the same entries one by one, of which the widest that
 * has an address is the one to be told.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <endian.h>
#include <string.h>

#include "tables/ranges_set.h"

#define ENTRIES_MAX 400
#define TURNS	    40

static uint64_t seed;

static uint32_t random_below(uint32_t limit)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)((seed >> 32) * limit >> 32);
}

static struct prefix parse(const char *text)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(text, &prefix), 0);
	return prefix;
}

static struct addr parse_addr(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

static struct ranges_set *make(const struct prefix *entries, size_t count)
{
	struct ranges_input *input = NULL;
	struct ranges_set *set = NULL;

	assert_int_equal(ranges_input_create(&input), 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(ranges_input_prefix(input, 1, &entries[i]), 0);
	assert_int_equal(ranges_set_create(input, &set), 0);
	ranges_input_free(input);
	return set;
}

/* Near each other, so that many overlap; or far, so that steps are large. */
static struct prefix random_prefix(enum family family, bool near)
{
	struct prefix prefix = parse(family == FAMILY_IPV4 ? "192.0.2.0/32"
							   : "2001:db8::/128");
	unsigned int from = near ? 14 : family == FAMILY_IPV4 ? 12 : 0;

	for (unsigned int i = from; i < 16; i++)
		prefix.addr.octets[i] = (uint8_t)random_below(256);
	if (random_below(2))
		prefix.length = (uint8_t)(prefix.length - random_below(20));
	if (!near && random_below(9) == 0 && family == FAMILY_IPV6)
		prefix.length = (uint8_t)(1 + random_below(64));
	prefix.addr = addr_mask(&prefix.addr, prefix.length);
	return prefix;
}

static void expect(const struct ranges_set *set, const struct prefix *entries,
		   size_t count, const struct addr *addr)
{
	const struct prefix *widest = NULL;
	struct prefix found;

	for (size_t i = 0; i < count; i++)
		if (prefix_contains(&entries[i], addr) &&
		    (!widest || entries[i].length < widest->length))
			widest = &entries[i];
	assert_int_equal(ranges_set_find(set, addr, &found), widest != NULL);
	if (!widest)
		return;
	assert_int_equal(found.length, widest->length);
	assert_memory_equal(&found.addr, &widest->addr, sizeof(found.addr));
}

/* The address before or behind. */
static struct addr neighbour(const struct addr *addr, bool before)
{
	struct addr next = *addr;

	for (unsigned int i = 16; i-- > 12;) {
		next.octets[i] = (uint8_t)(next.octets[i] + (before ? 255 : 1));
		if (next.octets[i] != (before ? 255 : 0))
			break;
	}
	return next;
}

static void the_widest_entry_is_told(void **state)
{
	static struct prefix entries[ENTRIES_MAX];

	(void)state;
	for (seed = 0; seed < TURNS; seed++) {
		enum family family = seed % 2 ? FAMILY_IPV6 : FAMILY_IPV4;
		bool near = seed / 2 % 2;
		size_t count = 1 + (size_t)seed * ENTRIES_MAX / TURNS;
		struct ranges_set *set;
		uint64_t turn = seed;

		for (size_t i = 0; i < count; i++)
			entries[i] = random_prefix(family, near);
		set = make(entries, count);
		for (size_t i = 0; i < count; i++) {
			struct prefix other = random_prefix(family, near);
			struct addr before = neighbour(&entries[i].addr, true);
			struct addr after = neighbour(&entries[i].addr, false);

			expect(set, entries, count, &entries[i].addr);
			expect(set, entries, count, &before);
			expect(set, entries, count, &after);
			expect(set, entries, count, &other.addr);
		}
		ranges_set_put(set);
		seed = turn;
	}
}

static void the_ends_of_address_space_are_entries(void **state)
{
	static const char *const texts[] = {"::", "ffff:ffff:ffff:ffff:ffff:"
						  "ffff:ffff:ffff"};
	struct prefix entries[] = {parse("::/128"),
				   {parse_addr(texts[1]), 128}};
	struct prefix all = {.length = 0}, found;
	struct ranges_set *set = make(entries, 2);
	struct addr addr;

	(void)state;
	assert_int_equal(ranges_set_count(set, FAMILY_IPV6), 2);
	for (size_t i = 0; i < 2; i++) {
		addr = parse_addr(texts[i]);
		expect(set, entries, 2, &addr);
	}
	addr = parse_addr("8000::");
	assert_false(ranges_set_find(set, &addr, &found));
	ranges_set_put(set);
	/* Only the last one: as far from the beginning as can be. */
	set = make(&entries[1], 1);
	expect(set, &entries[1], 1, &entries[1].addr);
	expect(set, &entries[1], 1, &addr);
	ranges_set_put(set);
	set = make(&all, 1);
	assert_true(ranges_set_find(set, &addr, &found));
	assert_int_equal(found.length, 0);
	ranges_set_put(set);
}

#define MANY 2500000
#define STEP 3

/* The numbers below MANY, in an order of their own. */
static uint32_t in_order(uint32_t i)
{
	return i;
}

static uint32_t backwards(uint32_t i)
{
	return MANY - 1 - i;
}

static uint32_t mixed(uint32_t i)
{
	return (uint32_t)(i * UINT64_C(7) % MANY);
}

/* More than are collected before they are merged, some of them twice. */
static void more_than_a_million_are_merged(void **state)
{
	static uint32_t (*const orders[])(uint32_t) = {in_order, backwards,
						       mixed};
	struct prefix found;

	(void)state;
	for (size_t order = 0; order < 3; order++) {
		struct ranges_input *input = NULL;
		struct ranges_set *set = NULL;

		assert_int_equal(ranges_input_create(&input), 0);
		for (uint32_t i = 0; i < MANY + MANY / 2; i++) {
			uint32_t at =
				(1U << 24) + orders[order](i % MANY) * STEP;

			assert_int_equal(ranges_input_ipv4(input, 1, at, at),
					 0);
		}
		assert_int_equal(ranges_set_create(input, &set), 0);
		ranges_input_free(input);
		assert_int_equal(ranges_set_count(set, FAMILY_IPV4), MANY);
		for (uint32_t i = 0; i < MANY * STEP; i += 997) {
			uint32_t at = htobe32((1U << 24) + i);
			struct addr addr = addr_from_ipv4((struct in_addr){at});

			assert_int_equal(ranges_set_find(set, &addr, &found),
					 i % STEP == 0);
			assert_true(i % STEP != 0 || found.length == 32);
		}
		ranges_set_put(set);
	}
}

static void a_range_is_its_prefixes(void **state)
{
	struct ranges_input *input = NULL;
	struct ranges_set *set = NULL;
	struct addr addr = parse_addr("192.0.2.9");
	struct prefix found;

	(void)state;
	assert_int_equal(ranges_input_create(&input), 0);
	assert_int_equal(ranges_input_ipv4(input, 1, 0xc0000203, 0xc0000211),
			 0);
	assert_int_equal(ranges_input_ipv4(input, 1, 0xc0000205, 0xc0000206),
			 0);
	assert_int_equal(ranges_set_create(input, &set), 0);
	ranges_input_free(input);
	/* .3, .4/30, .8/29, .16/31 */
	assert_int_equal(ranges_set_count(set, FAMILY_IPV4), 4);
	assert_true(ranges_set_find(set, &addr, &found));
	assert_int_equal(found.length, 29);
	ranges_set_put(set);
}

/* What is excluded makes holes; the lists below it stay whole. */
static void exclusions_are_taken_out(void **state)
{
	struct ranges_input *from = NULL, *to = NULL;
	struct ranges_mask excluded = {{0}};
	struct ranges_set *set = NULL;
	const struct prefix hole = parse("192.0.2.128/25");
	const struct prefix wide = parse("192.0.2.0/24");
	const struct prefix one = parse("192.0.2.200/32");
	const struct prefix other = parse("198.51.100.0/24");
	struct prefix found;

	(void)state;
	ranges_mask_add(&excluded, 2);
	for (unsigned int turn = 0; turn < 2; turn++) {
		assert_int_equal(ranges_input_create(&from), 0);
		assert_int_equal(ranges_input_create(&to), 0);
		assert_int_equal(ranges_input_prefix(to, 1, &other), 0);
		assert_int_equal(ranges_input_prefix(from, 1, &one), 0);
		if (turn)
			assert_int_equal(ranges_input_prefix(from, 2, &hole),
					 0);
		assert_int_equal(ranges_input_prefix(from, 3, &wide), 0);
		assert_int_equal(ranges_input_resolve(from, &excluded, to), 0);
		assert_int_equal(ranges_set_create(to, &set), 0);
		ranges_input_free(from);
		ranges_input_free(to);
		assert_int_equal(ranges_set_find(set, &hole.addr, &found),
				 turn == 0);
		assert_true(ranges_set_find(set, &one.addr, &found));
		assert_int_equal(found.length, turn ? 32 : 24);
		assert_true(ranges_set_find(set, &wide.addr, &found));
		assert_int_equal(found.length, turn ? 25 : 24);
		assert_true(ranges_set_find(set, &other.addr, &found));
		ranges_set_put(set);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_widest_entry_is_told),
		cmocka_unit_test(the_ends_of_address_space_are_entries),
		cmocka_unit_test(more_than_a_million_are_merged),
		cmocka_unit_test(a_range_is_its_prefixes),
		cmocka_unit_test(exclusions_are_taken_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
