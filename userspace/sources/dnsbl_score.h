/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what the sites say to a verdict, as postscreen(8) adds it up: each site
 * that matches adds its weight, and a source is listed from the threshold on.
 *
 * A site that is not known (its zone failed, or has not answered yet) could
 * match or not; so the score lies between two bounds.  Only when both are on
 * the same side of the threshold is there a verdict: a blocklist that fails
 * makes nobody clean, an allow list that fails makes nobody listed.
 *
 * Pure: no I/O, no clock.
 */
#ifndef POSTERN_SOURCES_DNSBL_SCORE_H
#define POSTERN_SOURCES_DNSBL_SCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/site.h"
#include "sources/answer.h"

/* The bounds of what a verdict's TTL may be (seconds). */
#define DNSBL_TTL_MIN 60
#define DNSBL_TTL_MAX 3600

/* What one site says. */
struct dnsbl_site_result {
	bool settled; /* false: the verdict stood before it answered */
	enum answer_kind kind;
	const char *why;    /* static words, for ANSWER_FAILED */
	bool matched;	    /* it counts: its weight is in the score */
	bool doubted;	    /* not before the zone's test has confirmed it */
	uint8_t address[4]; /* the first record that matched, or the first */
	uint32_t ttl_s;
};

struct dnsbl_decision {
	enum verdict verdict;
	int score;	/* of the sites that have answered */
	uint32_t ttl_s; /* until the verdict could change; 0 for unknown */
};

/*
 * Returns whether the outcome stands, whatever is still to come: *out then
 * says what it is.  It always stands when all are settled.
 */
bool dnsbl_score_decide(const struct site *sites,
			const struct dnsbl_site_result *results, size_t count,
			int threshold, struct dnsbl_decision *out);

#endif
