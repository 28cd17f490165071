/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The descriptors of the maps that the worker reads and writes; the parent
 * makes them and keeps its own.
 */
#ifndef POSTERN_TABLES_MAPS_H
#define POSTERN_TABLES_MAPS_H

#include "shared.h"

/* The range tables of one family: 0 and 1 are the inner ones. */
#define TABLE_OUTER 2
#define TABLE_PARTS 3

struct ranges_fds {
	int inner[2];
	int outer;
};

struct maps {
	int settings;
	int verdicts;
	int counters;
	int list_counters;
	int events;
	int deferred; /* only read */
	int networks;
	struct ranges_fds ranges[FAMILY_MAX];
};

#endif
