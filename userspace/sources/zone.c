/* SPDX-License-Identifier: GPL-2.0-or-later */
/* States of a list, and when it is tested next. */

#include "sources/zone.h"

#include <stdlib.h>

#define BAD_TESTS  2
#define GOOD_TESTS 2
#define FAILURES   16

#define SECOND_MS	  UINT64_C(1000)
#define MINUTE_MS	  (60 * SECOND_MS)
#define TEST_MS		  MINUTE_MS
#define AGAIN_MS	  (5 * SECOND_MS) /* a test that needs a second one */
#define FAILING_MS	  (10 * SECOND_MS)
#define BLOCKED_MS	  (5 * MINUTE_MS)
#define BLOCKED_MAX_MS	  (240 * MINUTE_MS)
#define BLOCKED_FORGET_MS (60 * MINUTE_MS) /* of being ok */
#define BREAKER_MS	  (60 * MINUTE_MS)
#define JITTER_PERCENT	  20

/* More than 95 % of the clients. */
#define CLIENTS_LISTED (ZONE_CLIENTS * 95 / 100 + 1)

#define ZONE_STATE_NAME(NAME, name) name,
static const char *const names[] = {ZONE_STATE_TABLE(ZONE_STATE_NAME)};

const char *zone_state_name(enum zone_state state)
{
	return names[state];
}

/* Tests of many zones on many hosts must not fall into step. */
static void schedule(struct zone *zone, uint64_t now_ms, uint64_t delay_ms)
{
	uint64_t span = delay_ms * 2 * JITTER_PERCENT / 100 + 1;

	zone->test_ms = now_ms + delay_ms * (100 - JITTER_PERCENT) / 100 +
			(uint64_t)rand_r(&zone->seed) % span;
}

void zone_init(struct zone *zone, uint64_t now_ms, unsigned int seed)
{
	*zone = (struct zone){
		.state = ZONE_UNTESTED,
		.why = "has not been tested yet",
		.test_ms = now_ms,
		.since_ms = now_ms,
		.seed = seed,
	};
}

static bool enter(struct zone *zone, uint64_t now_ms,
		  const struct zone_finding *finding)
{
	bool changed = zone->state != finding->state;

	if (changed)
		zone->since_ms = now_ms;
	zone->state = finding->state;
	zone->why = finding->why;
	zone->remedy = finding->remedy;
	zone->failures = 0;
	zone->good = 0;
	return changed;
}

/* Each pause is twice as long as the last one, unless all was well since. */
static bool block(struct zone *zone, uint64_t now_ms,
		  const struct zone_finding *finding)
{
	bool long_ok = zone->state == ZONE_OK &&
		       now_ms - zone->since_ms >= BLOCKED_FORGET_MS;

	if (zone->pause_ms == 0 || long_ok)
		zone->pause_ms = BLOCKED_MS;
	else if (zone->pause_ms < BLOCKED_MAX_MS)
		zone->pause_ms *= 2;
	if (zone->pause_ms > BLOCKED_MAX_MS)
		zone->pause_ms = BLOCKED_MAX_MS;
	zone->paused_until_ms = now_ms + zone->pause_ms;
	zone->test_ms = zone->paused_until_ms;
	return enter(zone, now_ms, finding);
}

static bool note_good_test(struct zone *zone, uint64_t now_ms,
			   const struct zone_finding *finding)
{
	bool first = zone->state == ZONE_UNTESTED;

	zone->bad = 0;
	if (zone->state == ZONE_OK) {
		schedule(zone, now_ms, TEST_MS);
		return false;
	}
	if (!first && ++zone->good < GOOD_TESTS) {
		schedule(zone, now_ms, AGAIN_MS);
		return false;
	}
	schedule(zone, now_ms, TEST_MS);
	return enter(zone, now_ms, finding);
}

bool zone_note_test(struct zone *zone, uint64_t now_ms,
		    const struct zone_finding *finding)
{
	if (finding->state == ZONE_OK)
		return note_good_test(zone, now_ms, finding);
	zone->good = 0;
	if (finding->state == ZONE_BLOCKED)
		return block(zone, now_ms, finding);
	if (++zone->bad < BAD_TESTS && finding->state != ZONE_WORLD) {
		schedule(zone, now_ms, AGAIN_MS);
		return false;
	}
	schedule(zone, now_ms,
		 finding->state == ZONE_FAILING ? FAILING_MS : TEST_MS);
	return enter(zone, now_ms, finding);
}

bool zone_note_answer(struct zone *zone, uint64_t now_ms,
		      const struct zone_finding *finding)
{
	if (finding->state == ZONE_OK) {
		zone->failures = 0;
		return false;
	}
	if (finding->state == ZONE_BLOCKED && !finding->doubtful)
		return block(zone, now_ms, finding);
	if (finding->state != ZONE_FAILING && zone->bad == 0)
		zone->test_ms = now_ms;
	if (++zone->failures < FAILURES)
		return false;
	zone->bad = BAD_TESTS;
	schedule(zone, now_ms, AGAIN_MS);
	return enter(zone, now_ms, finding);
}

static bool trip(struct zone *zone, uint64_t now_ms)
{
	static const struct zone_finding finding = {
		.state = ZONE_WORLD,
		.why = "lists nearly all clients that stand well otherwise",
		.remedy = "see whether the list is still kept, or remove it",
	};

	zone->clients = (struct zone_clients){0};
	zone->test_ms = now_ms + BREAKER_MS;
	return enter(zone, now_ms, &finding);
}

bool zone_note_client(struct zone *zone, uint64_t now_ms,
		      const struct addr *source, bool listed)
{
	struct zone_clients *clients = &zone->clients;
	unsigned int at = 0;

	while (at < clients->count && !addr_equal(&clients->source[at], source))
		at++;
	if (at == clients->count && clients->count < ZONE_CLIENTS)
		clients->count++;
	else if (at == clients->count)
		at = clients->next;
	if (!addr_equal(&clients->source[at], source))
		clients->next = (at + 1) % ZONE_CLIENTS;
	if (clients->listed[at])
		clients->listed_count--;
	clients->source[at] = *source;
	clients->listed[at] = listed;
	if (listed)
		clients->listed_count++;
	if (clients->count < ZONE_CLIENTS ||
	    clients->listed_count < CLIENTS_LISTED)
		return false;
	return trip(zone, now_ms);
}

bool zone_test_due(const struct zone *zone, uint64_t now_ms)
{
	return now_ms >= zone->test_ms;
}
