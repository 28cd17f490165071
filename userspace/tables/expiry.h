/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When entries of a table end: a wheel of one slot a second.  Each entry is
 * in it once; who lets one live longer only moves it once it comes up.
 *
 * Pure: times are whole seconds of a monotonic clock.  24 octets an entry.
 */
#ifndef POSTERN_TABLES_EXPIRY_H
#define POSTERN_TABLES_EXPIRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared.h"

/* What ends later than this comes up early, and is to be added again. */
#define EXPIRY_SPAN_S 4096

struct expiry;

/* For up to `max` entries.  Returns 0 and *out, or -ENOMEM. */
int expiry_create(uint32_t max, uint64_t now_s, struct expiry **out);

/* Adds an entry that is not in it.  Returns 0, -ENOSPC or -ENOMEM. */
int expiry_add(struct expiry *expiry, const struct addr *entry, uint64_t at_s);

/*
 * Takes one entry that comes up at `now_s` or before.  Returns false when
 * there is none.
 */
bool expiry_take_due(struct expiry *expiry, uint64_t now_s, struct addr *out);

/*
 * Takes the one that comes up first, at *at_s.  Returns false when it is
 * empty.
 */
bool expiry_take_first(struct expiry *expiry, struct addr *out, uint64_t *at_s);

size_t expiry_count(const struct expiry *expiry);

void expiry_free(struct expiry *expiry);

#endif
