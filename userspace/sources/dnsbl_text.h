/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lists say in words (TXT) of a source that they name: asked only when a
 * person wants to know, of some zones at most, and not waited for for long.
 */
#ifndef POSTERN_SOURCES_DNSBL_TEXT_H
#define POSTERN_SOURCES_DNSBL_TEXT_H

#include "core/config.h"
#include "sources/dnsbl_score.h"
#include "sources/resolver.h"

#define DNSBL_TEXT_ZONES 8
#define DNSBL_TEXT_MS	 2000

/*
 * `texts` by site, as in the configuration: printable ASCII without the zone's
 * key; "" where there is none.  Valid during the call.
 */
typedef void dnsbl_text_done(void *context, size_t site_count,
			     char (*texts)[ANSWER_TEXT_MAX]);

/*
 * Asks those zones whose sites match in `results`.  Returns 0: `done` is
 * called once, after this has returned, at the latest after DNSBL_TEXT_MS or
 * when the resolver is closed.  Or a negative errno, and it never is; -ENOENT:
 * there is nothing to ask.  Nothing that is pointed to is kept.
 */
int dnsbl_text(uv_loop_t *loop, struct resolver *resolver,
	       const struct config_dnsbl *config,
	       const struct dnsbl_site_result *results,
	       const struct addr *source, dnsbl_text_done *done, void *context);

#endif
