/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The DNSBL engine: what the sites of the configuration say of a source.
 *
 * Asked by the worker for sources that the program reports; parallel requests
 * for one source share one entry, and a result is handed over once for each
 * entry.  The callback never runs before dnsbl_ask() has returned.
 */
#ifndef POSTERN_SOURCES_DNSBL_H
#define POSTERN_SOURCES_DNSBL_H

#include "core/config.h"
#include "sources/resolver.h"

struct dnsbl;

enum dnsbl_priority {
	DNSBL_HELD,    /* a sender is waiting */
	DNSBL_REFRESH, /* known, near its expiry */
	DNSBL_PREWARM, /* bypasses the closed gate */
	DNSBL_PRIORITIES,
};

/* What one site said; index as in config_dnsbl.sites. */
struct dnsbl_site_result {
	enum answer_kind kind;
	bool matched;	    /* it counts: its weight is in the score */
	uint8_t address[4]; /* the first record that matched, or the first */
	uint32_t ttl_s;
};

struct dnsbl_result {
	struct addr source;
	enum verdict verdict;
	int score;
	uint32_t ttl_s; /* how long the verdict holds */
	size_t site_count;
	const struct dnsbl_site_result *sites; /* valid during the callback */
};

typedef void dnsbl_done(void *context, const struct dnsbl_result *result);

/*
 * `config` must outlive the engine.  Returns 0 and *out, or a negative errno
 * with *out untouched.
 */
int dnsbl_create(uv_loop_t *loop, const struct config_dnsbl *config,
		 struct resolver *resolver, dnsbl_done *done, void *context,
		 struct dnsbl **out);

/*
 * Asks for a verdict of `source`.  Returns 0 (also when it is being asked
 * already), or -EAGAIN when the queue is full: it was shed and counted.
 */
int dnsbl_ask(struct dnsbl *dnsbl, const struct addr *source,
	      enum dnsbl_priority priority);

/* Statistics of one zone, for `status`. */
struct dnsbl_zone_status {
	const char *zone; /* redacted */
	const char *state;
	const char *reason;
	uint64_t queries;
	uint64_t listed;
	uint64_t failed;
};

/* Calls `each` once for each distinct zone, in the configuration's order. */
void dnsbl_zones(const struct dnsbl *dnsbl,
		 void (*each)(void *context,
			      const struct dnsbl_zone_status *zone),
		 void *context);

/* The callback is not called any more; frees itself when nothing is left. */
void dnsbl_close(struct dnsbl *dnsbl);

#endif
