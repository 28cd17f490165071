/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ring of network-days in the order in which they began, and an index. */

#include "worker/history_store.h"

#include <stdlib.h>

#include "worker/fnv.h"

/* Who was let in for `mercy` may pass for so many days. */
#define MERCY_DAYS 7

struct history *history_create(time_t now_s)
{
	struct history *history = calloc(1, sizeof(*history));

	if (history)
		history->since_s = (uint32_t)now_s;
	return history;
}

void history_free(struct history *history)
{
	free(history);
}

struct prefix history_network(const struct addr *source)
{
	uint8_t length = addr_family(source) == FAMILY_IPV4 ? NETWORK_BITS_IPV4
							    : NETWORK_BITS_IPV6;

	return (struct prefix){addr_mask(source, length), length};
}

/* ---- the index ---- */

/* Which chain a network-day is in. */
static size_t chain_of(const struct addr *network, uint32_t day)
{
	uint64_t hash = fnv_add(FNV_START, network, sizeof(*network));

	hash = fnv_add(hash, &day, sizeof(day));
	return (hash ^ hash >> 32) & (HISTORY_MAX - 1);
}

/* Its place in the ring, or -1. */
static int64_t find(const struct history *history, const struct addr *network,
		    uint32_t day)
{
	uint32_t at = history->heads[chain_of(network, day)];

	for (; at; at = history->next[at - 1]) {
		const struct history_day *found = &history->ring[at - 1];

		if (found->day == day && addr_equal(&found->network, network))
			return at - 1;
	}
	return -1;
}

static void drop_oldest(struct history *history)
{
	const struct history_day *old = &history->ring[history->oldest];
	struct history_sums *sums = &history->days[old->day % HISTORY_DAYS];
	uint32_t *link = &history->heads[chain_of(&old->network, old->day)];

	while (*link != history->oldest + 1)
		link = &history->next[*link - 1];
	*link = history->next[history->oldest];
	if (sums->day == old->day && sums->used > 0)
		sums->used--;
	history->oldest = (history->oldest + 1) % HISTORY_MAX;
	history->count--;
}

struct history_day *history_append(struct history *history,
				   const struct history_day *day)
{
	uint32_t *link = &history->heads[chain_of(&day->network, day->day)];
	uint32_t at;

	if (history->count == HISTORY_MAX)
		drop_oldest(history);
	at = (history->oldest + history->count++) % HISTORY_MAX;
	history->ring[at] = *day;
	history->next[at] = *link;
	*link = at + 1;
	history_sums_of(history, day->day)->used++;
	return &history->ring[at];
}

/* ---- what is noted ---- */

/* Two sources may share a place: then an attempt may count twice. */
static struct history_last *place_of(struct history *history,
				     const struct addr *source)
{
	uint64_t hash = fnv_add(FNV_START, source, sizeof(*source));

	return &history->last[(hash ^ hash >> 32) % HISTORY_SOURCES];
}

static bool is_resent(const struct history_last *last,
		      const struct addr *source, uint32_t now_s)
{
	return last->start_s && addr_equal(&last->source, source) &&
	       now_s - last->start_s < HISTORY_ATTEMPT_S;
}

static void begin(struct history_last *last, const struct addr *source,
		  enum reason reason, uint32_t now_s)
{
	*last = (struct history_last){
		.source = *source,
		.start_s = now_s,
		.reason = reason,
	};
}

/* That of today, begun if need be; NULL: there is no room. */
static struct history_day *day_of(struct history *history,
				  const struct addr *source, uint32_t now_s)
{
	const struct history_day fresh = {
		.network = history_network(source).addr,
		.day = now_s / HISTORY_DAY_S,
		.first_s = now_s,
		.last_s = now_s,
	};
	struct history_sums *sums;
	int64_t at = find(history, &fresh.network, fresh.day);

	if (at >= 0)
		return &history->ring[at];
	sums = history_sums_of(history, fresh.day);
	if (sums->used < HISTORY_DAY_MAX)
		return history_append(history, &fresh);
	sums->left_out++;
	return NULL;
}

/* Is it for `mercy` that it may pass, rather than for a connection? */
static bool has_mercy(const struct history *history, const struct addr *network,
		      uint32_t day)
{
	bool mercy = false;

	for (uint32_t ago = 0; ago <= MERCY_DAYS; ago++) {
		int64_t at = find(history, network, day - ago);

		if (at < 0)
			continue;
		if (history->ring[at].reached_s)
			return false;
		mercy |= history->ring[at].mercy_s != 0;
	}
	return mercy;
}

static void mark(struct history_day *day, bool mercy, uint32_t now_s)
{
	if (mercy)
		day->mercy_s = now_s;
	else
		day->reached_s = now_s;
}

/* At the closed gate: what each policy does with it. */
static void note_at_gate(struct history *history,
			 const struct history_attempt *attempt,
			 struct history_last *last, uint32_t now_s)
{
	struct history_sums *sums =
		history_sums_of(history, now_s / HISTORY_DAY_S);

	sums->gate++;
	sums->gate_listed += attempt->listed;
	if (!attempt->witnesses)
		return;
	last->known = true;
	last->counted = attempt->listed || !attempt->passes;
	sums->gate_known++;
	sums->gate_refused += last->counted;
}

bool history_note(struct history *history,
		  const struct history_attempt *attempt, time_t now_s)
{
	struct history_last *last = place_of(history, &attempt->source);
	unsigned int row = attempt->reason - REASON_BLOCKED;
	uint32_t now = (uint32_t)now_s;
	struct history_sums *sums;
	struct history_day *day;

	if (attempt->reason < REASON_BLOCKED || attempt->reason >= REASON_MAX ||
	    is_resent(last, &attempt->source, now))
		return false;
	begin(last, &attempt->source, attempt->reason, now);
	last->watched = attempt->watched;
	history->changes++;
	sums = history_sums_of(history, now / HISTORY_DAY_S);
	sums->attempts[row]++;
	sums->watched[row] += attempt->watched;
	if (attempt->reason == REASON_BYPASS)
		note_at_gate(history, attempt, last, now);
	day = day_of(history, &attempt->source, now);
	if (!day)
		return true;
	if (attempt->passes)
		mark(day, has_mercy(history, &day->network, day->day), now);
	day->last_s = now;
	day->attempts[row]++;
	day->watched[row] += attempt->watched;
	return true;
}

static void decrease(uint32_t *count)
{
	if (*count > 0)
		--*count;
}

/*
 * What was refused and came through by the same attempt was not refused.  A
 * gate that lets nobody wait drops a SYN, and lets its repetition pass.
 * Policy `strict` would have gone on refusing.
 */
static void take_back(struct history *history, struct history_last *last)
{
	const unsigned int row = REASON_BYPASS - REASON_BLOCKED;
	uint32_t today = last->start_s / HISTORY_DAY_S;
	struct history_sums *sums = history_sums_of(history, today);
	struct prefix network = history_network(&last->source);
	int64_t at = find(history, &network.addr, today);

	decrease(&sums->attempts[row]);
	if (last->watched)
		decrease(&sums->watched[row]);
	if (last->counted)
		decrease(&sums->gate_refused);
	if (at >= 0) {
		decrease(&history->ring[at].attempts[row]);
		if (last->watched)
			decrease(&history->ring[at].watched[row]);
	}
	last->reason = REASON_MAX;
	history->changes++;
}

bool history_note_passed(struct history *history,
			 const struct history_attempt *attempt, time_t now_s)
{
	struct history_last *last = place_of(history, &attempt->source);

	if (is_resent(last, &attempt->source, (uint32_t)now_s)) {
		if (last->reason != REASON_BYPASS || attempt->listed)
			return false;
		take_back(history, last);
		return true;
	}
	begin(last, &attempt->source, REASON_MAX, (uint32_t)now_s);
	note_at_gate(history, attempt, last, (uint32_t)now_s);
	history->changes++;
	return false;
}

bool history_note_opened(struct history *history, const struct addr *source,
			 time_t now_s)
{
	struct history_last *last = place_of(history, source);
	struct history_sums *sums;

	if (!is_resent(last, source, (uint32_t)now_s) ||
	    last->reason != REASON_BYPASS)
		return false;
	/* No policy would have refused it: the gate is open to all. */
	sums = history_sums_of(history, last->start_s / HISTORY_DAY_S);
	decrease(&sums->gate);
	if (last->known)
		decrease(&sums->gate_known);
	take_back(history, last);
	return true;
}

void history_note_reached(struct history *history, const struct addr *source,
			  bool mercy, time_t now_s)
{
	uint32_t today = (uint32_t)(now_s / HISTORY_DAY_S);
	struct prefix network = history_network(source);

	/* Of yesterday what is less than a day old. */
	for (uint32_t ago = 0; ago < 2; ago++) {
		int64_t at = find(history, &network.addr, today - ago);

		if (at < 0 ||
		    now_s - (time_t)history->ring[at].last_s > HISTORY_DAY_S)
			continue;
		mark(&history->ring[at], mercy, (uint32_t)now_s);
		history->changes++;
	}
}

/* ---- what is asked ---- */

static bool is_refused(const struct history_day *day)
{
	for (size_t i = 0; i < HISTORY_REASONS; i++)
		if (day->attempts[i])
			return true;
	return false;
}

size_t history_find(const struct history *history, const struct addr *source,
		    time_t now_s, struct history_day out[HISTORY_DAYS])
{
	uint32_t today = (uint32_t)(now_s / HISTORY_DAY_S);
	struct prefix network = history_network(source);
	size_t count = 0;

	for (uint32_t ago = 0; ago < HISTORY_DAYS; ago++) {
		int64_t at = find(history, &network.addr, today - ago);

		if (at >= 0 && is_refused(&history->ring[at]))
			out[count++] = history->ring[at];
	}
	return count;
}

time_t history_since(const struct history *history, time_t now_s)
{
	time_t kept =
		(now_s / HISTORY_DAY_S - (HISTORY_DAYS - 1)) * HISTORY_DAY_S;

	return (time_t)history->since_s > kept ? (time_t)history->since_s
					       : kept;
}

uint64_t history_changes(const struct history *history)
{
	return history->changes;
}
