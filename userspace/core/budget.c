/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A leaky bucket, kept as one point in time. */

#include "core/budget.h"

uint64_t budget_wait_ns(const struct budget *budget, uint64_t now_ns,
			uint64_t most_ns)
{
	uint64_t spent_ns =
		budget->whole_ns > now_ns ? budget->whole_ns - now_ns : 0;

	return spent_ns < most_ns ? 0 : spent_ns - most_ns + 1;
}

void budget_spend(struct budget *budget, uint64_t now_ns, uint64_t cost_ns)
{
	if (budget->whole_ns < now_ns)
		budget->whole_ns = now_ns;
	budget->whole_ns += cost_ns;
}

bool budget_take(struct budget *budget, uint64_t now_ns, uint64_t cost_ns,
		 uint64_t most_ns)
{
	/* Something has to be left but for the rest of it. */
	if (budget_wait_ns(budget, now_ns, most_ns - cost_ns + 1))
		return false;
	budget_spend(budget, now_ns, cost_ns);
	return true;
}
