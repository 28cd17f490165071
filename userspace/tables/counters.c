/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters of the program, summed over the CPUs. */

#include "tables/counters.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

_Static_assert(sizeof(struct reason_counters) == REASON_MAX * sizeof(__u64),
	       "a counter for each reason");

/* Adds up element `key`, which holds `fields` counters and nothing else. */
static int sum(int map, __u32 key, __u64 *out, size_t fields)
{
	int cpus = libbpf_num_possible_cpus();
	__u64 *all;

	if (cpus < 0)
		return cpus;
	all = calloc((size_t)cpus, fields * sizeof(*all));
	if (!all)
		return -ENOMEM;
	if (bpf_map_lookup_elem(map, &key, all)) {
		int error = -errno;

		free(all);
		return error;
	}
	for (size_t f = 0; f < fields; f++) {
		out[f] = 0;
		for (size_t cpu = 0; cpu < (size_t)cpus; cpu++)
			out[f] += all[cpu * fields + f];
	}
	free(all);
	return 0;
}

int counters_read(int map, struct counters *out)
{
	return sum(map, 0, &out->ipv4.allowed, sizeof(*out) / sizeof(__u64));
}

int counters_read_list(int map, __u32 list, struct list_counters *out)
{
	return sum(map, list, &out->ipv4, sizeof(*out) / sizeof(__u64));
}

__u64 counters_of(const struct reason_counters *counters, enum reason reason)
{
	return (&counters->allowed)[reason];
}
