/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lookups under way: what the zones have said so far of each source.  A fixed
 * number of them; one that is over leaves tickets and answers behind, which
 * find that its generation has passed.
 *
 * Part of the engine (sources/dnsbl).
 */
#ifndef POSTERN_SOURCES_DNSBL_LOOKUP_H
#define POSTERN_SOURCES_DNSBL_LOOKUP_H

#include "sources/dnsbl_queue.h"
#include "sources/dnsbl_score.h"

#define DNSBL_SITES_MAX 256
#define DNSBL_LOOKUPS	1024

struct dnsbl_lookup {
	struct dnsbl_waiting of;
	bool active;
	uint32_t generation;
	uint32_t next_unused;
	uint64_t started_ms;
	uint64_t repeated; /* zones that were asked twice: one bit each */
	uint64_t repeat;   /* that are to be, once it is repeat_ms */
	uint64_t repeat_ms;
	struct dnsbl_site_result *results;
};

struct dnsbl_ticket {
	uint32_t lookup;
	uint32_t generation;
};

struct dnsbl_lookups {
	const struct site *sites;
	size_t site_count;
	int threshold;
	uint8_t zone_of[DNSBL_SITES_MAX]; /* by site; the owner fills it */
	struct dnsbl_lookup *lookups;
	struct dnsbl_site_result *results;
	uint32_t unused;
	uint32_t active;
};

/* Returns 0, or -ENOMEM; free it in any case. */
int dnsbl_lookups_init(struct dnsbl_lookups *lookups, const struct site *sites,
		       size_t site_count, int threshold);
void dnsbl_lookups_free(struct dnsbl_lookups *lookups);

/* Returns NULL when DNSBL_LOOKUPS are active. */
struct dnsbl_lookup *dnsbl_lookups_begin(struct dnsbl_lookups *lookups,
					 const struct dnsbl_waiting *of,
					 uint64_t now_ms);

/* Its results stay as they are until the next one begins. */
void dnsbl_lookups_end(struct dnsbl_lookups *lookups,
		       struct dnsbl_lookup *lookup);

struct dnsbl_ticket dnsbl_lookups_ticket(const struct dnsbl_lookups *lookups,
					 const struct dnsbl_lookup *lookup);

/* Returns NULL when it is over. */
struct dnsbl_lookup *dnsbl_lookups_find(const struct dnsbl_lookups *lookups,
					const struct dnsbl_ticket *ticket);

/*
 * Notes an answer of a zone that counts (not ANSWER_FAILED).  Returns whether
 * it makes the source look worse; with `doubted` that waits for
 * dnsbl_lookup_confirm().
 */
bool dnsbl_lookup_answer(const struct dnsbl_lookups *lookups,
			 struct dnsbl_lookup *lookup, uint32_t zone,
			 const struct answer *answer, bool doubted);

/* `why`: static words.  What the zone said before does not count any more. */
void dnsbl_lookup_fail(const struct dnsbl_lookups *lookups,
		       struct dnsbl_lookup *lookup, uint32_t zone,
		       const char *why);

/* Whether something that the zone said is doubted; it then is not any more. */
bool dnsbl_lookup_confirm(const struct dnsbl_lookups *lookups,
			  struct dnsbl_lookup *lookup, uint32_t zone);
bool dnsbl_lookup_is_doubted(const struct dnsbl_lookups *lookups,
			     const struct dnsbl_lookup *lookup, uint32_t zone);

/* What is not known by now has failed. */
void dnsbl_lookup_expire(const struct dnsbl_lookups *lookups,
			 struct dnsbl_lookup *lookup);

/* Whether the answer of a zone makes any source look worse. */
bool dnsbl_lookups_is_listing(const struct dnsbl_lookups *lookups,
			      uint32_t zone, const struct answer *answer);

/* Whether an allow list has named the source. */
bool dnsbl_lookup_is_allowed(const struct dnsbl_lookups *lookups,
			     const struct dnsbl_lookup *lookup);

/*
 * Whether what the zone says is known; *listed tells if it makes the source
 * look worse.
 */
bool dnsbl_lookup_is_known(const struct dnsbl_lookups *lookups,
			   const struct dnsbl_lookup *lookup, uint32_t zone,
			   bool *listed);

/* The zones that have moved the score: one bit each. */
uint64_t dnsbl_lookup_causes(const struct dnsbl_lookups *lookups,
			     const struct dnsbl_lookup *lookup);

#endif
