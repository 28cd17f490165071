/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Zones are tested from time to time, and their listings are confirmed: a
 * listing counts when a test that looked for what must not be listed has
 * passed lately.  So a list that begins to name the whole world is found out
 * before anybody is refused for it, or within seconds after.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/log.h"
#include "sources/dnsbl_engine.h"

#define TICK_MS	   1000
#define CONFIRM_MS 10000 /* how long a test confirms listings */
#define TESTS_MAX  16	 /* zones at a time */
#define SAY_MS	   60000 /* between two lines about the same */

static uint64_t wall_clock_s(void)
{
	return (uint64_t)time(NULL);
}

/* ---- what follows from a state ---- */

/* Nothing that the zone has said so far counts any more. */
static void withdraw(struct dnsbl_zone *zone)
{
	struct dnsbl *dnsbl = zone->dnsbl;
	uint32_t index = (uint32_t)(zone - dnsbl->zones);

	for (uint32_t i = 0; i < DNSBL_LOOKUPS; i++) {
		struct dnsbl_lookup *lookup = &dnsbl->lookups.lookups[i];

		if (!lookup->active)
			continue;
		dnsbl_lookup_fail(&dnsbl->lookups, lookup, index,
				  zone->health.why);
		dnsbl_decide(dnsbl, lookup);
	}
	if (dnsbl->withdrawn)
		dnsbl->withdrawn(dnsbl->context, UINT64_C(1) << index,
				 zone->shown);
}

static void on_changed(struct dnsbl_zone *zone, enum zone_state before)
{
	const struct zone *health = &zone->health;

	if (health->state != ZONE_OK)
		zone->confirmed_ms = 0;
	if (health->state == ZONE_OK && before == ZONE_UNTESTED)
		log_info("zone %s passes its self-test", zone->shown);
	else if (health->state == ZONE_OK)
		log_notice("zone %s counts again: it passes its self-test",
			   zone->shown);
	else
		log_warning("zone %s is left out: %s%s%s", zone->shown,
			    health->why, health->remedy ? "; " : "",
			    health->remedy ? health->remedy : "");
	if (health->state == ZONE_WORLD)
		withdraw(zone);
}

/* Not for each question: once in a while tells enough. */
static void say_failure(struct dnsbl_zone *zone, const char *why)
{
	uint64_t now_ms = dnsbl_now_ms(zone->dnsbl);

	if (zone->said_ms > 0 && now_ms - zone->said_ms < SAY_MS)
		return;
	zone->said_ms = now_ms;
	log_info("zone %s: %s, so nothing is known of a source", zone->shown,
		 why);
}

void dnsbl_health_answer(struct dnsbl_zone *zone,
			 const struct zone_finding *finding)
{
	enum zone_state before = zone->health.state;

	if (finding->state == ZONE_OK)
		zone->answered_since = true;
	else
		say_failure(zone, finding->why);
	if (zone_note_answer(&zone->health, dnsbl_now_ms(zone->dnsbl), finding))
		on_changed(zone, before);
}

/* ---- confirmation ---- */

bool dnsbl_health_is_confirmed(const struct dnsbl_zone *zone)
{
	return zone->confirmed_ms > 0 &&
	       dnsbl_now_ms(zone->dnsbl) - zone->confirmed_ms < CONFIRM_MS;
}

static void start_test(struct dnsbl_zone *zone, enum zone_test_kind kind)
{
	struct dnsbl *dnsbl = zone->dnsbl;
	const struct addr *own = NULL;

	if (zone->test.running)
		return;
	if (kind == ZONE_TEST_FULL && zone->blocks && dnsbl->own_count > 0) {
		zone->own_turn = (zone->own_turn + 1) % dnsbl->own_count;
		own = &dnsbl->own[zone->own_turn];
	}
	zone->test_started_ms = dnsbl_now_ms(dnsbl);
	zone->answered_since = false;
	dnsbl->in_flight++;
	zone_test_start(&zone->test, kind, (uint32_t)rand_r(&dnsbl->seed), own);
}

void dnsbl_health_listed(struct dnsbl_zone *zone)
{
	zone->listed_since = true;
	if (!dnsbl_health_is_confirmed(zone))
		start_test(zone, ZONE_TEST_CONFIRM);
}

/* Listings that waited for the test count now, or never. */
static void settle_doubts(struct dnsbl_zone *zone, bool confirmed)
{
	struct dnsbl *dnsbl = zone->dnsbl;
	uint32_t index = (uint32_t)(zone - dnsbl->zones);

	for (uint32_t i = 0; i < DNSBL_LOOKUPS; i++) {
		struct dnsbl_lookup *lookup = &dnsbl->lookups.lookups[i];

		if (!lookup->active ||
		    !dnsbl_lookup_confirm(&dnsbl->lookups, lookup, index))
			continue;
		if (!confirmed)
			dnsbl_lookup_fail(&dnsbl->lookups, lookup, index,
					  "fails its self-test");
		dnsbl_decide(dnsbl, lookup);
	}
}

/* ---- tests ---- */

static void report_own(struct dnsbl_zone *zone)
{
	const struct zone_test *test = &zone->test;
	const uint8_t *code = test->own_code;
	uint64_t bit = UINT64_C(1) << zone->own_turn;
	char text[ADDR_TEXT];

	if (!test->has_own || test->own_listed == !!(zone->own_listed & bit))
		return;
	zone->own_listed ^= bit;
	addr_format(&test->own, text);
	if (test->own_listed)
		log_warning("our own address %s is listed: %s=%u.%u.%u.%u; "
			    "others may refuse its mail",
			    text, zone->shown, code[0], code[1], code[2],
			    code[3]);
	else
		log_notice("our own address %s is no longer listed by %s", text,
			   zone->shown);
}

/*
 * A test that fails late tells of an outage that was: when the zone has
 * answered others meanwhile, one more test tells how it is now.
 */
static bool is_overtaken(struct dnsbl_zone *zone,
			 const struct zone_finding *finding)
{
	zone->test_repeated = finding->state == ZONE_FAILING &&
			      zone->answered_since && !zone->test_repeated;
	return zone->test_repeated;
}

static void on_test(struct zone_test *test, const struct zone_finding *finding)
{
	struct dnsbl_zone *zone = test->context;
	struct dnsbl *dnsbl = zone->dnsbl;
	enum zone_state before = zone->health.state;
	uint64_t now_ms = dnsbl_now_ms(dnsbl);
	bool well;

	dnsbl->in_flight--;
	if (!finding) {
		dnsbl_free_when_idle(dnsbl);
		return;
	}
	if (is_overtaken(zone, finding)) {
		start_test(zone, test->kind);
		return;
	}
	well = finding->state == ZONE_OK;
	if (well) {
		zone->confirmed_ms = zone->test_started_ms;
		zone->listed_since = false;
	}
	/* Half a test that passes is none, but one that fails is enough. */
	if (!well || test->kind == ZONE_TEST_FULL) {
		if (well)
			report_own(zone);
		if (zone_note_test(&zone->health, now_ms, finding))
			on_changed(zone, before);
	}
	settle_doubts(zone, well);
	dnsbl_pump(dnsbl);
}

static bool is_due(const struct dnsbl_zone *zone, enum zone_test_kind *kind)
{
	uint64_t now_ms = dnsbl_now_ms(zone->dnsbl);

	*kind = ZONE_TEST_FULL;
	if (zone_test_due(&zone->health, now_ms))
		return true;
	*kind = ZONE_TEST_CONFIRM;
	return zone->listed_since && zone->health.state == ZONE_OK &&
	       !dnsbl_health_is_confirmed(zone);
}

static void run_tests(struct dnsbl *dnsbl)
{
	unsigned int running = 0;

	for (uint32_t i = 0; i < dnsbl->zone_count; i++) {
		zone_test_resume(&dnsbl->zones[i].test);
		running += dnsbl->zones[i].test.running;
	}
	for (uint32_t i = 0; i < dnsbl->zone_count && running < TESTS_MAX;
	     i++) {
		struct dnsbl_zone *zone = &dnsbl->zones[i];
		enum zone_test_kind kind;

		if (zone->test.running || !is_due(zone, &kind))
			continue;
		start_test(zone, kind);
		running++;
	}
}

/* ---- overload, quota, breaker ---- */

/* How many there are that the log was not told of; 0: not now. */
static uint64_t count_unsaid(struct dnsbl_said *said, uint64_t count,
			     uint64_t now_ms)
{
	uint64_t unsaid = count - said->count;

	if (unsaid == 0 || (said->ms > 0 && now_ms - said->ms < SAY_MS))
		return 0;
	*said = (struct dnsbl_said){count, now_ms};
	return unsaid;
}

static void report_shed(struct dnsbl *dnsbl)
{
	uint64_t shed =
		count_unsaid(&dnsbl->shed_said,
			     dnsbl->counts.shed + dnsbl->counts.shed_network,
			     dnsbl_now_ms(dnsbl));

	if (shed > 0)
		log_warning("overload: nothing is known of some sources, as "
			    "they were not looked up: %" PRIu64,
			    shed);
}

static void report_put_off(struct dnsbl *dnsbl)
{
	uint64_t put_off =
		count_unsaid(&dnsbl->put_off_said, dnsbl->counts.put_off,
			     dnsbl_now_ms(dnsbl));

	if (put_off > 0)
		log_warning("more new sources come than the quota lasts for, "
			    "so they are not looked up until they come "
			    "again: %" PRIu64,
			    put_off);
}

bool dnsbl_health_take(struct dnsbl_zone *zone, enum dnsbl_priority priority)
{
	uint64_t now_s = wall_clock_s();
	bool taken = quota_take(&zone->quota, now_s, priority);
	bool rests = quota_rests(&zone->quota, now_s);
	bool over = rests || quota_exhausted(&zone->quota, now_s);

	if (rests && !taken && !zone->over_quota)
		log_warning("zone %s: half of what was left of the quota went "
			    "within a 24th of its period, so nothing is known "
			    "of a source till that is over",
			    zone->shown);
	else if (over && !taken && !zone->over_quota)
		log_warning("zone %s: the quota of %" PRIu64
			    " lookups is used up, so nothing is known of a "
			    "source till the next period begins",
			    zone->shown, zone->quota.limit);
	if (!over && zone->over_quota)
		log_notice("zone %s is asked again, within its quota",
			   zone->shown);
	zone->over_quota = over && (zone->over_quota || !taken);
	return taken;
}

void dnsbl_health_client(struct dnsbl_zone *zone, const struct addr *source,
			 bool listed)
{
	enum zone_state before = zone->health.state;

	if (before == ZONE_OK && zone->blocks &&
	    zone_note_client(&zone->health, dnsbl_now_ms(zone->dnsbl), source,
			     listed))
		on_changed(zone, before);
}

/* ---- timer ---- */

static void on_tick(uv_timer_t *timer)
{
	struct dnsbl *dnsbl = timer->data;

	run_tests(dnsbl);
	report_shed(dnsbl);
	report_put_off(dnsbl);
	dnsbl_log_omitted(&dnsbl->log, dnsbl_now_ms(dnsbl));
}

void dnsbl_health_start(struct dnsbl *dnsbl)
{
	uint64_t now_ms = dnsbl_now_ms(dnsbl);

	for (uint32_t i = 0; i < dnsbl->zone_count; i++) {
		struct dnsbl_zone *zone = &dnsbl->zones[i];

		zone_init(&zone->health, now_ms,
			  (unsigned int)rand_r(&dnsbl->seed));
		zone->test = (struct zone_test){
			.resolver = dnsbl->resolver,
			.zone = zone->name,
			.sites = dnsbl->lookups.sites,
			.site_count = dnsbl->lookups.site_count,
			.done = on_test,
			.context = zone,
		};
	}
	uv_timer_start(&dnsbl->health, on_tick, 0, TICK_MS);
}
