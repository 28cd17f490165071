/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fall, rise, pace and hints of one address of a primary. */

#include "sources/health_state.h"

#include <string.h>

#define NS_PER_MS 1000000ULL

enum weight {
	WEIGHT_GOOD,
	WEIGHT_ANSWER,	/* bad, and it told so */
	WEIGHT_SILENCE, /* bad, for want of anything */
	WEIGHT_NONE,	/* tells nothing about the primary */
};

static const enum weight weights[] = {
	[PROBE_GOOD] = WEIGHT_GOOD,
	[PROBE_REFUSED] = WEIGHT_ANSWER,
	[PROBE_UNREACHABLE] = WEIGHT_ANSWER,
	[PROBE_CONNECT_TIMEOUT] = WEIGHT_SILENCE,
	[PROBE_GREETING_TIMEOUT] = WEIGHT_SILENCE,
	[PROBE_TIMEOUT] = WEIGHT_SILENCE,
	[PROBE_CLOSED] = WEIGHT_ANSWER,
	[PROBE_MALFORMED] = WEIGHT_ANSWER,
	[PROBE_GREETING] = WEIGHT_ANSWER,
	[PROBE_EHLO] = WEIGHT_ANSWER,
	[PROBE_TLS] = WEIGHT_ANSWER,
	[PROBE_MAIL] = WEIGHT_ANSWER,
	[PROBE_RCPT] = WEIGHT_ANSWER,
	[PROBE_LIMITED] = WEIGHT_NONE,
	[PROBE_LOCAL] = WEIGHT_NONE,
};

_Static_assert(sizeof(weights) / sizeof(*weights) == PROBE_REASONS,
	       "every reason has a weight");

static const char *const state_names[] = {
	[HEALTH_UNKNOWN] = "unknown",
	[HEALTH_UP] = "up",
	[HEALTH_DOWN] = "down",
};

const char *health_state_name(enum health_state state)
{
	return state_names[state];
}

void health_track_init(struct health_track *track, uint64_t now_ns)
{
	memset(track, 0, sizeof(*track));
	track->reason = PROBE_REASONS;
	track->since_ns = now_ns;
	track->hints = HEALTH_HINTS;
	track->hints_ns = now_ns;
}

static uint64_t at_least(uint64_t value, uint64_t bound)
{
	return value < bound ? bound : value;
}

static uint64_t at_most(uint64_t value, uint64_t bound)
{
	return value > bound ? bound : value;
}

static uint64_t ms_between(uint64_t from_ns, uint64_t to_ns)
{
	return to_ns > from_ns ? (to_ns - from_ns) / NS_PER_MS : 0;
}

static void count(unsigned int *one, unsigned int *other, unsigned int limit)
{
	if (*one < limit)
		(*one)++;
	*other = 0;
}

static bool is_stale(const struct health_track *track,
		     const struct health_rules *rules, uint64_t now_ns)
{
	return ms_between(track->last_good_ns, now_ns) >=
	       HEALTH_STALE_INTERVALS * rules->interval_ms;
}

static enum health_state next_state(const struct health_track *track,
				    const struct health_rules *rules,
				    enum weight weight, uint64_t now_ns)
{
	switch (weight) {
	case WEIGHT_GOOD:
		if (track->state == HEALTH_DOWN && track->good < rules->rise)
			return HEALTH_DOWN;
		return HEALTH_UP;
	case WEIGHT_ANSWER:
	case WEIGHT_SILENCE:
		return track->bad < rules->fall ? track->state : HEALTH_DOWN;
	case WEIGHT_NONE:
		if (track->state == HEALTH_UP && is_stale(track, rules, now_ns))
			return HEALTH_UNKNOWN;
		break;
	}
	return track->state;
}

bool health_track_result(struct health_track *track,
			 const struct health_rules *rules,
			 enum probe_reason reason, uint64_t now_ns)
{
	enum weight weight = weights[reason];
	enum health_state state;

	track->reason = reason;
	track->last_ns = now_ns;
	if (weight == WEIGHT_GOOD) {
		count(&track->good, &track->bad, rules->rise);
		track->last_good_ns = now_ns;
	} else if (weight != WEIGHT_NONE) {
		count(&track->bad, &track->good, rules->fall);
	}

	state = next_state(track, rules, weight, now_ns);
	if (state == track->state)
		return false;
	track->state = state;
	track->since_ns = now_ns;
	return true;
}

bool health_track_in_doubt(const struct health_track *track)
{
	return track->state != HEALTH_DOWN && track->bad > 0;
}

static uint64_t down_ms(const struct health_track *track, uint64_t now_ns)
{
	uint64_t age_ms = ms_between(track->since_ns, now_ns);

	return at_least(age_ms / HEALTH_DOWN_SHARE, HEALTH_DOWN_MS);
}

static uint64_t rise_ms(uint64_t interval_ms)
{
	return at_most(
		at_least(interval_ms / HEALTH_RISE_SHARE, HEALTH_RISE_MIN_MS),
		HEALTH_RISE_MAX_MS);
}

static uint64_t jitter(uint64_t ms, uint64_t random)
{
	uint64_t spread = ms * HEALTH_JITTER_PERCENT / 100;

	return ms - spread + random % (2 * spread + 1);
}

uint64_t health_track_delay_ms(const struct health_track *track,
			       const struct health_rules *rules,
			       uint64_t random, uint64_t now_ns)
{
	uint64_t ms = rules->interval_ms;

	if (track->reason == PROBE_LIMITED)
		return jitter(ms, random);
	if (track->reason == PROBE_LOCAL)
		ms = HEALTH_LOCAL_MS;
	else if (health_track_in_doubt(track))
		return weights[track->reason] == WEIGHT_SILENCE
			       ? HEALTH_AFTER_SILENCE_MS
			       : HEALTH_AFTER_ANSWER_MS;
	else if (track->state == HEALTH_DOWN && track->good > 0)
		ms = rise_ms(rules->interval_ms);
	else if (track->state == HEALTH_DOWN)
		ms = down_ms(track, now_ns);
	return jitter(at_most(ms, rules->interval_ms), random);
}

bool health_track_hint_useful(const struct health_track *track, uint64_t now_ns)
{
	if (track->state != HEALTH_UP || track->reason == PROBE_LIMITED ||
	    health_track_in_doubt(track))
		return false;
	return ms_between(track->last_good_ns, now_ns) >= HEALTH_HINT_FRESH_MS;
}

static void regain_hints(struct health_track *track, uint64_t now_ns)
{
	uint64_t regained =
		ms_between(track->hints_ns, now_ns) / HEALTH_HINT_REGAIN_MS;

	if (track->hints + regained >= HEALTH_HINTS) {
		track->hints = HEALTH_HINTS;
		track->hints_ns = now_ns;
		return;
	}
	track->hints += (unsigned int)regained;
	track->hints_ns += regained * HEALTH_HINT_REGAIN_MS * NS_PER_MS;
}

bool health_track_take_hint(struct health_track *track, uint64_t now_ns)
{
	regain_hints(track, now_ns);
	if (track->hints == 0)
		return false;
	track->hints--;
	return true;
}

uint64_t health_random(uint64_t *seed)
{
	uint64_t x = *seed ? *seed : 1;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	*seed = x;
	return x;
}
