/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One entry of `dnsbl.sites`, in the syntax of Postfix's
 * postscreen_dnsbl_sites: "zone", "zone=filter", "zone*weight" or
 * "zone=filter*weight", where each octet of the filter is a number, or
 * "[...]" with numbers and a..b ranges separated by ";" (postconf(5)).
 *
 * Pure: parsing, matching, printing.  Who asks the zones is sources/dnsbl.
 */
#ifndef POSTERN_CORE_SITE_H
#define POSTERN_CORE_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SITE_ZONE_MAX	254 /* octets of a domain name in text, and NUL */
#define SITE_WEIGHT_MAX 1000000

struct site {
	char zone[SITE_ZONE_MAX]; /* lower case, no dot at the end */
	bool filtered;
	uint64_t filter[4][4]; /* one bit for each value of each octet */
	int weight;	       /* 1 where none is given; may be negative */
};

/*
 * Returns 0, or -EINVAL with *why (never NULL then, static text) saying what
 * is wrong; *out is untouched then.
 */
int site_parse(const char *text, struct site *out, const char **why);

/*
 * Whether one A record (network byte order in memory: octets[0] is the 127)
 * counts for this site: within 127.0.0.0/8 and matched by the filter; without
 * a filter, anything there but 127.0.0.1 and 127.255.255.0/24, which lists
 * use to say "blocked" (RFC 5782, facts of the lists).
 */
bool site_matches(const struct site *site, const uint8_t octets[static 4]);

/*
 * The zone with what may be a secret key replaced: labels of 20 and more
 * letters and digits become "***".  Returns `text`.
 */
const char *site_redact(const char *zone, char text[static SITE_ZONE_MAX]);

/*
 * Replaces the zone's secret labels wherever they stand in `text`, whole or
 * cut off by its end.
 */
void site_redact_text(const char *zone, char *text);

#endif
