/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the sites said of the sources looked up last, for `explain`.  A table
 * of fixed size; a newer source takes the place of an older one.
 */
#ifndef POSTERN_WORKER_ANSWERS_H
#define POSTERN_WORKER_ANSWERS_H

#include "sources/dnsbl.h"

struct answers;

/* Returns 0 and *out, or -ENOMEM. */
int answers_create(size_t site_count, struct answers **out);

/* Keeps a result, of the same number of sites. */
void answers_put(struct answers *answers, const struct dnsbl_result *result,
		 uint64_t now_ns);

/*
 * The results by site, valid until the next put, or NULL; *at_ns is when they
 * were put.
 */
const struct dnsbl_site_result *answers_get(const struct answers *answers,
					    const struct addr *source,
					    uint64_t *at_ns);

void answers_free(struct answers *answers);

#endif
