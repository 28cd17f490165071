/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Networks in the kernel's hash: put, sweep, evict, read back. */

#include "tables/networks.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>

#include "core/addr.h"
#include "tables/expiry.h"

/* How many are removed in one sweep, so that the loop is not kept for long. */
#define SWEEP_MAX 4096

/* How many that were prolonged are looked at before one goes all the same. */
#define EVICT_TRIES 1024

/*
 * Entries of one /16 or /32 at most, so that one provider's customers can't
 * push out everybody else.  They are counted in as many places as this: who
 * shares one with others has a smaller share.
 */
#define SHARES	   16384
#define SHARE_IPV4 128
#define SHARE_IPV6 1024

struct network_table {
	int map;
	uint16_t shares[SHARES];
	struct jiffies_clock clock;
	struct expiry *expiry;
	uint64_t tired;
};

struct addr networks_key(const struct addr *source)
{
	return addr_mask(source, addr_family(source) == FAMILY_IPV4
					 ? NETWORK_BITS_IPV4
					 : NETWORK_BITS_IPV6);
}

static uint64_t now_s(void)
{
	return clock_monotonic_ns() / NS_PER_S;
}

static uint16_t *share_of(struct network_table *table, const struct addr *key)
{
	enum family family = addr_family(key);
	struct addr wide = addr_mask(key, family == FAMILY_IPV4 ? 16 : 32);
	uint32_t hash = 0;

	for (size_t i = 0; i < sizeof(wide.octets); i++)
		hash = (hash ^ wide.octets[i]) * 16777619U;
	return &table->shares[hash % SHARES];
}

static bool share_is_used_up(struct network_table *table,
			     const struct addr *key)
{
	unsigned int most =
		addr_family(key) == FAMILY_IPV4 ? SHARE_IPV4 : SHARE_IPV6;

	return *share_of(table, key) >= most;
}

static void drop(struct network_table *table, const struct addr *key)
{
	uint16_t *share = share_of(table, key);

	bpf_map_delete_elem(table->map, key);
	if (*share)
		--*share;
}

/* The second in which nothing of it is in force any more. */
static uint64_t end_s(const struct network_table *table,
		      const struct network *network)
{
	__u64 last = network->witness > network->weary ? network->witness
						       : network->weary;

	return clock_ns_at(&table->clock, last) / NS_PER_S + 1;
}

/* One by one: they are few, and every kernel can. */
static int read_back(struct network_table *table)
{
	struct addr key, *previous = NULL, at;
	struct network found;

	while (bpf_map_get_next_key(table->map, previous, &key) == 0) {
		int error;

		at = key;
		previous = &at;
		if (bpf_map_lookup_elem(table->map, &key, &found))
			continue;
		error = expiry_add(table->expiry, &key, end_s(table, &found));
		if (error)
			return error;
		++*share_of(table, &key);
	}
	return 0;
}

int networks_open(int map, uint32_t max, const struct jiffies_clock *clock,
		  struct network_table **out)
{
	struct network_table *table = calloc(1, sizeof(*table));
	int error = -ENOMEM;

	if (table) {
		table->map = map;
		table->clock = *clock;
		error = expiry_create(max, now_s(), &table->expiry);
		if (!error)
			error = read_back(table);
	}
	if (error) {
		networks_close(table);
		return error;
	}
	*out = table;
	return 0;
}

static int add(struct network_table *table, const struct addr *key,
	       const struct network *network)
{
	int error;

	if (bpf_map_update_elem(table->map, key, network, BPF_ANY))
		return -errno;
	error = expiry_add(table->expiry, key, end_s(table, network));
	if (error) {
		bpf_map_delete_elem(table->map, key);
		return error;
	}
	++*share_of(table, key);
	return 0;
}

/* What turns out to have been prolonged goes back to its place. */
static bool evict(struct network_table *table)
{
	struct network found;
	struct addr first;
	uint64_t at_s;

	for (int i = 0; i < EVICT_TRIES; i++) {
		if (!expiry_take_first(table->expiry, &first, &at_s))
			return false;
		if (bpf_map_lookup_elem(table->map, &first, &found) ||
		    end_s(table, &found) <= at_s)
			break;
		expiry_add(table->expiry, &first, end_s(table, &found));
	}
	drop(table, &first);
	return true;
}

/* An entry that is there stays in its place of the order until it comes up. */
static int put(struct network_table *table, const struct addr *key, bool known,
	       const struct network *network)
{
	int error;

	if (known)
		return bpf_map_update_elem(table->map, key, network, BPF_EXIST)
			       ? -errno
			       : 0;
	if (share_is_used_up(table, key))
		return -EDQUOT;
	error = add(table, key, network);
	if ((error == -ENOSPC || error == -E2BIG) && evict(table))
		error = add(table, key, network);
	return error;
}

int networks_set_witness(struct network_table *table, const struct addr *key,
			 uint64_t until_ns)
{
	struct network network = {0};
	bool known = bpf_map_lookup_elem(table->map, key, &network) == 0;

	if (!known && !until_ns)
		return 0;
	network.witness =
		until_ns ? clock_jiffies_at(&table->clock, until_ns) : 0;
	return put(table, key, known, &network);
}

int networks_prolong_witness(struct network_table *table,
			     const struct addr *key, uint64_t until_ns)
{
	int error;

	if (networks_witness(table, key) >= until_ns)
		return 0;
	error = networks_set_witness(table, key, until_ns);
	return error ? error : 1;
}

int networks_tire(struct network_table *table, const struct addr *key,
		  uint64_t until_ns)
{
	struct network network = {0};
	bool known = bpf_map_lookup_elem(table->map, key, &network) == 0;
	bool already = network.weary >
		       clock_jiffies_at(&table->clock, clock_monotonic_ns());
	int error;

	network.weary = clock_jiffies_at(&table->clock, until_ns);
	error = put(table, key, known, &network);
	if (!error && !already)
		table->tired++;
	return error;
}

uint64_t networks_tired(const struct network_table *table)
{
	return table->tired;
}

uint64_t networks_witness(const struct network_table *table,
			  const struct addr *key)
{
	uint64_t now_ns = clock_monotonic_ns();
	struct network found;
	uint64_t until_ns;

	if (bpf_map_lookup_elem(table->map, key, &found) || !found.witness)
		return 0;
	until_ns = clock_ns_at(&table->clock, found.witness);
	return until_ns > now_ns ? until_ns : 0;
}

/* What has been prolonged meanwhile comes up again later. */
static void end_one(struct network_table *table, const struct addr *key)
{
	struct network found;

	if (bpf_map_lookup_elem(table->map, key, &found))
		return;
	if (end_s(table, &found) > now_s())
		expiry_add(table->expiry, key, end_s(table, &found));
	else
		drop(table, key);
}

void networks_sweep(struct network_table *table)
{
	struct addr key;

	for (int i = 0; i < SWEEP_MAX; i++) {
		if (!expiry_take_due(table->expiry, now_s(), &key))
			return;
		end_one(table, &key);
	}
}

void networks_visit(const struct network_table *table, networks_seen *seen,
		    void *context)
{
	struct addr key, at, *previous = NULL;

	while (bpf_map_get_next_key(table->map, previous, &key) == 0) {
		uint64_t until_ns = networks_witness(table, &key);

		at = key;
		previous = &at;
		if (until_ns)
			seen(context, &key, until_ns);
	}
}

size_t networks_count(const struct network_table *table)
{
	return expiry_count(table->expiry);
}

void networks_close(struct network_table *table)
{
	if (!table)
		return;
	expiry_free(table->expiry);
	free(table);
}
