/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The probers: which there are, and when each probes.
 */

#include "sources/health.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "sources/health_log.h"

#define DEFAULT_RECIPIENT "postmaster" /* RFC 5321, 4.5.1 */

struct health_prober {
	struct health *health;
	struct health_user *users; /* at least one */
	struct addr addr;
	uint16_t port;
	uv_timer_t timer;
	struct probe *probe; /* under way */
	bool hinted;	     /* the next probe is due to a hint */
	bool doubted;	     /* the one under way is, or confirms a bad one */
	unsigned int noted;  /* reasons logged in this state, as bits */
	struct health_track track;
	struct probe_result last;
};

_Static_assert(PROBE_REASONS <= 32, "a reason is a bit of `noted`");

struct health {
	uv_loop_t *loop;
	const struct config_health *config;
	void (*changed)(void *context);
	void *context;
	struct health_rules rules;
	char helo[DIALOGUE_ARGUMENT_MAX + 1]; /* "": our address's literal */
	uint64_t seed;
	struct health_prober *probers[HEALTH_TARGETS_MAX];
	struct health_target view[HEALTH_TARGETS_MAX];
	size_t count;
	size_t handles; /* timers that are not closed yet */
	bool closed;
};

static void on_due(uv_timer_t *timer);

static struct health_target describe(const struct health_prober *prober)
{
	const struct health_track *track = &prober->track;

	return (struct health_target){
		.name = prober->users->name,
		.addr = prober->addr,
		.port = prober->port,
		.state = track->state,
		.reason = prober->last.reason,
		.error = prober->last.error,
		.reply = prober->last.reply,
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

static void log_result(struct health_prober *prober, bool changed)
{
	struct health_target what = describe(prober);
	unsigned int bit = 1U << what.reason;

	if (changed) {
		prober->noted = 0;
		health_log_change(&what);
	} else if (is_noteworthy(what.reason) && !(prober->noted & bit)) {
		health_log_probe(LOG_LEVEL_WARNING, &what);
	} else {
		health_log_probe(LOG_LEVEL_DEBUG, &what);
	}
	prober->noted |= bit;
}

static void schedule(struct health_prober *prober, uint64_t now_ns)
{
	struct health *health = prober->health;
	uint64_t delay_ms;

	delay_ms = health_track_delay_ms(&prober->track, &health->rules,
					 health_random(&health->seed), now_ns);
	uv_timer_start(&prober->timer, on_due, delay_ms, 0);
}

static bool in_doubt(const struct health_prober *prober)
{
	return prober->track.state == HEALTH_UP &&
	       (prober->hinted || prober->doubted ||
		health_track_in_doubt(&prober->track));
}

static void take_result(struct health_prober *prober,
			const struct probe_result *result)
{
	struct health *health = prober->health;
	bool doubted = in_doubt(prober);
	uint64_t now_ns = uv_hrtime();
	bool changed;

	prober->last = *result;
	prober->doubted = false;
	changed = health_track_result(&prober->track, &health->rules,
				      result->reason, now_ns);
	log_result(prober, changed);
	schedule(prober, now_ns);
	if (changed || doubted != in_doubt(prober))
		health->changed(health->context);
}

static void on_probe_done(void *context, const struct probe_result *result)
{
	struct health_prober *prober = context;

	prober->probe = NULL;
	take_result(prober, result);
}

static const char *recipient_of(const struct health_prober *prober)
{
	const struct health_user *user = prober->users;

	if (prober->health->config->recipient)
		return prober->health->config->recipient;
	while (user && !user->recipient)
		user = user->next;
	return user ? user->recipient : DEFAULT_RECIPIENT;
}

static const struct addr *source_for(const struct health_prober *prober)
{
	const struct config_health *config = prober->health->config;

	for (size_t i = 0; i < config->source_count; i++)
		if (addr_family(&config->source[i]) ==
		    addr_family(&prober->addr))
			return &config->source[i];
	return NULL;
}

static void on_due(uv_timer_t *timer)
{
	struct health_prober *prober = timer->data;
	struct health *health = prober->health;
	bool doubt = prober->hinted || health_track_in_doubt(&prober->track);
	struct probe_target what = {
		.addr = prober->addr,
		.port = prober->port,
		.source = source_for(prober),
		.helo = health->helo[0] ? health->helo : NULL,
		.recipient = recipient_of(prober),
		.connect_ms =
			doubt ? HEALTH_DOUBT_CONNECT_MS : HEALTH_CONNECT_MS,
		.greeting_ms = HEALTH_GREETING_MS,
		.timeout_ms = health->config->timeout_ms,
		.starttls = health->config->starttls,
	};
	struct probe_result failed = {.reason = PROBE_LOCAL};

	prober->hinted = false;
	prober->doubted = doubt;
	failed.error = probe_start(health->loop, &what, on_probe_done, prober,
				   &prober->probe);
	if (failed.error)
		take_result(prober, &failed);
}

static void on_close(uv_handle_t *handle)
{
	struct health_prober *prober = handle->data;
	struct health *health = prober->health;

	free(prober);
	if (--health->handles == 0 && health->closed)
		free(health);
}

static void drop_prober(struct health_prober *prober)
{
	struct health *health = prober->health;
	size_t index = 0;

	if (prober->probe)
		probe_cancel(prober->probe);
	uv_close((uv_handle_t *)&prober->timer, on_close);
	while (health->probers[index] != prober)
		index++;
	health->count--;
	for (size_t i = index; i < health->count; i++)
		health->probers[i] = health->probers[i + 1];
}

static struct health_prober *find_prober(const struct health *health,
					 const struct addr *addr, uint16_t port)
{
	for (size_t i = 0; i < health->count; i++)
		if (health->probers[i]->port == port &&
		    addr_equal(&health->probers[i]->addr, addr))
			return health->probers[i];
	return NULL;
}

static struct health_prober *add_prober(struct health *health,
					const struct addr *addr, uint16_t port)
{
	struct health_prober *prober = calloc(1, sizeof(*prober));

	if (!prober)
		return NULL;
	prober->health = health;
	prober->addr = *addr;
	prober->port = port;
	health_track_init(&prober->track, uv_hrtime());
	uv_timer_init(health->loop, &prober->timer);
	prober->timer.data = prober;
	uv_timer_start(&prober->timer, on_due, 0, 0);
	health->handles++;
	health->probers[health->count++] = prober;
	return prober;
}

int health_join(struct health *health, const struct addr *addr, uint16_t port,
		struct health_user *user)
{
	struct health_prober *prober = find_prober(health, addr, port);
	struct health_user **end;

	if (!prober && health->count == HEALTH_TARGETS_MAX)
		return -ENOSPC;
	if (!prober)
		prober = add_prober(health, addr, port);
	if (!prober)
		return -ENOMEM;
	end = &prober->users;
	while (*end)
		end = &(*end)->next;
	user->prober = prober;
	user->next = NULL;
	*end = user;
	return 0;
}

void health_leave(struct health_user *user)
{
	struct health_prober *prober = user->prober;
	struct health_user **link = &prober->users;

	while (*link != user)
		link = &(*link)->next;
	*link = user->next;
	user->prober = NULL;
	if (!prober->users)
		drop_prober(prober);
}

enum health_state health_state_of(const struct health_user *user)
{
	return user->prober->track.state;
}

bool health_in_doubt(const struct health_user *user)
{
	return in_doubt(user->prober);
}

struct health_target health_describe(const struct health_user *user)
{
	struct health_target what = describe(user->prober);

	what.name = user->name;
	return what;
}

/* A name without a dot, or "localhost...", is refused by careful servers. */
static void choose_helo(struct health *health)
{
	const char *helo = health->config->helo;
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

int health_create(uv_loop_t *loop, const struct config_health *config,
		  void (*changed)(void *context), void *context,
		  struct health **out)
{
	struct health *health;

	if (!arguments_valid(config))
		return -EINVAL;
	health = calloc(1, sizeof(*health));
	if (!health)
		return -ENOMEM;
	health->loop = loop;
	health->config = config;
	health->changed = changed;
	health->context = context;
	health->rules.interval_ms = config->interval_ms;
	health->rules.fall = config->fall;
	health->rules.rise = config->rise;
	health->seed = make_seed();
	choose_helo(health);
	*out = health;
	return 0;
}

void health_hint(const struct health_user *user)
{
	struct health_prober *prober = user->prober;
	uint64_t now_ns = uv_hrtime();

	if (prober->hinted || !health_track_hint_useful(&prober->track, now_ns))
		return;
	if (prober->probe) {
		prober->doubted = true;
		probe_hurry(prober->probe, HEALTH_DOUBT_CONNECT_MS);
	} else if (health_track_take_hint(&prober->track, now_ns)) {
		prober->hinted = true;
		uv_timer_start(&prober->timer, on_due, 0, 0);
	}
}

const struct health_target *health_targets(struct health *health, size_t *count)
{
	for (size_t i = 0; i < health->count; i++)
		health->view[i] = describe(health->probers[i]);
	*count = health->count;
	return health->view;
}

void health_close(struct health *health)
{
	health->closed = true;
	if (health->handles == 0)
		free(health);
}
