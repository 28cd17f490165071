/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an answer of a list means: a listing, or the list's way to say that it
 * does not serve us.  Pure.
 */
#ifndef POSTERN_SOURCES_DNSBL_CODE_H
#define POSTERN_SOURCES_DNSBL_CODE_H

#include "core/site.h"
#include "sources/answer.h"
#include "sources/dnsbl_score.h"
#include "sources/zone.h"

/*
 * What the answer of `zone` shows of the zone.  Error codes are never listings,
 * whatever a filter says; what only looks like one is a listing if a site of
 * that zone matches a record of the answer.  Records outside of 127.0.0.0/8
 * are no answer of a list.
 */
void dnsbl_code_judge(const char *zone, const struct site *sites, size_t count,
		      const struct answer *answer, struct zone_finding *out);

/* Reads an answer (ANSWER_RECORDS): sets `matched` and `address` of *out. */
void dnsbl_code_match(const struct site *site, const struct answer *answer,
		      struct dnsbl_site_result *out);

#endif
