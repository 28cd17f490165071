/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A token bucket for lines of the log. */

#include "core/log_budget.h"

#define TOKENS_PER_LINE 1000

static bool take_token(struct log_budget *budget, uint64_t now_ms)
{
	const uint64_t full = (uint64_t)budget->at_once * TOKENS_PER_LINE;
	uint64_t elapsed_ms = now_ms - budget->filled_ms;

	if (budget->filled_ms == 0 || elapsed_ms > full)
		budget->tokens = full;
	else
		budget->tokens += elapsed_ms * budget->per_second;
	if (budget->tokens > full)
		budget->tokens = full;
	budget->filled_ms = now_ms;
	if (budget->tokens < TOKENS_PER_LINE)
		return false;
	budget->tokens -= TOKENS_PER_LINE;
	return true;
}

bool log_budget_take(struct log_budget *budget, uint64_t now_ms)
{
	if (take_token(budget, now_ms))
		return true;
	budget->omitted++;
	return false;
}

uint64_t log_budget_omitted(struct log_budget *budget, uint64_t now_ms)
{
	uint64_t omitted = budget->omitted;

	if (omitted == 0 || !take_token(budget, now_ms))
		return 0;
	budget->omitted = 0;
	return omitted;
}
