/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ring of network-days in the order in which they began, and an index. */

#include "worker/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "worker/fnv.h"

#define ATTEMPTS 8192 /* sources whose last attempt is known */

#define MAGIC	    "posternH"
#define VERSION	    1
#define HEADER_SIZE (8 + 4 + 4 + 4 + HISTORY_DAYS * 8)
#define RECORD_SIZE (16 + 3 * 4 + HISTORY_REASONS * 4)
#define END_SIZE    8

_Static_assert(HEADER_SIZE + HISTORY_MAX * RECORD_SIZE + END_SIZE <
		       HISTORY_FILE_MAX,
	       "the largest file is as large");

struct attempt {
	struct addr source;
	uint32_t start_s; /* 0: none */
};

/* What one day takes; a day shares its place with none that is kept. */
struct share {
	uint32_t day;
	uint32_t used;
	uint32_t left_out;
};

struct history {
	uint32_t since_s;
	uint32_t oldest; /* in the ring */
	uint32_t count;
	uint64_t changes;
	struct share shares[HISTORY_DAYS];
	struct attempt attempts[ATTEMPTS];
	struct history_day ring[HISTORY_MAX];
	uint32_t heads[HISTORY_MAX]; /* of chains: place in the ring + 1 */
	uint32_t next[HISTORY_MAX];
};

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

static struct share *share_of(struct history *history, uint32_t day)
{
	struct share *share = &history->shares[day % HISTORY_DAYS];

	/* The clock may have been set back: that day begins anew. */
	if (share->day != day)
		*share = (struct share){.day = day};
	return share;
}

static void drop_oldest(struct history *history)
{
	const struct history_day *old = &history->ring[history->oldest];
	struct share *share = &history->shares[old->day % HISTORY_DAYS];
	uint32_t *link = &history->heads[chain_of(&old->network, old->day)];

	while (*link != history->oldest + 1)
		link = &history->next[*link - 1];
	*link = history->next[history->oldest];
	if (share->day == old->day && share->used > 0)
		share->used--;
	history->oldest = (history->oldest + 1) % HISTORY_MAX;
	history->count--;
}

static struct history_day *append(struct history *history,
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
	share_of(history, day->day)->used++;
	return &history->ring[at];
}

/* ---- what is noted ---- */

/* Two sources may share a place: then an attempt may count twice. */
static bool is_resent(struct history *history, const struct addr *source,
		      uint32_t now_s)
{
	uint64_t hash = fnv_add(FNV_START, source, sizeof(*source));
	struct attempt *attempt =
		&history->attempts[(hash ^ hash >> 32) % ATTEMPTS];

	if (attempt->start_s && addr_equal(&attempt->source, source) &&
	    now_s - attempt->start_s < HISTORY_ATTEMPT_S)
		return true;
	*attempt = (struct attempt){*source, now_s};
	return false;
}

void history_note(struct history *history, const struct addr *source,
		  enum reason reason, time_t now_s)
{
	struct history_day fresh = {
		.network = history_network(source).addr,
		.day = (uint32_t)(now_s / HISTORY_DAY_S),
		.first_s = (uint32_t)now_s,
	};
	struct history_day *day;
	struct share *share;
	int64_t at;

	if (reason < REASON_BLOCKED || reason >= REASON_MAX ||
	    is_resent(history, source, (uint32_t)now_s))
		return;
	history->changes++;
	at = find(history, &fresh.network, fresh.day);
	if (at >= 0) {
		day = &history->ring[at];
	} else {
		share = share_of(history, fresh.day);
		if (share->used >= HISTORY_DAY_MAX) {
			share->left_out++;
			return;
		}
		day = append(history, &fresh);
	}
	day->last_s = (uint32_t)now_s;
	day->attempts[reason - REASON_BLOCKED]++;
}

/* ---- what is asked ---- */

size_t history_find(const struct history *history, const struct addr *source,
		    time_t now_s, struct history_day out[HISTORY_DAYS])
{
	uint32_t today = (uint32_t)(now_s / HISTORY_DAY_S);
	struct prefix network = history_network(source);
	size_t count = 0;

	for (uint32_t ago = 0; ago < HISTORY_DAYS; ago++) {
		int64_t at = find(history, &network.addr, today - ago);

		if (at >= 0)
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

uint64_t history_left_out(const struct history *history, time_t now_s)
{
	uint32_t today = (uint32_t)(now_s / HISTORY_DAY_S);
	uint64_t sum = 0;

	for (size_t i = 0; i < HISTORY_DAYS; i++)
		if (today - history->shares[i].day < HISTORY_DAYS)
			sum += history->shares[i].left_out;
	return sum;
}

uint64_t history_changes(const struct history *history)
{
	return history->changes;
}

/* ---- the file: numbers are big endian, FNV-1a of all at its end ---- */

static uint8_t *put(uint8_t *at, uint64_t number, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		at[i] = (uint8_t)(number >> (8 * (size - 1 - i)));
	return at + size;
}

static uint64_t take(const uint8_t **at, unsigned int size)
{
	uint64_t number = 0;

	while (size-- > 0)
		number = number << 8 | *(*at)++;
	return number;
}

static uint8_t *put_day(uint8_t *at, const struct history_day *day)
{
	memcpy(at, &day->network, sizeof(day->network));
	at = put(at + sizeof(day->network), day->day, 4);
	at = put(at, day->first_s, 4);
	at = put(at, day->last_s, 4);
	for (size_t i = 0; i < HISTORY_REASONS; i++)
		at = put(at, day->attempts[i], 4);
	return at;
}

int history_encode(const struct history *history, void **out, size_t *size)
{
	uint8_t *data, *at;

	*size = HEADER_SIZE + history->count * RECORD_SIZE + END_SIZE;
	data = malloc(*size);
	if (!data)
		return -ENOMEM;
	memcpy(data, MAGIC, 8);
	at = put(data + 8, VERSION, 4);
	at = put(at, history->since_s, 4);
	at = put(at, history->count, 4);
	for (size_t i = 0; i < HISTORY_DAYS; i++) {
		at = put(at, history->shares[i].day, 4);
		at = put(at, history->shares[i].left_out, 4);
	}
	for (uint32_t i = 0; i < history->count; i++)
		at = put_day(
			at,
			&history->ring[(history->oldest + i) % HISTORY_MAX]);
	put(at, fnv_add(FNV_START, data, *size - END_SIZE), END_SIZE);
	*out = data;
	return 0;
}

static struct history_day take_day(const uint8_t **at)
{
	struct history_day day;

	memcpy(&day.network, *at, sizeof(day.network));
	*at += sizeof(day.network);
	day.day = (uint32_t)take(at, 4);
	day.first_s = (uint32_t)take(at, 4);
	day.last_s = (uint32_t)take(at, 4);
	for (size_t i = 0; i < HISTORY_REASONS; i++)
		day.attempts[i] = (uint32_t)take(at, 4);
	return day;
}

int history_decode(struct history *history, const void *data, size_t size)
{
	const uint8_t *at = data, *end;
	uint32_t since_s, count, newest = 0;

	if (size < HEADER_SIZE + END_SIZE || memcmp(data, MAGIC, 8) != 0)
		return -EINVAL;
	end = at + size - END_SIZE;
	at += 8;
	if (take(&at, 4) != VERSION ||
	    take(&end, END_SIZE) != fnv_add(FNV_START, data, size - END_SIZE))
		return -EINVAL;
	since_s = (uint32_t)take(&at, 4);
	count = (uint32_t)take(&at, 4);
	if (count > HISTORY_MAX ||
	    size != HEADER_SIZE + (size_t)count * RECORD_SIZE + END_SIZE)
		return -EINVAL;
	history->since_s = since_s;
	for (size_t i = 0; i < HISTORY_DAYS; i++) {
		uint32_t day = (uint32_t)take(&at, 4);

		newest = day > newest ? day : newest;
		share_of(history, day)->left_out = (uint32_t)take(&at, 4);
	}
	for (uint32_t i = 0; i < count; i++) {
		struct history_day day = take_day(&at);

		/* Older ones would take the place of what newer days share. */
		if (newest - day.day < HISTORY_DAYS)
			append(history, &day);
	}
	return 0;
}
