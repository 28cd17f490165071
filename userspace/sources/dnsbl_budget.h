/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many sources of one network may be looked up: a bucket of tokens for
 * each /24 of IPv4, and nested ones for each /64, /48 and /32 of IPv6, where
 * one sender can own as many addresses as he likes.  A source needs a token of
 * each network that it is in.
 *
 * Memory is fixed.  A network that has not been heard of for long makes room
 * for a new one, which starts with a full bucket: so this bounds what one
 * network costs; what all of them cost is bounded elsewhere.
 *
 * Pure: no clock of its own.
 */
#ifndef POSTERN_SOURCES_DNSBL_BUDGET_H
#define POSTERN_SOURCES_DNSBL_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/addr.h"

struct dnsbl_budget;

/* Returns NULL when there is no memory. */
struct dnsbl_budget *dnsbl_budget_create(void);
void dnsbl_budget_free(struct dnsbl_budget *budget);

/* Takes a token of each network of `source`, or none and returns false. */
bool dnsbl_budget_take(struct dnsbl_budget *budget, const struct addr *source,
		       uint64_t now_ms);

#endif
