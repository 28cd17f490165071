/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The targets of the prober: which there are, and when each is probed.
 */

#include "sources/health.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "core/log.h"
#include "sources/follow.h"
#include "sources/health_log.h"

#define DEFAULT_RECIPIENT "postmaster" /* RFC 5321, 4.5.1 */

struct target {
	struct health *health;
	size_t primary;
	struct addr addr;
	uv_timer_t timer;
	struct probe *probe; /* under way */
	bool hinted;	     /* the next probe is due to a hint */
	unsigned int noted;  /* reasons logged in this state, as bits */
	struct health_track track;
	struct probe_result last;
};

_Static_assert(PROBE_REASONS <= 32, "a reason is a bit of target.noted");

/* A primary without literal addresses. */
struct named {
	struct health *health;
	size_t primary;
	struct follow *follow[FAMILY_MAX];
	bool none[FAMILY_MAX]; /* it has no address of that family */
	bool own[FAMILY_MAX];  /* it has one of ours, and that was logged */
};

struct health {
	uv_loop_t *loop;
	const struct config *config;
	struct resolver *resolver;
	void (*changed)(void *context);
	void *context;
	struct health_rules rules;
	char helo[DIALOGUE_ARGUMENT_MAX + 1]; /* "": our address's literal */
	const char *recipient;
	uint64_t seed;
	struct target *targets[HEALTH_TARGETS_MAX];
	struct health_target view[HEALTH_TARGETS_MAX];
	size_t count;
	struct named named[CONFIG_PRIMARIES_MAX];
	size_t handles; /* timers that are not closed yet */
	bool closed;
};

static void on_due(uv_timer_t *timer);

static const char *name_of(const struct named *named)
{
	return named->health->config->primaries[named->primary].name;
}

static const struct config_primary *primary_of(const struct target *target)
{
	return &target->health->config->primaries[target->primary];
}

static struct health_target describe(const struct target *target)
{
	const struct health_track *track = &target->track;

	return (struct health_target){
		.name = primary_of(target)->name,
		.primary = target->primary,
		.addr = target->addr,
		.port = primary_of(target)->port,
		.state = track->state,
		.reason = target->last.reason,
		.error = target->last.error,
		.reply = target->last.reply,
		.since_ns = track->since_ns,
		.last_ns = track->last_ns,
		.last_good_ns = track->last_good_ns,
	};
}

/* What an admin should know although the state is the same: once for each. */
static bool is_noteworthy(enum probe_reason reason)
{
	return reason == PROBE_MALFORMED || reason == PROBE_LIMITED ||
	       reason == PROBE_LOCAL;
}

static void log_result(struct target *target, bool changed)
{
	struct health_target what = describe(target);
	unsigned int bit = 1U << what.reason;

	if (changed) {
		target->noted = 0;
		health_log_change(&what);
	} else if (is_noteworthy(what.reason) && !(target->noted & bit)) {
		health_log_probe(LOG_LEVEL_WARNING, &what);
	} else {
		health_log_probe(LOG_LEVEL_DEBUG, &what);
	}
	target->noted |= bit;
}

static void schedule(struct target *target, uint64_t now_ns)
{
	struct health *health = target->health;
	uint64_t delay_ms;

	delay_ms = health_track_delay_ms(&target->track, &health->rules,
					 health_random(&health->seed), now_ns);
	uv_timer_start(&target->timer, on_due, delay_ms, 0);
}

static void take_result(struct target *target,
			const struct probe_result *result)
{
	struct health *health = target->health;
	uint64_t now_ns = uv_hrtime();
	bool changed;

	target->last = *result;
	changed = health_track_result(&target->track, &health->rules,
				      result->reason, now_ns);
	log_result(target, changed);
	schedule(target, now_ns);
	if (changed)
		health->changed(health->context);
}

static void on_probe_done(void *context, const struct probe_result *result)
{
	struct target *target = context;

	target->probe = NULL;
	take_result(target, result);
}

static void on_due(uv_timer_t *timer)
{
	struct target *target = timer->data;
	struct health *health = target->health;
	bool doubt = target->hinted || health_track_in_doubt(&target->track);
	struct probe_target what = {
		.addr = target->addr,
		.port = primary_of(target)->port,
		.helo = health->helo[0] ? health->helo : NULL,
		.recipient = health->recipient,
		.connect_ms =
			doubt ? HEALTH_DOUBT_CONNECT_MS : HEALTH_CONNECT_MS,
		.greeting_ms = HEALTH_GREETING_MS,
		.timeout_ms = health->config->health.timeout_ms,
	};
	struct probe_result failed = {.reason = PROBE_LOCAL};

	target->hinted = false;
	failed.error = probe_start(health->loop, &what, on_probe_done, target,
				   &target->probe);
	if (failed.error)
		take_result(target, &failed);
}

static void on_close(uv_handle_t *handle)
{
	struct target *target = handle->data;
	struct health *health = target->health;

	free(target);
	if (--health->handles == 0 && health->closed)
		free(health);
}

static void drop_target(struct health *health, size_t index)
{
	struct target *target = health->targets[index];

	if (target->probe)
		probe_cancel(target->probe);
	uv_close((uv_handle_t *)&target->timer, on_close);
	health->count--;
	for (size_t i = index; i < health->count; i++)
		health->targets[i] = health->targets[i + 1];
}

static int add_target(struct health *health, size_t primary,
		      const struct addr *addr)
{
	struct target *target;

	if (health->count == HEALTH_TARGETS_MAX)
		return -ENOSPC;
	target = calloc(1, sizeof(*target));
	if (!target)
		return -ENOMEM;
	target->health = health;
	target->primary = primary;
	target->addr = *addr;
	health_track_init(&target->track, uv_hrtime());
	uv_timer_init(health->loop, &target->timer);
	target->timer.data = target;
	uv_timer_start(&target->timer, on_due, 0, 0);
	health->handles++;
	health->targets[health->count++] = target;
	return 0;
}

static bool is_own(const struct config *config, const struct addr *addr)
{
	struct addr any4 = addr_from_ipv4((struct in_addr){0});
	struct addr any6 = addr_from_ipv6(&in6addr_any);

	if (addr_equal(addr, &any4) || addr_equal(addr, &any6))
		return true;
	for (size_t i = 0; i < config->protect_count; i++)
		if (addr_equal(addr, &config->protect[i]))
			return true;
	return false;
}

static bool contains(const struct addr *addresses, size_t count,
		     const struct addr *addr)
{
	for (size_t i = 0; i < count; i++)
		if (addr_equal(&addresses[i], addr))
			return true;
	return false;
}

static bool is_target(const struct health *health, size_t primary,
		      const struct addr *addr)
{
	for (size_t i = 0; i < health->count; i++)
		if (health->targets[i]->primary == primary &&
		    addr_equal(&health->targets[i]->addr, addr))
			return true;
	return false;
}

static bool drop_vanished(struct named *named, enum family family,
			  const struct addr *addresses, size_t count)
{
	struct health *health = named->health;
	bool dropped = false;

	for (size_t i = health->count; i-- > 0;) {
		const struct target *target = health->targets[i];
		struct health_target what = describe(target);

		if (target->primary != named->primary ||
		    addr_family(&target->addr) != family ||
		    contains(addresses, count, &target->addr))
			continue;
		health_log_vanished(&what);
		drop_target(health, i);
		dropped = true;
	}
	return dropped;
}

/* Returns whether it is a new target. */
static bool watch(struct health *health, size_t primary,
		  const struct addr *addr)
{
	int error;

	if (is_target(health, primary, addr))
		return false;
	error = add_target(health, primary, addr);
	if (error)
		health_log_lost(health->config->primaries[primary].name, addr,
				error);
	return error == 0;
}

static bool add_new(struct named *named, enum family family,
		    const struct addr *addresses, size_t count)
{
	struct health *health = named->health;
	bool added = false;
	bool own = false;

	for (size_t i = 0; i < count; i++) {
		if (!is_own(health->config, &addresses[i])) {
			added |= watch(health, named->primary, &addresses[i]);
			continue;
		}
		if (!named->own[family])
			health_log_own(name_of(named), &addresses[i]);
		own = true;
	}
	named->own[family] = own;
	return added;
}

static void note_none(struct named *named, enum family family, bool none)
{
	bool other =
		named->none[family == FAMILY_IPV4 ? FAMILY_IPV6 : FAMILY_IPV4];

	if (none && other && !named->none[family])
		log_warning("primary %s has no address in DNS", name_of(named));
	named->none[family] = none;
}

static void on_found(void *context, enum family family,
		     const struct addr *addresses, size_t count)
{
	struct named *named = context;
	struct health *health = named->health;
	bool changed;

	changed = drop_vanished(named, family, addresses, count);
	changed |= add_new(named, family, addresses, count);
	note_none(named, family, count == 0);
	if (changed)
		health->changed(health->context);
}

static void follow_name(struct health *health, size_t primary)
{
	struct named *named = &health->named[primary];

	named->health = health;
	named->primary = primary;
	for (enum family family = 0; family < FAMILY_MAX; family++)
		if (follow_start(health->loop, health->resolver, name_of(named),
				 family, on_found, named,
				 &named->follow[family]) != 0)
			log_error("primary %s: out of memory", name_of(named));
}

static void add_primary(struct health *health, size_t index)
{
	const struct config_primary *primary =
		&health->config->primaries[index];

	if (primary->address_count == 0)
		follow_name(health, index);
	for (size_t i = 0; i < primary->address_count; i++) {
		if (is_own(health->config, &primary->addresses[i]))
			health_log_own(primary->name, &primary->addresses[i]);
		else
			watch(health, index, &primary->addresses[i]);
	}
}

/* A name without a dot, or "localhost...", is refused by careful servers. */
static void choose_helo(struct health *health)
{
	const char *helo = health->config->health.helo;
	char name[DIALOGUE_ARGUMENT_MAX + 1] = "";

	if (!helo && gethostname(name, sizeof(name) - 1) == 0 &&
	    strchr(name, '.') && strncmp(name, "localhost", 9) != 0 &&
	    dialogue_argument_valid(name))
		helo = name;
	if (helo)
		snprintf(health->helo, sizeof(health->helo), "%s", helo);
}

static uint64_t make_seed(void)
{
	uint64_t seed;

	/* Early in the boot; then the clock will do for jitter. */
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = uv_hrtime();
	return seed;
}

static bool arguments_valid(const struct config_health *config)
{
	return (!config->helo || dialogue_argument_valid(config->helo)) &&
	       (!config->recipient ||
		dialogue_argument_valid(config->recipient));
}

int health_create(uv_loop_t *loop, const struct config *config,
		  struct resolver *resolver, void (*changed)(void *context),
		  void *context, struct health **out)
{
	struct health *health;

	if (!arguments_valid(&config->health))
		return -EINVAL;
	health = calloc(1, sizeof(*health));
	if (!health)
		return -ENOMEM;
	health->loop = loop;
	health->config = config;
	health->resolver = resolver;
	health->changed = changed;
	health->context = context;
	health->rules.interval_ms = config->health.interval_ms;
	health->rules.fall = config->health.fall;
	health->rules.rise = config->health.rise;
	health->recipient = config->health.recipient ? config->health.recipient
						     : DEFAULT_RECIPIENT;
	health->seed = make_seed();
	choose_helo(health);
	for (size_t i = 0; i < config->primary_count; i++)
		add_primary(health, i);
	*out = health;
	return 0;
}

void health_hint(struct health *health, enum family family)
{
	uint64_t now_ns = uv_hrtime();

	for (size_t i = 0; i < health->count; i++) {
		struct target *target = health->targets[i];

		if (addr_family(&target->addr) != family || target->hinted ||
		    !health_track_hint_useful(&target->track, now_ns))
			continue;
		if (target->probe) {
			probe_hurry(target->probe, HEALTH_DOUBT_CONNECT_MS);
		} else if (health_track_take_hint(&target->track, now_ns)) {
			target->hinted = true;
			uv_timer_start(&target->timer, on_due, 0, 0);
		}
	}
}

const struct health_target *health_targets(struct health *health, size_t *count)
{
	for (size_t i = 0; i < health->count; i++)
		health->view[i] = describe(health->targets[i]);
	*count = health->count;
	return health->view;
}

void health_close(struct health *health)
{
	for (size_t i = 0; i < health->config->primary_count; i++)
		for (enum family family = 0; family < FAMILY_MAX; family++)
			if (health->named[i].follow[family])
				follow_close(health->named[i].follow[family]);
	while (health->count > 0)
		drop_target(health, health->count - 1);
	health->closed = true;
	if (health->handles == 0)
		free(health);
}
