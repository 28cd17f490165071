/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The DNSBL engine: what the sites of the configuration say of a source.
 *
 * Asked by the worker for sources that the program reports; parallel requests
 * for one source share one lookup, and a result is handed over once for each
 * lookup, as soon as the outcome stands.  The callback never runs before
 * dnsbl_ask() has returned; it may ask again, but not close the engine.
 *
 * The engine keeps no verdicts: that is the worker's business, which also
 * knows whether a listing is a new one.
 */
#ifndef POSTERN_SOURCES_DNSBL_H
#define POSTERN_SOURCES_DNSBL_H

#include "core/config.h"
#include "sources/dnsbl_lookup.h"
#include "sources/dnsbl_queue.h"
#include "sources/dnsbl_score.h"
#include "sources/resolver.h"

#define DNSBL_ZONES_MAX 64 /* distinct ones */
#define DNSBL_OWN_MAX	64

struct dnsbl;

struct dnsbl_result {
	struct addr source;
	enum dnsbl_priority priority;
	enum verdict verdict;
	int score;
	uint32_t ttl_s;	 /* how long the verdict holds; unknown: ask then */
	uint64_t causes; /* the zones that moved the score: bit N is the Nth
			    of dnsbl_zones() */
	size_t site_count;
	const struct dnsbl_site_result *sites; /* valid during the callback;
						  index as in the config */
};

typedef void dnsbl_done(void *context, const struct dnsbl_result *result);

/*
 * `config` and `resolver` must be there until dnsbl_close().  Returns 0 and
 * *out, or a negative errno with *out untouched; -E2BIG: too many sites,
 * -EINVAL: a threshold below 1.
 */
int dnsbl_create(uv_loop_t *loop, const struct config_dnsbl *config,
		 struct resolver *resolver, dnsbl_done *done, void *context,
		 struct dnsbl **out);

/*
 * `zones` (bits as in dnsbl_result.causes) can't be believed: verdicts that
 * they caused are to be forgotten.  `zone` is its name, redacted.  Not called
 * from within a call to this module; it may ask.
 */
typedef void dnsbl_withdrawn(void *context, uint64_t zones, const char *zone);

/* `context` is that of dnsbl_create(). */
void dnsbl_on_withdrawn(struct dnsbl *dnsbl, dnsbl_withdrawn *withdrawn);

/*
 * Asks for a verdict of `source`.  Returns 0 (also when it is being asked
 * already), or -EAGAIN when the queue is full, or its network has had its
 * share: it was shed and counted.  Also -EAGAIN when a zone's quota is short
 * and a sender that waits has not come before: it was put off and counted, and
 * is looked up when it comes again within 8 s.
 */
int dnsbl_ask(struct dnsbl *dnsbl, const struct addr *source,
	      enum dnsbl_priority priority);

/*
 * The same for a source that stands well by other proof: on the allow list, a
 * witness, clean for days.  A zone that lists nearly all of these is left out.
 */
int dnsbl_ask_trusted(struct dnsbl *dnsbl, const struct addr *source,
		      enum dnsbl_priority priority);

/*
 * Lookups of sources a second, and how many at once after a pause; 0 is
 * without limit, also for each network.  Default: 1000 and 2000.
 */
void dnsbl_limit(struct dnsbl *dnsbl, uint32_t per_second, uint32_t burst);

/*
 * Our own global addresses, DNSBL_OWN_MAX at most: it is logged when a
 * blocklist names one.
 */
void dnsbl_own(struct dnsbl *dnsbl, const struct addr *own, size_t count);

/*
 * Logs a listing in one line, for the worker to call when it is news, with the
 * id of the source's story (core/log.h; NULL: none); what exceeds 10 lines a
 * second (20 at once) is counted and said later.
 */
void dnsbl_log_listing(struct dnsbl *dnsbl, const struct dnsbl_result *result,
		       const char *id);

/* One zone, for `status`. */
struct dnsbl_zone_status {
	const char *zone;   /* redacted */
	const char *state;  /* zone_state_name() */
	const char *reason; /* completes "it ..."; "" when all is well */
	const char *remedy; /* "" where there is none */
	double state_s;	    /* for how long */
	uint64_t queries;
	uint64_t listed;
	uint64_t failed;
	size_t waiting;	  /* sources that wait for it */
	size_t in_flight; /* questions */
	double p50_s;	  /* of its answers lately; 0: none */
	double p99_s;	  /* likewise */
	uint64_t used;	  /* of the quota, in this period */
	uint64_t limit;	  /* 0: none */
};

/* Calls `each` once for each distinct zone, in the configuration's order. */
void dnsbl_zones(const struct dnsbl *dnsbl,
		 void (*each)(void *context,
			      const struct dnsbl_zone_status *zone),
		 void *context);

struct dnsbl_status {
	size_t waiting[DNSBL_PRIORITIES];
	size_t active;	       /* lookups under way */
	uint64_t asked;	       /* lookups started */
	uint64_t shed;	       /* refused because a queue was full */
	uint64_t shed_network; /* or because of the source's network */
	double shed_s;	       /* since the last one of both; negative: never */
	uint64_t put_off;      /* not looked up until they come again */
};

void dnsbl_status(const struct dnsbl *dnsbl, struct dnsbl_status *out);

/*
 * What a zone has used of its quota, to be kept over restarts.  `zone` is its
 * full name, with a key where it has one: no name to print.
 */
struct dnsbl_quota {
	const char *zone;
	uint64_t started_s; /* of the period; wall clock */
	uint64_t used;
	uint64_t prewarmed;
};

void dnsbl_quota_save(const struct dnsbl *dnsbl,
		      void (*each)(void *context,
				   const struct dnsbl_quota *quota),
		      void *context);

/* Zones that are not of this configuration, and past periods, are ignored. */
void dnsbl_quota_restore(struct dnsbl *dnsbl, const struct dnsbl_quota *quota);

/* The callback is not called any more; frees itself when nothing is left. */
void dnsbl_close(struct dnsbl *dnsbl);

#endif
