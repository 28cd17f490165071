/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The descriptors of the maps that the worker reads and writes; the parent
 * makes them and keeps its own.
 */
#ifndef POSTERN_TABLES_MAPS_H
#define POSTERN_TABLES_MAPS_H

#include "shared.h"

struct maps {
	int settings;
	int verdicts;
	int counters;
	int list_counters;
	int events;
	int deferred; /* only read */
	int networks;
	struct {
		int outer;
		int inner[2];
	} ranges[FAMILY_MAX];
};

#endif
