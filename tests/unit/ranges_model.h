/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A model of the range tables that is too simple to be wrong: an array of all
 * entries, of which the one of the lowest list that contains an address
 * counts.
 */
#ifndef POSTERN_TESTS_RANGES_MODEL_H
#define POSTERN_TESTS_RANGES_MODEL_H

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "core/addr.h"
#include "tables/ranges.h"

typedef unsigned __int128 number;

struct entry {
	unsigned int list;
	number first;
	number last;
};

struct model {
	enum family family;
	struct entry *entries;
	size_t count;
	size_t room;
	struct ranges_input *input;
};

static const number highest_ipv4 = UINT32_MAX;
static const number highest_ipv6 = ~(number)0;

static struct addr addr_of(enum family family, number value)
{
	uint64_t halves[2] = {htobe64((uint64_t)(value >> 64)),
			      htobe64((uint64_t)value)};
	struct addr addr;

	if (family == FAMILY_IPV4)
		return addr_from_ipv4(
			(struct in_addr){htobe32((uint32_t)value)});
	memcpy(&addr, halves, sizeof(addr));
	return addr;
}

static number number_of(const struct addr *addr)
{
	uint64_t halves[2];

	memcpy(halves, addr, sizeof(halves));
	if (addr_family(addr) == FAMILY_IPV4)
		return be64toh(halves[1]) & UINT32_MAX;
	return (number)be64toh(halves[0]) << 64 | be64toh(halves[1]);
}

static struct model *model_create(enum family family)
{
	struct model *model = calloc(1, sizeof(*model));

	assert_non_null(model);
	model->family = family;
	assert_int_equal(ranges_input_create(&model->input), 0);
	return model;
}

static void model_free(struct model *model)
{
	ranges_input_free(model->input);
	free(model->entries);
	free(model);
}

static void remember(struct model *model, unsigned int list, number first,
		     number last)
{
	if (model->count == model->room) {
		model->room = model->room ? 2 * model->room : 64;
		model->entries = reallocarray(model->entries, model->room,
					      sizeof(*model->entries));
		assert_non_null(model->entries);
	}
	model->entries[model->count++] = (struct entry){list, first, last};
}

static void add_range(struct model *model, unsigned int list, uint32_t first,
		      uint32_t last)
{
	assert_int_equal(ranges_input_ipv4(model->input, list, first, last), 0);
	remember(model, list, first, last);
}

static void add_prefix(struct model *model, unsigned int list, number value,
		       uint8_t length)
{
	uint8_t bits = addr_bits(model->family);
	struct prefix prefix = {addr_of(model->family, value), length};
	number hosts = length == bits ? 0 : ~(number)0 >> (128 - bits + length);

	assert_int_equal(ranges_input_prefix(model->input, list, &prefix), 0);
	remember(model, list, value & ~hosts, value | hosts);
}

static unsigned int model_find(const struct model *model, number value)
{
	unsigned int list = 0;

	for (size_t i = 0; i < model->count; i++) {
		const struct entry *entry = &model->entries[i];

		if (entry->first <= value && value <= entry->last &&
		    (list == 0 || entry->list < list))
			list = entry->list;
	}
	return list;
}

static void compare(const struct model *model, const struct ranges *ranges,
		    number value)
{
	struct addr addr = addr_of(model->family, value);
	unsigned int have = ranges_find(ranges, &addr);
	unsigned int want = model_find(model, value);
	char text[ADDR_TEXT];

	if (have != want)
		fail_msg("%s is on list %u, not %u", addr_format(&addr, text),
			 want, have);
}

static uint64_t seed;

static uint64_t random64(void)
{
	/* splitmix64 */
	uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static uint32_t below(uint64_t limit)
{
	return (uint32_t)(random64() % limit);
}

static number random_number(enum family family)
{
	if (family == FAMILY_IPV4)
		return (uint32_t)random64();
	return (number)random64() << 64 | random64();
}

/* Asks around at most `limit` entries, the first and the last among them. */
static void check(struct model *model, size_t limit)
{
	enum family family = model->family;
	number highest = family == FAMILY_IPV4 ? highest_ipv4 : highest_ipv6;
	struct ranges *ranges;

	assert_int_equal(ranges_compile(model->input, family, &ranges), 0);
	compare(model, ranges, 0);
	compare(model, ranges, highest);
	for (size_t i = 0; i < model->count && i < limit; i++) {
		size_t n =
			model->count > limit && i > 1 ? below(model->count) : i;
		const struct entry *entry =
			&model->entries[i == 1 ? model->count - 1 : n];
		number size = entry->last - entry->first + 1;

		compare(model, ranges, (entry->first - 1) & highest);
		compare(model, ranges, entry->first);
		compare(model, ranges, entry->last);
		compare(model, ranges, (entry->last + 1) & highest);
		compare(model, ranges,
			entry->first +
				(size ? random_number(family) % size : 0));
		compare(model, ranges, random_number(family));
	}
	ranges_free(ranges);
}

#endif
