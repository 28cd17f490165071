/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * So much at once, and in the long run no more than comes back with time.
 * What is spent are nanoseconds, which come back one a nanosecond, up to what
 * may be spent at once: a thing that may be had each second costs a second.
 *
 * One that is all zero is whole.
 */
#ifndef POSTERN_CORE_BUDGET_H
#define POSTERN_CORE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

struct budget {
	uint64_t whole_ns; /* when all has come back; monotonic */
};

/* How long until there is something of `most_ns` left; 0: there is now. */
uint64_t budget_wait_ns(const struct budget *budget, uint64_t now_ns,
			uint64_t most_ns);

/* Spends it in any case, on credit if need be. */
void budget_spend(struct budget *budget, uint64_t now_ns, uint64_t cost_ns);

/*
 * Spends it only if so much of `most_ns`, which is no less, is left; returns
 * whether it was.
 */
bool budget_take(struct budget *budget, uint64_t now_ns, uint64_t cost_ns,
		 uint64_t most_ns);

#endif
