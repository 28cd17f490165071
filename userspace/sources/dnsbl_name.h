/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The name under which a DNSBL keeps an address (RFC 5782, 2.1 and 2.4). */
#ifndef POSTERN_SOURCES_DNSBL_NAME_H
#define POSTERN_SOURCES_DNSBL_NAME_H

#include "core/addr.h"
#include "core/site.h"

/*
 * Writes "4.3.2.1.ZONE", or 32 nibbles and the zone, which must be one that
 * site_parse() takes.  Returns `name`.
 */
const char *dnsbl_name(const struct addr *source, const char *zone,
		       char name[static SITE_ZONE_MAX]);

#endif
