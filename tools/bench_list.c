/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Made-up lists and sources. */

#include "bench_list.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define IPV4_NETWORKS 20000
#define IPV6_NETWORKS 8000

/* Global unicast: 1.0.0.0 to 223.255.255.255, without 127.0.0.0/8. */
#define IPV4_FIRST    0x01000000U
#define IPV4_LAST     0xdfffffffU
#define IPV4_LOOPBACK 0x7fU

static uint64_t state = 88172645463325252ULL;

/* xorshift64* */
static uint64_t random64(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dULL;
}

static uint32_t random_below(uint32_t limit)
{
	return (uint32_t)((random64() >> 32) * limit >> 32);
}

/* Another number for each number: MurmurHash3's last steps. */
static uint32_t scatter(uint32_t number)
{
	number ^= number >> 16;
	number *= 0x85ebca6bU;
	number ^= number >> 13;
	number *= 0xc2b2ae35U;
	return number ^ number >> 16;
}

static bool is_unicast(uint32_t ipv4)
{
	return ipv4 >= IPV4_FIRST && ipv4 <= IPV4_LAST &&
	       ipv4 >> 24 != IPV4_LOOPBACK;
}

static uint32_t random_ipv4(void)
{
	uint32_t ipv4;

	do {
		ipv4 = (uint32_t)(random64() >> 32);
	} while (!is_unicast(ipv4));
	return ipv4;
}

static struct addr addr_of_ipv4(uint32_t ipv4)
{
	return addr_from_ipv4((struct in_addr){.s_addr = htobe32(ipv4)});
}

static struct addr addr_of_ipv6(uint64_t high, uint64_t low)
{
	struct addr addr;

	high = htobe64(high);
	low = htobe64(low);
	memcpy(addr.octets, &high, sizeof(high));
	memcpy(addr.octets + 8, &low, sizeof(low));
	return addr;
}

/* Its first `bits`, and others behind. */
static struct addr random_within(struct addr addr, unsigned int bits)
{
	unsigned int at = bits;
	uint64_t some[2] = {random64(), random64()};
	struct addr random;

	if (addr_family(&addr) == FAMILY_IPV4)
		at += 96;
	memcpy(&random, some, sizeof(random));
	for (unsigned int i = at / 8; i < sizeof(addr.octets); i++) {
		unsigned int mask = i == at / 8 ? 0xffU >> at % 8 : 0xff;

		addr.octets[i] = (__u8)((addr.octets[i] & ~mask) |
					(random.octets[i] & mask));
	}
	return addr;
}

static struct prefix prefix_of(struct addr addr, unsigned int length)
{
	struct prefix prefix = {.length = (uint8_t)length};

	prefix.addr = addr_mask(&addr, prefix.length);
	return prefix;
}

static void fill_ipv4_uniform(struct bench_list *list)
{
	uint32_t number = 0;

	for (size_t i = 0; i < list->count; i++) {
		uint32_t ipv4;

		do {
			ipv4 = scatter(number++);
		} while (!is_unicast(ipv4));
		list->entries[i] = prefix_of(addr_of_ipv4(ipv4), 32);
	}
}

/* Few of the short ones, as on lists that people make. */
static unsigned int ipv4_length(void)
{
	if (random_below(10))
		return 32;
	return random_below(8) ? 24 + random_below(8) : 16 + random_below(8);
}

static unsigned int ipv6_length(void)
{
	switch (random_below(4)) {
	case 0:
		return 128;
	case 1:
		return random_below(1000) ? 40 + random_below(17)
					  : 29 + random_below(8);
	default:
		return 64;
	}
}

/* The square of a random part: some networks have far more than others. */
static uint32_t skewed_below(uint32_t limit)
{
	uint64_t part = random64() >> 32;

	return (uint32_t)((part * part >> 32) * limit >> 32);
}

/* Small lists have few networks, or they would hardly be clustered. */
static uint32_t networks_of(const struct bench_list *list, uint32_t most)
{
	return list->count / 8 < most ? (uint32_t)list->count / 8 + 1 : most;
}

static int fill_ipv4_clustered(struct bench_list *list)
{
	uint32_t networks = networks_of(list, IPV4_NETWORKS);
	uint32_t *network = calloc(networks, sizeof(*network));

	if (!network)
		return -ENOMEM;
	for (uint32_t i = 0; i < networks; i++)
		network[i] = random_ipv4() & 0xffff0000;
	for (size_t i = 0; i < list->count; i++) {
		uint32_t ipv4 = network[skewed_below(networks)] |
				(uint32_t)(random64() >> 48);

		list->entries[i] = prefix_of(addr_of_ipv4(ipv4), ipv4_length());
	}
	free(network);
	return 0;
}

static struct prefix ipv6_entry(const struct bench_list *list, uint32_t network)
{
	uint64_t high = (uint64_t)network << 32 | random64() >> 32;
	unsigned int length =
		list->shape == BENCH_CLUSTERED ? ipv6_length() : 64;

	return prefix_of(addr_of_ipv6(high, random64()), length);
}

static int fill_ipv6(struct bench_list *list)
{
	/* Where the registries' /32s are, more or less. */
	static const uint16_t tops[] = {
		0x2001, 0x2400, 0x2402, 0x2404, 0x2405, 0x2406, 0x2600, 0x2602,
		0x2604, 0x2605, 0x2607, 0x2800, 0x2803, 0x2804, 0x2a00, 0x2a01,
		0x2a02, 0x2a03, 0x2a04, 0x2a06, 0x2a0a, 0x2a0c, 0x2c0f,
	};
	uint32_t networks = networks_of(list, IPV6_NETWORKS);
	uint32_t *network = calloc(networks, sizeof(*network));

	if (!network)
		return -ENOMEM;
	for (uint32_t i = 0; i < networks; i++)
		network[i] = (uint32_t)tops[random_below(sizeof(tops) /
							 sizeof(*tops))]
				     << 16 |
			     random_below(65536);
	for (size_t i = 0; i < list->count; i++)
		list->entries[i] =
			ipv6_entry(list, network[random_below(networks)]);
	free(network);
	return 0;
}

static int fill(struct bench_list *list)
{
	if (list->family == FAMILY_IPV6)
		return fill_ipv6(list);
	if (list->shape == BENCH_CLUSTERED)
		return fill_ipv4_clustered(list);
	fill_ipv4_uniform(list);
	return 0;
}

const char *bench_shape_name(enum bench_shape shape)
{
	return shape == BENCH_UNIFORM ? "uniform" : "clustered";
}

const char *bench_family_name(enum family family)
{
	return family == FAMILY_IPV4 ? "IPv4" : "IPv6";
}

int bench_list_create(enum family family, enum bench_shape shape, size_t count,
		      struct bench_list *out)
{
	struct bench_list list = {
		.family = family,
		.shape = shape,
		.count = count,
	};
	int error;

	list.entries = calloc(count, sizeof(*list.entries));
	if (!list.entries)
		return -ENOMEM;
	error = fill(&list);
	if (error) {
		free(list.entries);
		return error;
	}
	*out = list;
	return 0;
}

static struct addr random_hit(const struct bench_list *list)
{
	const struct prefix *entry =
		&list->entries[random_below((uint32_t)list->count)];

	return random_within(entry->addr, entry->length);
}

static struct addr random_miss(const struct bench_list *list,
			       const struct ranges *ranges)
{
	bool ipv4 = list->family == FAMILY_IPV4;
	struct addr addr;

	do {
		if (ipv4 && list->shape == BENCH_UNIFORM)
			addr = addr_of_ipv4(random_ipv4());
		else
			addr = random_within(random_hit(list), ipv4 ? 16 : 32);
	} while (ranges_find(ranges, &addr));
	return addr;
}

size_t bench_list_sources(const struct bench_list *list,
			  const struct ranges *ranges, unsigned int hits,
			  struct addr *sources, size_t count)
{
	size_t listed = 0;

	for (size_t i = 0; i < count; i++) {
		bool hit = random_below(100) < hits;

		sources[i] = hit ? random_hit(list) : random_miss(list, ranges);
		listed += hit;
	}
	return listed;
}

void bench_list_free(struct bench_list *list)
{
	free(list->entries);
	list->entries = NULL;
}
