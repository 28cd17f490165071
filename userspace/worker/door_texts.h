/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lists say in words (TXT) of listed sources that meet the doorman.  He
 * doesn't wait for it: it is asked for when such a source comes, and known
 * when it comes again, as senders do.
 *
 * Bounded: DOOR_TEXTS of the latest sources, DOOR_TEXTS_ASKING questions at a
 * time, each kept for an hour and not asked again meanwhile.
 */
#ifndef POSTERN_WORKER_DOOR_TEXTS_H
#define POSTERN_WORKER_DOOR_TEXTS_H

#include "sources/dnsbl_text.h"

#define DOOR_TEXTS	  256
#define DOOR_TEXTS_ASKING 8

struct door_texts;

/* Returns 0 and *out, or -ENOMEM. */
int door_texts_create(struct door_texts **out);

/*
 * The text of `zone`, as the configuration has it, about `source`, in
 * printable ASCII and without the zone's key; or NULL.  Valid until the loop
 * runs again.  `*known` is false when it should be asked for.
 */
const char *door_texts_find(const struct door_texts *texts,
			    const struct addr *source, const char *zone,
			    uint64_t now_ns, bool *known);

/* Asks for the text of the site `site`, if there is room; see dnsbl_text(). */
void door_texts_ask(struct door_texts *texts, uv_loop_t *loop,
		    struct resolver *resolver,
		    const struct config_dnsbl *config,
		    const struct dnsbl_site_result *results, size_t site,
		    const struct addr *source, uint64_t now_ns);

/* Once the resolver is closed and the loop has ended.  NULL is fine. */
void door_texts_free(struct door_texts *texts);

#endif
