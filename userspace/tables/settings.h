/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The writer of the map `settings`: rules and lease.  The worker owns one,
 * through a memory mapping, which needs no privilege on any kernel.
 */
#ifndef POSTERN_TABLES_SETTINGS_H
#define POSTERN_TABLES_SETTINGS_H

#include "shared.h"

struct settings_table;

/* Borrows the descriptor.  Returns 0 and *out, or a negative errno. */
int settings_open(int map, struct settings_table **out);

/* The rules in force. */
const struct rules *settings_rules(const struct settings_table *table);

/* The program sees the old rules until it sees all of the new ones. */
void settings_publish(struct settings_table *table, const struct rules *rules);

/* Believe the daemon until then (jiffies). */
void settings_renew(struct settings_table *table, __u64 lease);

__u64 settings_lease(const struct settings_table *table);

void settings_close(struct settings_table *table);

#endif
