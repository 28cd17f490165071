/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one line that a new listing is worth, for a postmaster to grep:
 *
 *	listed 192.0.2.66 score=3 zen.spamhaus.org=127.0.0.2 id=5b0c77ae
 *
 * No more of them than a log can bear; what was left out is counted and said.
 */
#ifndef POSTERN_SOURCES_DNSBL_LOG_H
#define POSTERN_SOURCES_DNSBL_LOG_H

#include "core/addr.h"
#include "core/log_budget.h"
#include "sources/dnsbl_score.h"

/* Zero-initialised is ready for use. */
struct dnsbl_log {
	struct log_budget budget;
};

/* `id`: of the source's story, see core/log.h; NULL: it has none. */
void dnsbl_log_line(struct dnsbl_log *log, uint64_t now_ms,
		    const struct addr *source, const char *id, int score,
		    const struct site *sites,
		    const struct dnsbl_site_result *results, size_t count);

/* Says what was left out, once lines may be written again. */
void dnsbl_log_omitted(struct dnsbl_log *log, uint64_t now_ms);

#endif
