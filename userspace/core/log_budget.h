/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many lines strangers can make us log: a budget, and a count of what was
 * left out, to be said once there is room.  Pure.
 */
#ifndef POSTERN_CORE_LOG_BUDGET_H
#define POSTERN_CORE_LOG_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/budget.h"

/* With the two limits set and the rest zero it is full. */
struct log_budget {
	uint32_t per_second; /* lines */
	uint32_t at_once;    /* after a pause */
	struct budget lines;
	uint64_t omitted;
};

/* May a line be written?  If not it is counted. */
bool log_budget_take(struct log_budget *budget, uint64_t now_ms);

/* How many were left out, if that may be said now, by a line; or 0. */
uint64_t log_budget_omitted(struct log_budget *budget, uint64_t now_ms);

#endif
