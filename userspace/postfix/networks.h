/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of prefixes with exceptions.  Postfix takes the first match in a list,
 * so a later entry stands for less than it covers: for what no earlier one
 * has decided.
 *
 * Pure.  Zeroed memory is an empty set.
 */
#ifndef POSTERN_POSTFIX_NETWORKS_H
#define POSTERN_POSTFIX_NETWORKS_H

#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"

#define NETWORKS_MAX 16384

struct networks {
	struct prefix *prefixes; /* in the order of coming, none twice */
	size_t count;
	uint16_t *slots; /* hash: the number of a prefix + 1; 0: empty */
	size_t steps;	 /* made so far; they are bounded */
};

/*
 * Adds what of `prefix` neither `except` nor `besides` covers (each may be
 * NULL).  Returns 0; or -ENOMEM, or -E2BIG when there are too many, with a
 * part of them added.
 */
int networks_add(struct networks *networks, const struct prefix *prefix,
		 const struct networks *except, const struct networks *besides);

void networks_free(struct networks *networks);

/*
 * Parses what lists and tables have: "192.0.2.0/24", "[2001:db8::]/32",
 * "[2001:db8::/32]", or an address.  Returns 0, or -EINVAL with *why (static
 * text) and *out untouched.
 */
int networks_parse(const char *text, struct prefix *out, const char **why);

#endif
