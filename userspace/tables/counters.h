/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader of the per-CPU counters; each call sums over all CPUs. */
#ifndef POSTERN_TABLES_COUNTERS_H
#define POSTERN_TABLES_COUNTERS_H

#include "shared.h"

/* Returns 0 and *out, or a negative errno. */
int counters_read(int map, struct counters *out);

/* The same of one list in the map `list_counters`. */
int counters_read_list(int map, __u32 list, struct list_counters *out);

/* The counter of a reason in one family's. */
__u64 counters_of(const struct reason_counters *counters, enum reason reason);

#endif
