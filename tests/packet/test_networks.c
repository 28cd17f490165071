/* SPDX-License-Identifier: GPL-2.0-or-later */
/* userspace/tables/networks.c with the kernel's own map. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>

#include "harness.h"
#include "tables/networks.h"

#define NETWORKS 4 /* room of the table, not of the map */

static struct network network_of(struct postern *skeleton,
				 const struct addr *key)
{
	struct network network = {0};

	bpf_map_lookup_elem(bpf_map__fd(skeleton->maps.networks), key,
			    &network);
	return network;
}

static struct addr nth_network(uint32_t n)
{
	struct addr source = addr_from_ipv4(
		(struct in_addr){htonl(0x0a000000 + (n << 8 | 7))});

	return networks_key(&source);
}

static struct network_table *open_networks(struct postern *skeleton,
					   uint32_t max)
{
	struct network_table *table;

	assert_int_equal(networks_open(bpf_map__fd(skeleton->maps.networks),
				       max, harness_clock(), &table),
			 0);
	return table;
}

static void witnesses_are_kept_until_their_end(void **state)
{
	struct postern *skeleton = harness_fresh();
	struct network_table *table = open_networks(skeleton, NETWORKS);
	uint64_t later = clock_monotonic_ns() + 3600 * NS_PER_S;
	struct addr key = nth_network(1);
	struct network weary = {.weary = harness_now() + harness_hour()};

	(void)state;
	assert_true(networks_witness(table, &key) == 0);
	assert_int_equal(networks_set_witness(table, &key, later), 0);
	assert_true(networks_witness(table, &key) >= later);
	assert_int_equal(networks_count(table), 1);
	/* Another worker finds it. */
	networks_close(table);
	table = open_networks(skeleton, NETWORKS);
	assert_int_equal(networks_count(table), 1);
	assert_true(networks_witness(table, &key) >= later);
	assert_int_equal(networks_set_witness(table, &key, 0), 0);
	assert_true(networks_witness(table, &key) == 0);
	/* The other half of an entry is left alone. */
	bpf_map_update_elem(bpf_map__fd(skeleton->maps.networks), &key, &weary,
			    BPF_ANY);
	assert_int_equal(networks_set_witness(table, &key, later), 0);
	assert_true(network_of(skeleton, &key).weary == weary.weary);
	assert_int_equal(networks_tire(table, &key, later + 86400 * NS_PER_S),
			 0);
	assert_true(network_of(skeleton, &key).weary > weary.weary);
	assert_true(networks_witness(table, &key) >= later);
	networks_close(table);
}

static void what_lasts_longer_is_not_made_shorter(void **state)
{
	struct postern *skeleton = harness_fresh();
	struct network_table *table = open_networks(skeleton, NETWORKS);
	uint64_t now = clock_monotonic_ns();
	uint64_t later = now + 3600 * NS_PER_S, sooner = now + 60 * NS_PER_S;
	struct addr key = nth_network(1);

	(void)state;
	assert_int_equal(networks_prolong_witness(table, &key, sooner), 1);
	assert_true(networks_witness(table, &key) < later);
	assert_int_equal(networks_prolong_witness(table, &key, later), 1);
	assert_true(networks_witness(table, &key) >= later);
	assert_int_equal(networks_prolong_witness(table, &key, sooner), 0);
	assert_int_equal(networks_prolong_witness(table, &key, later), 0);
	assert_true(networks_witness(table, &key) >= later);
	assert_int_equal(networks_set_witness(table, &key, sooner), 0);
	assert_true(networks_witness(table, &key) < later);
	networks_close(table);
}

/* Who is dropped already is told of once more by what was on its way. */
static void a_network_gets_tired_once_a_time(void **state)
{
	struct postern *skeleton = harness_fresh();
	struct network_table *table = open_networks(skeleton, NETWORKS);
	uint64_t now = clock_monotonic_ns();
	struct addr key = nth_network(1), other = nth_network(2);
	struct network over = {.weary = harness_now() - 1, .witness = 1};

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(
			networks_tire(table, &key, now + 3600 * NS_PER_S), 0);
	assert_true(networks_tired(table) == 1);
	assert_int_equal(networks_tire(table, &other, now + 3600 * NS_PER_S),
			 0);
	assert_true(networks_tired(table) == 2);
	/* It begins anew when its time is over. */
	bpf_map_update_elem(bpf_map__fd(skeleton->maps.networks), &key, &over,
			    BPF_ANY);
	assert_int_equal(networks_tire(table, &key, now + 3600 * NS_PER_S), 0);
	assert_true(networks_tired(table) == 3);
	networks_close(table);
}

static void a_network_without_room_does_not_get_tired(void **state)
{
	struct postern *skeleton = harness_fresh();
	uint64_t later = clock_monotonic_ns() + 3600 * NS_PER_S;
	struct network_table *table = open_networks(skeleton, 1000);
	struct addr key;

	(void)state;
	for (uint32_t n = 0; n < 128; n++) {
		key = nth_network(n);
		assert_int_equal(networks_set_witness(table, &key, later), 0);
	}
	key = nth_network(128);
	assert_int_equal(networks_tire(table, &key, later), -EDQUOT);
	assert_true(networks_tired(table) == 0);
	networks_close(table);
}

static void the_network_that_ends_first_makes_room(void **state)
{
	struct postern *skeleton = harness_fresh();
	struct network_table *table = open_networks(skeleton, NETWORKS);
	uint64_t now = clock_monotonic_ns();
	struct addr key;

	(void)state;
	for (uint32_t n = 0; n < NETWORKS + 1; n++) {
		key = nth_network(n);
		assert_int_equal(
			networks_set_witness(table, &key,
					     now + (1000 + n * 100) * NS_PER_S),
			0);
	}
	assert_int_equal(networks_count(table), NETWORKS);
	key = nth_network(0);
	assert_true(networks_witness(table, &key) == 0);
	key = nth_network(NETWORKS);
	assert_true(networks_witness(table, &key) > now);
	networks_close(table);
}

/* The kernel's map is full before what is known of it here. */
static void a_network_without_room_in_the_map_leaves_no_trace(void **state)
{
	const struct jiffies_clock *clock = harness_clock();
	int map =
		bpf_map_create(BPF_MAP_TYPE_HASH, "small", sizeof(struct addr),
			       sizeof(struct network), 2, NULL);
	uint64_t now = clock_monotonic_ns();
	struct network_table *table;
	struct addr key;

	(void)state;
	assert_true(map >= 0);
	assert_int_equal(networks_open(map, NETWORKS, clock, &table), 0);
	for (uint32_t n = 0; n < 4; n++) {
		key = nth_network(n);
		assert_int_equal(
			networks_set_witness(table, &key,
					     now + (1000 + n * 100) * NS_PER_S),
			0);
	}
	assert_int_equal(networks_count(table), 2);
	networks_close(table);
	close(map);
}

/* 256 networks of one /16 come, and then one of another. */
static void one_provider_has_a_share(void **state)
{
	struct postern *skeleton = harness_fresh();
	uint64_t later = clock_monotonic_ns() + 3600 * NS_PER_S;
	struct network_table *table = open_networks(skeleton, 1000);
	unsigned int let_in = 0;
	struct addr key;

	(void)state;
	for (uint32_t n = 0; n < 256; n++) {
		key = nth_network(n);
		let_in += networks_set_witness(table, &key, later) == 0;
	}
	assert_int_equal(let_in, 128);
	assert_int_equal(networks_set_witness(table, &key, later), -EDQUOT);
	key = nth_network(0);
	assert_int_equal(networks_set_witness(table, &key, later), 0);
	key = nth_network(256);
	assert_int_equal(networks_set_witness(table, &key, later), 0);
	networks_close(table);
}

static void networks_that_have_ended_are_swept(void **state)
{
	struct postern *skeleton = harness_fresh();
	struct network_table *table = open_networks(skeleton, NETWORKS);
	struct addr key = nth_network(1);

	(void)state;
	networks_set_witness(table, &key, clock_monotonic_ns() + NS_PER_MS);
	for (int i = 0; i < 100 && networks_count(table); i++) {
		usleep(100000);
		networks_sweep(table);
	}
	assert_int_equal(networks_count(table), 0);
	assert_true(network_of(skeleton, &key).witness == 0);
	networks_close(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(witnesses_are_kept_until_their_end),
		cmocka_unit_test(what_lasts_longer_is_not_made_shorter),
		cmocka_unit_test(a_network_gets_tired_once_a_time),
		cmocka_unit_test(a_network_without_room_does_not_get_tired),
		cmocka_unit_test(the_network_that_ends_first_makes_room),
		cmocka_unit_test(
			a_network_without_room_in_the_map_leaves_no_trace),
		cmocka_unit_test(one_provider_has_a_share),
		cmocka_unit_test(networks_that_have_ended_are_swept),
	};

	return cmocka_run_group_tests(tests, NULL, harness_close);
}
