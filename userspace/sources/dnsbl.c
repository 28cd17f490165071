/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine's life, and what others may ask of it. */

#include "sources/dnsbl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sources/dnsbl_engine.h"

#define TICK_MS	    100
#define REFRESH_MAX 4096
#define PREWARM_MAX 1024
#define RATE	    1000
#define BURST	    2000
#define HELD_MAX    (2 * RATE) /* who waits last is served within hold-limit */
#define HANDLES	    3

uint64_t dnsbl_now_ms(const struct dnsbl *dnsbl)
{
	return uv_now(dnsbl->loop);
}

static uint64_t wall_clock_s(void)
{
	return (uint64_t)time(NULL);
}

/* ---- asking ---- */

static void on_kick(uv_idle_t *kick)
{
	uv_idle_stop(kick);
	dnsbl_pump(kick->data);
}

static void on_tick(uv_timer_t *tick)
{
	struct dnsbl *dnsbl = tick->data;

	dnsbl_look_after(dnsbl);
	dnsbl_pump(dnsbl);
	if (dnsbl->lookups.active == 0 && !dnsbl_anybody_waits(dnsbl))
		uv_timer_stop(tick);
}

static void run(struct dnsbl *dnsbl)
{
	uv_idle_start(&dnsbl->kick, on_kick);
	if (!uv_is_active((uv_handle_t *)&dnsbl->tick))
		uv_timer_start(&dnsbl->tick, on_tick, TICK_MS, TICK_MS);
}

/* A refresh costs a network nothing: it had to pay for the first lookup. */
static bool network_may(struct dnsbl *dnsbl, const struct addr *source,
			enum dnsbl_priority priority)
{
	if (dnsbl->rate == 0 || priority == DNSBL_REFRESH ||
	    dnsbl_queue_has(dnsbl->queue, source))
		return true;
	return dnsbl_budget_take(dnsbl->budget, source, dnsbl_now_ms(dnsbl));
}

static int shed(struct dnsbl *dnsbl, uint64_t *count)
{
	++*count;
	dnsbl->shed_ms = dnsbl_now_ms(dnsbl);
	return -EAGAIN;
}

static bool quota_short(const struct dnsbl *dnsbl)
{
	size_t waiting = dnsbl_queue_waiting(dnsbl->queue, DNSBL_HELD);
	uint64_t now_s = wall_clock_s();

	for (uint32_t i = 0; i < dnsbl->zone_count; i++)
		if (quota_is_short(&dnsbl->zones[i].quota, now_s, waiting))
			return true;
	return false;
}

/* Whoever forges his address is not heard of a second time. */
static bool may_be_forged(const struct dnsbl *dnsbl, const struct addr *source,
			  enum dnsbl_priority priority)
{
	return priority == DNSBL_HELD && quota_short(dnsbl) &&
	       !dnsbl_queue_has(dnsbl->queue, source) &&
	       !dnsbl_again_note(dnsbl->again, source, dnsbl_now_ms(dnsbl));
}

int dnsbl_ask(struct dnsbl *dnsbl, const struct addr *source,
	      enum dnsbl_priority priority)
{
	/* Before its network has to pay for it. */
	if (may_be_forged(dnsbl, source, priority)) {
		dnsbl->counts.put_off++;
		return -EAGAIN;
	}
	if (!network_may(dnsbl, source, priority))
		return shed(dnsbl, &dnsbl->counts.shed_network);
	if (dnsbl_queue_put(dnsbl->queue, source, priority))
		return shed(dnsbl, &dnsbl->counts.shed);
	run(dnsbl);
	return 0;
}

int dnsbl_ask_trusted(struct dnsbl *dnsbl, const struct addr *source,
		      enum dnsbl_priority priority)
{
	int error = dnsbl_ask(dnsbl, source, priority);

	if (!error)
		dnsbl_queue_trust(dnsbl->queue, source);
	return error;
}

/* ---- life ---- */

static void free_dnsbl(struct dnsbl *dnsbl)
{
	dnsbl_queue_free(dnsbl->queue);
	dnsbl_budget_free(dnsbl->budget);
	dnsbl_again_free(dnsbl->again);
	dnsbl_lookups_free(&dnsbl->lookups);
	free(dnsbl->zones);
	free(dnsbl);
}

void dnsbl_free_when_idle(struct dnsbl *dnsbl)
{
	if (dnsbl->handles == 0 && dnsbl->in_flight == 0)
		free_dnsbl(dnsbl);
}

static uint32_t find_zone(const struct dnsbl *dnsbl, const char *name)
{
	uint32_t zone = 0;

	while (zone < dnsbl->zone_count &&
	       strcmp(dnsbl->zones[zone].name, name) != 0)
		zone++;
	return zone;
}

static int add_zones(struct dnsbl *dnsbl, const struct config_dnsbl *config)
{
	dnsbl->zones = calloc(DNSBL_ZONES_MAX, sizeof(*dnsbl->zones));
	if (!dnsbl->zones)
		return -ENOMEM;
	for (size_t i = 0; i < config->site_count; i++) {
		const struct site *site = &config->sites[i];
		uint32_t index = find_zone(dnsbl, site->zone);
		struct dnsbl_zone *zone = &dnsbl->zones[index];

		if (index == DNSBL_ZONES_MAX)
			return -E2BIG;
		dnsbl->lookups.zone_of[i] = (uint8_t)index;
		zone->blocks = zone->blocks || site->weight > 0;
		if (index < dnsbl->zone_count)
			continue;
		dnsbl->zone_count++;
		zone->dnsbl = dnsbl;
		memcpy(zone->name, site->zone, sizeof(zone->name));
		site_redact(site->zone, zone->shown);
		quota_init(&zone->quota, config->quota,
			   config->quota_period_ms / 1000);
	}
	return 0;
}

static int allocate(struct dnsbl *dnsbl, const struct config_dnsbl *config)
{
	static const uint32_t sizes[DNSBL_PRIORITIES] = {
		[DNSBL_HELD] = HELD_MAX,
		[DNSBL_REFRESH] = REFRESH_MAX,
		[DNSBL_PREWARM] = PREWARM_MAX,
	};
	int error;

	dnsbl->queue = dnsbl_queue_create(sizes, DNSBL_LOOKUPS);
	dnsbl->budget = dnsbl_budget_create();
	dnsbl->again = dnsbl_again_create();
	if (!dnsbl->queue || !dnsbl->budget || !dnsbl->again)
		return -ENOMEM;
	for (uint32_t i = 0; i < DNSBL_WINDOW; i++) {
		dnsbl->queries[i].dnsbl = dnsbl;
		dnsbl->queries[i].next_unused = dnsbl->unused_query;
		dnsbl->unused_query = &dnsbl->queries[i];
	}
	error = dnsbl_lookups_init(&dnsbl->lookups, config->sites,
				   config->site_count, config->threshold);
	if (error)
		return error;
	return add_zones(dnsbl, config);
}

int dnsbl_create(uv_loop_t *loop, const struct config_dnsbl *config,
		 struct resolver *resolver, dnsbl_done *done, void *context,
		 struct dnsbl **out)
{
	struct dnsbl *dnsbl;
	int error;

	if (config->site_count > DNSBL_SITES_MAX)
		return -E2BIG;
	if (config->threshold < 1)
		return -EINVAL; /* it would list who is on no list */
	dnsbl = calloc(1, sizeof(*dnsbl));
	if (!dnsbl)
		return -ENOMEM;
	dnsbl->loop = loop;
	dnsbl->resolver = resolver;
	dnsbl->done = done;
	dnsbl->context = context;
	dnsbl->handles = HANDLES;
	dnsbl->seed = (unsigned int)uv_hrtime();
	dnsbl_limit(dnsbl, RATE, BURST);
	error = allocate(dnsbl, config);
	if (error) {
		free_dnsbl(dnsbl);
		return error;
	}
	uv_idle_init(loop, &dnsbl->kick);
	uv_timer_init(loop, &dnsbl->tick);
	uv_timer_init(loop, &dnsbl->health);
	dnsbl->kick.data = dnsbl;
	dnsbl->tick.data = dnsbl;
	dnsbl->health.data = dnsbl;
	dnsbl_health_start(dnsbl);
	*out = dnsbl;
	return 0;
}

void dnsbl_on_withdrawn(struct dnsbl *dnsbl, dnsbl_withdrawn *withdrawn)
{
	dnsbl->withdrawn = withdrawn;
}

void dnsbl_limit(struct dnsbl *dnsbl, uint32_t per_second, uint32_t burst)
{
	dnsbl->rate = per_second;
	dnsbl->burst = burst;
	dnsbl->tokens = dnsbl->burst * 1000;
	dnsbl->filled_ms = dnsbl_now_ms(dnsbl);
}

void dnsbl_own(struct dnsbl *dnsbl, const struct addr *own, size_t count)
{
	if (count > DNSBL_OWN_MAX)
		count = DNSBL_OWN_MAX;
	if (count > 0)
		memcpy(dnsbl->own, own, count * sizeof(*own));
	dnsbl->own_count = count;
	for (uint32_t i = 0; i < dnsbl->zone_count; i++)
		dnsbl->zones[i].own_listed = 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct dnsbl *dnsbl = handle->data;

	dnsbl->handles--;
	dnsbl_free_when_idle(dnsbl);
}

void dnsbl_close(struct dnsbl *dnsbl)
{
	dnsbl->closing = true;
	for (uint32_t i = 0; i < dnsbl->zone_count; i++) {
		struct zone_test *test = &dnsbl->zones[i].test;

		if (test->running && !zone_test_stop(test))
			dnsbl->in_flight--;
	}
	uv_close((uv_handle_t *)&dnsbl->kick, on_closed);
	uv_close((uv_handle_t *)&dnsbl->tick, on_closed);
	uv_close((uv_handle_t *)&dnsbl->health, on_closed);
}

/* ---- status ---- */

void dnsbl_log_listing(struct dnsbl *dnsbl, const struct dnsbl_result *result,
		       const char *id)
{
	dnsbl_log_line(&dnsbl->log, dnsbl_now_ms(dnsbl), &result->source, id,
		       result->score, dnsbl->lookups.sites, result->sites,
		       result->site_count);
}

static void describe(const struct dnsbl_zone *zone,
		     struct dnsbl_zone_status *out)
{
	const struct zone *health = &zone->health;
	bool over = quota_exhausted(&zone->quota, wall_clock_s());
	bool rests = quota_rests(&zone->quota, wall_clock_s());
	enum zone_state state = health->state;

	*out = (struct dnsbl_zone_status){
		.zone = zone->shown,
		.reason = health->why ? health->why : "",
		.remedy = health->remedy ? health->remedy : "",
		.state_s =
			(double)(dnsbl_now_ms(zone->dnsbl) - health->since_ms) /
			1e3,
		.queries = zone->queries,
		.listed = zone->listed,
		.failed = zone->failed,
		.waiting = dnsbl_zone_waiting(zone),
		.in_flight = zone->in_flight,
		.p50_s = (double)latency_percentile(&zone->latency, 50) / 1e6,
		.p99_s = (double)latency_percentile(&zone->latency, 99) / 1e6,
		.used = zone->quota.used,
		.limit = zone->quota.limit,
	};
	if (state == ZONE_OK && over) {
		state = ZONE_OVER_QUOTA;
		out->reason = "is asked no more: its quota is used up";
		out->remedy = "raise dnsbl.quota if its terms of use allow";
	}
	if (state == ZONE_OK && rests) {
		state = ZONE_OVER_QUOTA;
		out->reason = "is asked no more for a while: half of what was "
			      "left of its quota is used up";
		out->remedy = "raise dnsbl.quota if its terms of use allow";
	}
	out->state = zone_state_name(state);
}

void dnsbl_zones(const struct dnsbl *dnsbl,
		 void (*each)(void *context,
			      const struct dnsbl_zone_status *zone),
		 void *context)
{
	for (uint32_t i = 0; i < dnsbl->zone_count; i++) {
		struct dnsbl_zone_status status;

		describe(&dnsbl->zones[i], &status);
		each(context, &status);
	}
}

void dnsbl_status(const struct dnsbl *dnsbl, struct dnsbl_status *out)
{
	*out = dnsbl->counts;
	for (unsigned int i = 0; i < DNSBL_PRIORITIES; i++)
		out->waiting[i] = dnsbl_queue_waiting(dnsbl->queue, i);
	out->active = dnsbl->lookups.active;
	out->shed_s =
		dnsbl->shed_ms
			? (double)(dnsbl_now_ms(dnsbl) - dnsbl->shed_ms) / 1e3
			: -1;
}

void dnsbl_quota_save(const struct dnsbl *dnsbl,
		      void (*each)(void *context,
				   const struct dnsbl_quota *quota),
		      void *context)
{
	for (uint32_t i = 0; i < dnsbl->zone_count; i++) {
		const struct dnsbl_zone *zone = &dnsbl->zones[i];
		struct dnsbl_quota quota = {
			.zone = zone->name,
			.started_s = zone->quota.started_s,
			.used = zone->quota.used,
			.prewarmed = zone->quota.prewarmed,
		};

		if (quota.used > 0)
			each(context, &quota);
	}
}

void dnsbl_quota_restore(struct dnsbl *dnsbl, const struct dnsbl_quota *quota)
{
	uint32_t zone = find_zone(dnsbl, quota->zone);

	if (zone < dnsbl->zone_count)
		quota_restore(&dnsbl->zones[zone].quota, wall_clock_s(),
			      quota->started_s, quota->used, quota->prewarmed);
}
