/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mercy and crowds. */

#include "core/knockers.h"

#include <stdlib.h>
#include <string.h>

#include "core/addr.h"

#define S UINT64_C(1000000000)

/* Places that a network may take. */
#define WAYS 4
#define SETS (KNOCKERS_MAX / WAYS)

#define ATTEMPT_S 120

/* How much one window changes what is usual: it is that of some hours. */
#define WEIGHT (1.0 / 24)

struct knocker {
	struct addr key;
	uint64_t first_ns; /* 0: a free place */
	uint64_t last_ns;
	uint64_t attempt_ns; /* when the last attempt began */
	uint64_t counted;    /* the last window that it was counted in */
	unsigned int attempts;
	bool clean;
	bool listed;
};

/* What is counted for one family. */
struct crowd {
	unsigned int networks; /* in this window */
	unsigned int windows;  /* that usual is made of */
	double usual;
	bool blind; /* the gate was open in this window */
	uint64_t open_until_ns;
	uint64_t open_s; /* how long the last one was to be */
};

struct knockers {
	uint64_t seed;
	uint64_t window; /* the number of the present one */
	uint64_t window_ns;
	struct crowd crowds[FAMILY_MAX];
	struct knocker of[SETS][WAYS];
};

struct knockers *knockers_create(uint64_t seed)
{
	struct knockers *knockers = calloc(1, sizeof(*knockers));

	if (knockers) {
		knockers->seed = seed;
		knockers->window = 1;
	}
	return knockers;
}

void knockers_free(struct knockers *knockers)
{
	free(knockers);
}

/* ---- the store ---- */

/* splitmix64's finish over both halves, keyed. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

static struct knocker *set_of(struct knockers *knockers, const struct addr *key)
{
	uint64_t halves[2];

	memcpy(halves, key, sizeof(halves));
	return knockers
		->of[mix(mix(halves[0] ^ knockers->seed) ^ halves[1]) % SETS];
}

static struct knocker *find(struct knockers *knockers, const struct addr *key)
{
	struct knocker *set = set_of(knockers, key);

	for (size_t i = 0; i < WAYS; i++)
		if (set[i].first_ns && addr_equal(&set[i].key, key))
			return &set[i];
	return NULL;
}

/*
 * Forged sources come once: who has come again stays, as long as there is
 * anybody else to go.
 */
static bool goes_before(const struct knocker *a, const struct knocker *b)
{
	bool a_stays = a->attempts > 1, b_stays = b->attempts > 1;

	if (!a->first_ns || !b->first_ns)
		return !a->first_ns;
	if (a_stays != b_stays)
		return b_stays;
	return a->last_ns < b->last_ns;
}

static struct knocker *make_room(struct knockers *knockers,
				 const struct addr *key, uint64_t now_ns)
{
	struct knocker *set = set_of(knockers, key);
	struct knocker *place = &set[0];

	for (size_t i = 1; i < WAYS; i++)
		if (goes_before(&set[i], place))
			place = &set[i];
	*place = (struct knocker){
		.key = *key,
		.first_ns = now_ns,
		.last_ns = now_ns,
		.attempt_ns = now_ns,
		.attempts = 1,
	};
	return place;
}

static uint64_t attempt_ns(uint64_t mercy_ns)
{
	if (mercy_ns && mercy_ns / 8 < ATTEMPT_S * S)
		return mercy_ns / 8;
	return ATTEMPT_S * S;
}

static struct knocker *note(struct knockers *knockers, const struct addr *key,
			    uint64_t now_ns, uint64_t mercy_ns)
{
	struct knocker *one = find(knockers, key);

	if (one && now_ns - one->last_ns > KNOCKERS_FORGET_S * S)
		one->first_ns = 0;
	if (!one || !one->first_ns)
		return make_room(knockers, key, now_ns);
	one->last_ns = now_ns;
	if (now_ns - one->attempt_ns >= attempt_ns(mercy_ns)) {
		one->attempt_ns = now_ns;
		one->attempts++;
	}
	return one;
}

/* ---- mercy ---- */

static bool has_kept_at_it(const struct knocker *one, uint64_t now_ns,
			   uint64_t mercy_ns)
{
	return mercy_ns && !one->listed && one->attempts >= KNOCKERS_ATTEMPTS &&
	       now_ns - one->first_ns >= mercy_ns;
}

/* ---- crowds ---- */

static void count(struct knockers *knockers, struct knocker *one)
{
	struct crowd *crowd = &knockers->crowds[addr_family(&one->key)];

	if (!one->clean || one->listed || one->counted == knockers->window)
		return;
	one->counted = knockers->window;
	crowd->networks++;
}

enum knock knockers_knock(struct knockers *knockers, const struct addr *key,
			  enum verdict verdict, uint64_t now_ns,
			  uint64_t mercy_ns)
{
	struct knocker *one = note(knockers, key, now_ns, mercy_ns);

	one->clean |= verdict == VERDICT_CLEAN;
	one->listed |= verdict == VERDICT_LISTED;
	count(knockers, one);
	if (!has_kept_at_it(one, now_ns, mercy_ns))
		return KNOCK_ONE_OF_MANY;
	/* Somebody else there may be clean, and this one not. */
	if (verdict != VERDICT_CLEAN)
		return KNOCK_ASK;
	one->first_ns = 0;
	return KNOCK_MERCY;
}

bool knockers_clean(struct knockers *knockers, const struct addr *key,
		    uint64_t now_ns, uint64_t mercy_ns)
{
	struct knocker *one = find(knockers, key);

	if (!one)
		return false;
	one->clean = true;
	if (now_ns - one->last_ns < KNOCKERS_WINDOW_S * S)
		count(knockers, one);
	if (!has_kept_at_it(one, now_ns, mercy_ns))
		return false;
	one->first_ns = 0;
	return true;
}

void knockers_listed(struct knockers *knockers, const struct addr *key)
{
	struct knocker *one = find(knockers, key);

	if (one)
		one->listed = true;
}

/* Nobody can knock at an open gate, so that such a window tells nothing. */
static void end_window(struct crowd *crowd)
{
	double more = crowd->networks - crowd->usual;

	if (!crowd->blind) {
		if (crowd->windows < KNOCKERS_LEARN)
			crowd->usual += more / ++crowd->windows;
		else
			crowd->usual += more * WEIGHT;
	}
	crowd->blind = false;
	crowd->networks = 0;
}

static void turn_windows(struct knockers *knockers, uint64_t now_ns)
{
	if (!knockers->window_ns)
		knockers->window_ns = now_ns;
	if (now_ns - knockers->window_ns < KNOCKERS_WINDOW_S * S)
		return;
	knockers->window_ns = now_ns;
	knockers->window++;
	for (enum family family = 0; family < FAMILY_MAX; family++)
		end_window(&knockers->crowds[family]);
}

static void open_for_crowd(struct crowd *crowd, uint64_t now_ns)
{
	uint64_t again_ns = crowd->open_until_ns + KNOCKERS_BACK_S * S;

	crowd->open_s = crowd->open_until_ns && now_ns < again_ns
				? crowd->open_s * 2
				: KNOCKERS_OPEN_S;
	if (crowd->open_s > KNOCKERS_OPEN_MAX_S)
		crowd->open_s = KNOCKERS_OPEN_MAX_S;
	crowd->open_until_ns = now_ns + crowd->open_s * S;
	crowd->networks = 0;
}

bool knockers_crowd(struct knockers *knockers, enum family family, bool closed,
		    uint64_t now_ns, unsigned int least)
{
	struct crowd *crowd = &knockers->crowds[family];

	turn_windows(knockers, now_ns);
	crowd->blind |= !closed;
	if (least == 0) {
		crowd->open_until_ns = 0;
		return false;
	}
	if (now_ns < crowd->open_until_ns)
		return true;
	if (!closed || crowd->windows < KNOCKERS_LEARN ||
	    crowd->networks < least ||
	    crowd->networks < crowd->usual * KNOCKERS_FACTOR)
		return false;
	open_for_crowd(crowd, now_ns);
	return true;
}

void knockers_status(const struct knockers *knockers, enum family family,
		     uint64_t now_ns, struct knockers_status *out)
{
	const struct crowd *crowd = &knockers->crowds[family];
	uint64_t until_ns = crowd->open_until_ns;

	out->now = crowd->networks;
	out->usual = crowd->windows < KNOCKERS_LEARN ? -1 : crowd->usual;
	out->open_left_s =
		until_ns > now_ns ? (double)(until_ns - now_ns) / 1e9 : 0;
}
