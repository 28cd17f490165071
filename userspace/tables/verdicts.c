/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verdicts in the kernel's hash: put, sweep, evict, read back. */

#include "tables/verdicts.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>

#include "tables/expiry.h"

/* How many are removed in one sweep, so that the loop is not kept for long. */
#define SWEEP_MAX 4096

/* How many that were prolonged are looked at before one goes all the same. */
#define EVICT_TRIES 1024

/* Read back at a time; room for the fullest bucket of the hash. */
#define BATCH 4096

struct verdict_table {
	int map;
	struct jiffies_clock clock;
	struct expiry *expiry;
};

static uint64_t now_s(void)
{
	return clock_monotonic_ns() / NS_PER_S;
}

/* The second in which it has ended for sure. */
static uint64_t end_s(const struct verdict_table *table,
		      const struct source_verdict *verdict)
{
	return clock_ns_at(&table->clock, verdict->expires) / NS_PER_S + 1;
}

struct batch {
	struct addr keys[BATCH];
	struct source_verdict values[BATCH];
};

/* Returns 1 while there are more, 0 at the end, or a negative errno. */
static int read_batch(struct verdict_table *table, struct verdict_walk *walk,
		      struct batch *batch, __u32 *count)
{
	__u32 n = BATCH;
	int error = 0;

	if (bpf_map_lookup_batch(
		    table->map, walk->under_way ? &walk->cursor : NULL,
		    &walk->cursor, batch->keys, batch->values, &n, NULL))
		error = -errno;
	if (error && error != -ENOENT)
		return error;
	walk->under_way = true;
	*count = n;
	return !error;
}

static int read_back(struct verdict_table *table, struct batch *batch)
{
	struct verdict_walk walk = {0};
	__u32 count = 0;
	int more;

	do {
		more = read_batch(table, &walk, batch, &count);
		if (more < 0)
			return more;
		for (__u32 i = 0; i < count; i++)
			expiry_add(table->expiry, &batch->keys[i],
				   end_s(table, &batch->values[i]));
	} while (more);
	return 0;
}

int verdicts_open(int map, uint32_t max, const struct jiffies_clock *clock,
		  struct verdict_table **out)
{
	struct verdict_table *table = calloc(1, sizeof(*table));
	struct batch *batch = malloc(sizeof(*batch));
	int error = -ENOMEM;

	if (table && batch) {
		table->map = map;
		table->clock = *clock;
		error = expiry_create(max, now_s(), &table->expiry);
		if (!error)
			error = read_back(table, batch);
	}
	free(batch);
	if (error) {
		verdicts_close(table);
		return error;
	}
	*out = table;
	return 0;
}

/* What has been prolonged meanwhile comes up again later. */
static void end_one(struct verdict_table *table, const struct addr *source)
{
	struct source_verdict found = {0};

	if (verdicts_get(table, source, &found))
		return;
	if (end_s(table, &found) > now_s())
		expiry_add(table->expiry, source, end_s(table, &found));
	else
		bpf_map_delete_elem(table->map, source);
}

void verdicts_sweep(struct verdict_table *table)
{
	struct addr source;

	for (int i = 0; i < SWEEP_MAX; i++) {
		if (!expiry_take_due(table->expiry, now_s(), &source))
			return;
		end_one(table, &source);
	}
}

static int add(struct verdict_table *table, const struct addr *source,
	       const struct source_verdict *verdict)
{
	int error;

	error = expiry_add(table->expiry, source, end_s(table, verdict));
	if (error)
		return error;
	if (bpf_map_update_elem(table->map, source, verdict, BPF_ANY))
		return -errno;
	return 0;
}

/* What turns out to have been prolonged goes back to its place. */
static bool evict(struct verdict_table *table)
{
	struct source_verdict found = {0};
	struct addr first;
	uint64_t at_s;

	for (int i = 0; i < EVICT_TRIES; i++) {
		if (!expiry_take_first(table->expiry, &first, &at_s))
			return false;
		if (verdicts_get(table, &first, &found) ||
		    end_s(table, &found) <= at_s)
			break;
		expiry_add(table->expiry, &first, end_s(table, &found));
	}
	bpf_map_delete_elem(table->map, &first);
	return true;
}

int verdicts_put(struct verdict_table *table, const struct addr *source,
		 const struct source_verdict *verdict)
{
	int error;

	/* Its place in the order of ends is put right when it comes up. */
	if (bpf_map_update_elem(table->map, source, verdict, BPF_EXIST) == 0)
		return 0;
	error = add(table, source, verdict);
	if ((error == -ENOSPC || error == -E2BIG) && evict(table))
		error = add(table, source, verdict);
	return error;
}

int verdicts_get(const struct verdict_table *table, const struct addr *source,
		 struct source_verdict *out)
{
	struct source_verdict found;

	if (bpf_map_lookup_elem(table->map, source, &found))
		return -errno;
	*out = found;
	return 0;
}

/*
 * Left in the map till its end comes up: an entry that is in the wheel, but
 * not in the map, would be put there a second time with its next verdict.
 */
void verdicts_forget(struct verdict_table *table, const struct addr *source)
{
	struct source_verdict found;

	if (verdicts_get(table, source, &found))
		return;
	found.expires = clock_jiffies_at(&table->clock, clock_monotonic_ns());
	bpf_map_update_elem(table->map, source, &found, BPF_EXIST);
}

int verdicts_walk(struct verdict_table *table, struct verdict_walk *walk,
		  verdict_visit *visit, void *context)
{
	struct batch *batch = malloc(sizeof(*batch));
	__u32 count = 0;
	int more;

	if (!batch)
		return -ENOMEM;
	more = read_batch(table, walk, batch, &count);
	for (__u32 i = 0; more >= 0 && i < count; i++)
		visit(context, &batch->keys[i], &batch->values[i]);
	free(batch);
	return more;
}

bool verdicts_is_valid(const struct verdict_table *table,
		       const struct source_verdict *verdict)
{
	return verdict->expires >
	       clock_jiffies_at(&table->clock, clock_monotonic_ns());
}

size_t verdicts_count(const struct verdict_table *table)
{
	return expiry_count(table->expiry);
}

void verdicts_close(struct verdict_table *table)
{
	if (!table)
		return;
	expiry_free(table->expiry);
	free(table);
}
