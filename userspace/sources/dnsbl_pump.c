/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A source waits in the queue, becomes a lookup when the budget allows, and
 * leaves a ticket with every zone.  Tickets become questions, turn by turn of
 * the zones, as long as the window has room; so a zone that is slow holds up
 * nobody but those who need its answer.  The first answers that settle the
 * outcome end the lookup.
 */

#include <errno.h>
#include <stdlib.h>

#include "sources/dnsbl_code.h"
#include "sources/dnsbl_engine.h"
#include "sources/dnsbl_name.h"

#define LOOKUP_MS	 5000 /* then what has not answered has failed */
#define STEPS_MAX	 4096 /* before the loop has its turn again */
#define REPEAT_MS	 500  /* till a question that failed is put again */
#define REPEAT_WITHIN_MS 1000 /* of the lookup's start: hold-limit is near */
#define UNKNOWN_TTL_MIN	 30
#define UNKNOWN_TTL_SPAN 31

/*
 * What the zones say of one who stands well tells something of the zones.
 * Those that have not answered yet will be seen in late_answer().
 */
static void note_client(struct dnsbl *dnsbl, const struct dnsbl_lookup *lookup,
			const struct dnsbl_ticket *ticket)
{
	const struct dnsbl_lookups *lookups = &dnsbl->lookups;
	bool listed;

	if (!lookup->of.trusted && !dnsbl_lookup_is_allowed(lookups, lookup))
		return;
	for (uint32_t i = 0; i < DNSBL_WINDOW; i++) {
		struct dnsbl_query *query = &dnsbl->queries[i];

		if (query->used && query->ticket.lookup == ticket->lookup &&
		    query->ticket.generation == ticket->generation)
			query->trusted = true;
	}
	for (uint32_t i = 0; i < dnsbl->zone_count; i++)
		if (dnsbl_lookup_is_known(lookups, lookup, i, &listed))
			dnsbl_health_client(&dnsbl->zones[i],
					    &lookup->of.source, listed);
}

static void finish(struct dnsbl *dnsbl, struct dnsbl_lookup *lookup,
		   const struct dnsbl_decision *decision)
{
	struct dnsbl_result result = {
		.source = lookup->of.source,
		.priority = lookup->of.priority,
		.verdict = decision->verdict,
		.score = decision->score,
		.ttl_s = decision->ttl_s,
		.causes = dnsbl_lookup_causes(&dnsbl->lookups, lookup),
		.site_count = dnsbl->lookups.site_count,
		.sites = lookup->results,
	};
	struct dnsbl_ticket ticket =
		dnsbl_lookups_ticket(&dnsbl->lookups, lookup);

	if (result.verdict == VERDICT_UNKNOWN)
		result.ttl_s =
			UNKNOWN_TTL_MIN +
			(uint32_t)rand_r(&dnsbl->seed) % UNKNOWN_TTL_SPAN;
	dnsbl_lookups_end(&dnsbl->lookups, lookup);
	dnsbl_queue_release(dnsbl->queue, lookup->of.id);
	dnsbl->done(dnsbl->context, &result);
	/* After it is known: this may withdraw it. */
	note_client(dnsbl, lookup, &ticket);
}

void dnsbl_decide(struct dnsbl *dnsbl, struct dnsbl_lookup *lookup)
{
	const struct dnsbl_lookups *lookups = &dnsbl->lookups;
	struct dnsbl_decision decision;

	if (dnsbl_score_decide(lookups->sites, lookup->results,
			       lookups->site_count, lookups->threshold,
			       &decision))
		finish(dnsbl, lookup, &decision);
}

/*
 * A failure that comes at once is often over soon (a nameserver that starts,
 * one bad one of several), and a sender that is held can wait for a second
 * try.  Returns whether there will be one: one for each zone.
 */
static bool repeat_later(struct dnsbl *dnsbl, struct dnsbl_lookup *lookup,
			 uint32_t zone)
{
	uint64_t bit = UINT64_C(1) << zone, now_ms = dnsbl_now_ms(dnsbl);

	if (lookup->of.priority != DNSBL_HELD || lookup->repeated & bit ||
	    now_ms - lookup->started_ms > REPEAT_WITHIN_MS)
		return false;
	lookup->repeated |= bit;
	lookup->repeat |= bit;
	lookup->repeat_ms = now_ms + REPEAT_MS;
	return true;
}

static void repeat(struct dnsbl *dnsbl, struct dnsbl_lookup *lookup)
{
	struct dnsbl_ticket ticket =
		dnsbl_lookups_ticket(&dnsbl->lookups, lookup);

	for (uint32_t i = 0; i < dnsbl->zone_count; i++)
		if (lookup->repeat & UINT64_C(1) << i)
			dnsbl_zone_put(&dnsbl->zones[i], &ticket);
	lookup->repeat = 0;
}

void dnsbl_look_after(struct dnsbl *dnsbl)
{
	uint64_t now_ms = dnsbl_now_ms(dnsbl);

	for (uint32_t i = 0; i < DNSBL_LOOKUPS; i++) {
		struct dnsbl_lookup *lookup = &dnsbl->lookups.lookups[i];

		if (!lookup->active)
			continue;
		if (now_ms - lookup->started_ms >= LOOKUP_MS) {
			dnsbl_lookup_expire(&dnsbl->lookups, lookup);
			dnsbl_decide(dnsbl, lookup);
		} else if (lookup->repeat && now_ms >= lookup->repeat_ms) {
			repeat(dnsbl, lookup);
		}
	}
}

bool dnsbl_anybody_waits(const struct dnsbl *dnsbl)
{
	for (unsigned int i = 0; i < DNSBL_PRIORITIES; i++)
		if (dnsbl_queue_waiting(dnsbl->queue, i) > 0)
			return true;
	return false;
}

static bool take_token(struct dnsbl *dnsbl)
{
	uint64_t full = dnsbl->burst * 1000, now_ms = dnsbl_now_ms(dnsbl);

	if (dnsbl->rate == 0)
		return true;
	dnsbl->tokens += (now_ms - dnsbl->filled_ms) * dnsbl->rate;
	dnsbl->filled_ms = now_ms;
	if (dnsbl->tokens > full)
		dnsbl->tokens = full;
	if (dnsbl->tokens < 1000)
		return false;
	dnsbl->tokens -= 1000;
	return true;
}

/* Returns false when nothing waits, or nothing may be started now. */
static bool start_lookup(struct dnsbl *dnsbl)
{
	struct dnsbl_waiting waiting;
	struct dnsbl_lookup *lookup;
	struct dnsbl_ticket ticket;

	if (dnsbl->lookups.active == DNSBL_LOOKUPS ||
	    !dnsbl_anybody_waits(dnsbl) || !take_token(dnsbl) ||
	    !dnsbl_queue_take(dnsbl->queue, &waiting))
		return false;
	lookup = dnsbl_lookups_begin(&dnsbl->lookups, &waiting,
				     dnsbl_now_ms(dnsbl));
	dnsbl->counts.asked++;
	ticket = dnsbl_lookups_ticket(&dnsbl->lookups, lookup);
	for (uint32_t i = 0; i < dnsbl->zone_count; i++)
		dnsbl_zone_put(&dnsbl->zones[i], &ticket);
	dnsbl_decide(dnsbl, lookup);
	return true;
}

static void fail(struct dnsbl *dnsbl, struct dnsbl_lookup *lookup,
		 uint32_t zone, const char *why)
{
	dnsbl_lookup_fail(&dnsbl->lookups, lookup, zone, why);
	dnsbl_decide(dnsbl, lookup);
}

static void late_answer(struct dnsbl_zone *zone,
			const struct dnsbl_query *query,
			const struct answer *answer,
			const struct zone_finding *finding)
{
	uint32_t index = (uint32_t)(zone - zone->dnsbl->zones);

	if (query->trusted && finding->state == ZONE_OK)
		dnsbl_health_client(
			zone, &query->source,
			dnsbl_lookups_is_listing(&zone->dnsbl->lookups, index,
						 answer));
}

static void use_answer(struct dnsbl *dnsbl, const struct dnsbl_query *query,
		       const struct answer *answer,
		       const struct zone_finding *finding)
{
	uint32_t index = query->zone;
	struct dnsbl_zone *zone = &dnsbl->zones[index];
	struct dnsbl_lookup *lookup;
	bool doubted;

	/* Not before now: the finding may have ended it. */
	lookup = dnsbl_lookups_find(&dnsbl->lookups, &query->ticket);
	if (!lookup) {
		late_answer(zone, query, answer, finding);
		return;
	}
	if (zone->health.state != ZONE_OK) {
		fail(dnsbl, lookup, index, zone->health.why);
		return;
	}
	if (finding->state == ZONE_FAILING &&
	    repeat_later(dnsbl, lookup, index))
		return;
	if (finding->state != ZONE_OK) {
		fail(dnsbl, lookup, index, finding->why);
		return;
	}
	doubted = !dnsbl_health_is_confirmed(zone);
	if (dnsbl_lookup_answer(&dnsbl->lookups, lookup, index, answer,
				doubted))
		dnsbl_health_listed(zone);
	dnsbl_decide(dnsbl, lookup);
}

static void on_answer(void *context, const struct answer *answer)
{
	struct dnsbl_query *query = context;
	struct dnsbl *dnsbl = query->dnsbl;
	struct dnsbl_zone *zone = &dnsbl->zones[query->zone];
	const struct dnsbl_lookups *lookups = &dnsbl->lookups;
	struct zone_finding finding;

	query->used = false;
	query->next_unused = dnsbl->unused_query;
	dnsbl->unused_query = query;
	dnsbl->in_flight--;
	zone->in_flight--;
	if (dnsbl->closing) {
		dnsbl_free_when_idle(dnsbl);
		return;
	}
	dnsbl_code_judge(zone->name, lookups->sites, lookups->site_count,
			 answer, &finding);
	if (answer->kind != ANSWER_FAILED)
		latency_add(&zone->latency,
			    (uv_hrtime() - query->started_ns) / 1000);
	if (finding.state != ZONE_OK)
		zone->failed++;
	else if (answer->kind == ANSWER_RECORDS)
		zone->listed++;
	if (zone->health.state == ZONE_OK)
		dnsbl_health_answer(zone, &finding);
	use_answer(dnsbl, query, answer, &finding);
	dnsbl_pump(dnsbl);
}

static int ask(struct dnsbl *dnsbl, uint32_t zone,
	       const struct dnsbl_lookup *lookup,
	       const struct dnsbl_ticket *ticket)
{
	struct dnsbl_query *query = dnsbl->unused_query;
	char name[SITE_ZONE_MAX];
	int error;

	dnsbl_name(&lookup->of.source, dnsbl->zones[zone].name, name);
	error = resolver_ask(dnsbl->resolver, name, QUESTION_A, on_answer,
			     query);
	if (error)
		return error;
	dnsbl->unused_query = query->next_unused;
	query->used = true;
	query->ticket = *ticket;
	query->source = lookup->of.source;
	query->trusted = false;
	query->zone = zone;
	query->started_ns = uv_hrtime();
	dnsbl->in_flight++;
	dnsbl->zones[zone].in_flight++;
	dnsbl->zones[zone].queries++;
	return 0;
}

/* A zone alone may fill the window, one of several half of it. */
static bool has_room(const struct dnsbl *dnsbl, const struct dnsbl_zone *zone)
{
	return zone->in_flight <
	       (dnsbl->zone_count > 1 ? DNSBL_WINDOW / 2 : DNSBL_WINDOW);
}

/* Deals with the zone's next ticket; 0, or why that can't be done now. */
static int serve_zone(struct dnsbl *dnsbl, uint32_t index)
{
	struct dnsbl_zone *zone = &dnsbl->zones[index];
	struct dnsbl_lookup *lookup;
	struct dnsbl_ticket ticket;
	const char *why = NULL;
	int error;

	lookup = dnsbl_zone_first(zone, &ticket);
	if (!lookup)
		return -ENOENT;
	if (zone->health.state == ZONE_UNTESTED)
		return -EBUSY;
	if (zone->health.state != ZONE_OK) {
		why = zone->health.why;
	} else if (!has_room(dnsbl, zone)) {
		return -EBUSY;
	} else if (resolver_pending(dnsbl->resolver) >= RESOLVER_WINDOW) {
		return -EAGAIN;
	} else if (!dnsbl_health_take(zone, lookup->of.priority)) {
		why = "is asked no more today: its quota is used up";
	} else {
		error = ask(dnsbl, index, lookup, &ticket);
		if (error)
			why = "could not be asked";
	}
	dnsbl_zone_pop(zone);
	if (why)
		fail(dnsbl, lookup, index, why);
	return 0;
}

static int serve_next_zone(struct dnsbl *dnsbl)
{
	int error = -ENOENT;

	for (uint32_t i = 0; i < dnsbl->zone_count; i++) {
		uint32_t zone = dnsbl->zone_turn;

		dnsbl->zone_turn = (zone + 1) % dnsbl->zone_count;
		error = serve_zone(dnsbl, zone);
		if (error == 0 || error == -EAGAIN)
			break;
	}
	return error;
}

void dnsbl_pump(struct dnsbl *dnsbl)
{
	for (unsigned int i = 0; i < STEPS_MAX && dnsbl->unused_query; i++) {
		int error = serve_next_zone(dnsbl);

		if (error == -EAGAIN)
			break; /* others fill the window: the tick retries */
		if (error && !start_lookup(dnsbl))
			break;
	}
}
