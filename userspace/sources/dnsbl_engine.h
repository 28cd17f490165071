/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the DNSBL engine share, and nobody else includes but tests
 * that can't wait for time to pass:
 *
 *	dnsbl.c         life, asking, status
 *	dnsbl_pump.c    from the queue to lookups, from lookups to questions
 *	dnsbl_zone.c    tickets: which lookups wait for a zone
 *	dnsbl_health.c  tests of zones, and what follows from them
 */
#ifndef POSTERN_SOURCES_DNSBL_ENGINE_H
#define POSTERN_SOURCES_DNSBL_ENGINE_H

#include "sources/dnsbl.h"
#include "sources/dnsbl_again.h"
#include "sources/dnsbl_budget.h"
#include "sources/dnsbl_log.h"
#include "sources/dnsbl_lookup.h"
#include "sources/latency.h"
#include "sources/quota.h"
#include "sources/zone.h"
#include "sources/zone_test.h"

#define DNSBL_WINDOW  100 /* questions under way; the rest is for others */
#define DNSBL_TICKETS (2 * DNSBL_LOOKUPS)

struct dnsbl_zone {
	struct dnsbl *dnsbl;
	char name[SITE_ZONE_MAX];
	char shown[SITE_ZONE_MAX]; /* redacted */
	bool blocks;		   /* has a site with a positive weight */
	struct zone health;
	struct zone_test test;
	uint64_t test_started_ms;
	uint64_t confirmed_ms; /* when a test passed that began then; 0: none */
	bool listed_since;     /* it has listed somebody since */
	bool answered_since;   /* well, since the test under way began */
	bool test_repeated;    /* once, as an answer had overtaken it */
	size_t own_turn;       /* which of our addresses is tested next */
	uint64_t own_listed;   /* which of them it lists: one bit each */
	uint64_t said_ms;      /* when a failure was logged; 0: never */
	struct quota quota;
	bool over_quota; /* said so */
	struct latency latency;
	uint64_t queries;
	uint64_t listed;
	uint64_t failed;
	uint32_t in_flight;
	uint32_t first_ticket;
	uint32_t ticket_count;
	struct dnsbl_ticket tickets[DNSBL_TICKETS]; /* a ring */
};

struct dnsbl_query {
	struct dnsbl *dnsbl;
	struct dnsbl_query *next_unused;
	bool used;
	struct dnsbl_ticket ticket;
	struct addr source;
	bool trusted; /* the source stands well, as is known by now */
	uint32_t zone;
	uint64_t started_ns;
};

/* What the log was told last of something that is counted. */
struct dnsbl_said {
	uint64_t count;
	uint64_t ms; /* when; 0: never */
};

struct dnsbl {
	uv_loop_t *loop;
	uv_idle_t kick;
	uv_timer_t tick;
	uv_timer_t health;
	unsigned int handles;
	bool closing;
	struct resolver *resolver;
	dnsbl_done *done;
	dnsbl_withdrawn *withdrawn; /* or NULL */
	void *context;
	struct dnsbl_queue *queue;
	struct dnsbl_budget *budget;
	struct dnsbl_again *again;
	struct dnsbl_lookups lookups;
	struct dnsbl_zone *zones;
	uint32_t zone_count;
	uint32_t zone_turn;
	struct dnsbl_query queries[DNSBL_WINDOW];
	struct dnsbl_query *unused_query;
	uint32_t in_flight; /* questions, of lookups and tests */
	uint64_t rate;
	uint64_t burst;
	uint64_t tokens; /* thousandths of a lookup */
	uint64_t filled_ms;
	unsigned int seed;
	struct addr own[DNSBL_OWN_MAX];
	size_t own_count;
	struct dnsbl_log log;
	struct dnsbl_status counts;
	uint64_t shed_ms; /* the last time; 0: never */
	struct dnsbl_said shed_said;
	struct dnsbl_said put_off_said;
};

/* ---- dnsbl.c ---- */

uint64_t dnsbl_now_ms(const struct dnsbl *dnsbl);

/* Frees everything once it is closed and nothing is under way. */
void dnsbl_free_when_idle(struct dnsbl *dnsbl);

/* ---- dnsbl_pump.c ---- */

/* Does what can be done now; called from the loop alone, never by a caller. */
void dnsbl_pump(struct dnsbl *dnsbl);

/* Ends the lookup if its outcome stands. */
void dnsbl_decide(struct dnsbl *dnsbl, struct dnsbl_lookup *lookup);

/* Ends what has waited for too long, asks again what failed at once. */
void dnsbl_look_after(struct dnsbl *dnsbl);

bool dnsbl_anybody_waits(const struct dnsbl *dnsbl);

/* ---- dnsbl_zone.c ---- */

void dnsbl_zone_put(struct dnsbl_zone *zone, const struct dnsbl_ticket *ticket);

/* The lookup that waits longest for the zone, or NULL; the ticket stays. */
struct dnsbl_lookup *dnsbl_zone_first(struct dnsbl_zone *zone,
				      struct dnsbl_ticket *ticket);
void dnsbl_zone_pop(struct dnsbl_zone *zone);

/* How many lookups wait for it. */
size_t dnsbl_zone_waiting(const struct dnsbl_zone *zone);

/* ---- dnsbl_health.c ---- */

void dnsbl_health_start(struct dnsbl *dnsbl);

/* Of an answer that came while the zone was ok. */
void dnsbl_health_answer(struct dnsbl_zone *zone,
			 const struct zone_finding *finding);

/* Whether its listings count as they are, or are doubted till confirmed. */
bool dnsbl_health_is_confirmed(const struct dnsbl_zone *zone);

/* It has listed somebody: see to it that this gets confirmed. */
void dnsbl_health_listed(struct dnsbl_zone *zone);

/* What it says of a source that stands well by other proof. */
void dnsbl_health_client(struct dnsbl_zone *zone, const struct addr *source,
			 bool listed);

/* Takes one question from the quota; says so when there is none left. */
bool dnsbl_health_take(struct dnsbl_zone *zone, enum dnsbl_priority priority);

#endif
