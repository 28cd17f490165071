/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Withdrawal of verdicts. */

#include "worker/withdraw.h"

#include <string.h>

#include "core/log.h"

static void visit(void *context, const struct addr *source,
		  const struct source_verdict *verdict)
{
	struct withdraw *withdraw = context;

	if (!(verdict->causes & withdraw->causes) ||
	    !verdicts_is_valid(withdraw->table, verdict))
		return;
	verdicts_forget(withdraw->table, source);
	withdraw->count++;
}

/* Another zone may have failed meanwhile. */
static void begin_next(struct withdraw *withdraw)
{
	withdraw->causes = withdraw->next;
	withdraw->next = 0;
	withdraw->walk = (struct verdict_walk){0};
	withdraw->count = 0;
}

static void on_idle(uv_idle_t *idle)
{
	struct withdraw *withdraw = idle->data;
	int more = verdicts_walk(withdraw->table, &withdraw->walk, visit,
				 withdraw);

	if (more > 0)
		return;
	if (more < 0)
		log_error("can't read the verdicts to take some back: %s",
			  strerror(-more));
	else if (withdraw->count)
		log_notice("verdicts taken back: %zu", withdraw->count);
	begin_next(withdraw);
	if (!withdraw->causes)
		uv_idle_stop(idle);
}

void withdraw_init(struct withdraw *withdraw, uv_loop_t *loop,
		   struct verdict_table *table)
{
	withdraw->table = table;
	uv_idle_init(loop, &withdraw->idle);
	withdraw->idle.data = withdraw;
}

void withdraw_start(struct withdraw *withdraw, uint64_t causes)
{
	withdraw->next |= causes;
	if (withdraw->causes || !withdraw->next)
		return;
	begin_next(withdraw);
	uv_idle_start(&withdraw->idle, on_idle);
}
