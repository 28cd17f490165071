/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks every zone about one source afresh, for a person who wants to know: all
 * answers are waited for, and for a listing its TXT is asked, too.  It goes
 * past the engine: no queue, no verdict, no state of a zone changes anything.
 *
 * It keeps copies of what it needs, so the configuration may go meanwhile.
 */
#ifndef POSTERN_SOURCES_DNSBL_EXPLAIN_H
#define POSTERN_SOURCES_DNSBL_EXPLAIN_H

#include "core/config.h"
#include "sources/dnsbl_score.h"
#include "sources/resolver.h"

struct dnsbl_explained_site {
	const struct site *site;
	struct dnsbl_site_result result;
	const char *text; /* TXT of the listing; "" if there is none */
};

/* Valid during the call. */
struct dnsbl_explanation {
	struct addr source;
	struct dnsbl_decision decision;
	size_t site_count;
	const struct dnsbl_explained_site *sites; /* as in the configuration */
};

typedef void dnsbl_explained(void *context,
			     const struct dnsbl_explanation *explanation);

/*
 * Returns 0: `done` is called once, after this has returned, at the latest
 * when the resolver is closed.  Or a negative errno, and it never is; -ENOENT:
 * there are no sites.
 */
int dnsbl_explain(struct resolver *resolver, const struct config_dnsbl *config,
		  const struct addr *source, dnsbl_explained *done,
		  void *context);

#endif
