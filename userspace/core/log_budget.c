/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A budget of lines of the log. */

#include "core/log_budget.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

static bool take_line(struct log_budget *budget, uint64_t now_ms)
{
	uint64_t line_ns = NS_PER_S / budget->per_second;

	return budget_take(&budget->lines, now_ms * NS_PER_MS, line_ns,
			   budget->at_once * line_ns);
}

bool log_budget_take(struct log_budget *budget, uint64_t now_ms)
{
	if (take_line(budget, now_ms))
		return true;
	budget->omitted++;
	return false;
}

uint64_t log_budget_omitted(struct log_budget *budget, uint64_t now_ms)
{
	uint64_t omitted = budget->omitted;

	if (omitted == 0 || !take_line(budget, now_ms))
		return 0;
	budget->omitted = 0;
	return omitted;
}
