/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Quota of a zone. */

#include "sources/quota.h"

#define SLICES 24

void quota_init(struct quota *quota, uint64_t limit, uint64_t period_s)
{
	*quota = (struct quota){
		.limit = limit,
		.period_s = period_s > 0 ? period_s : 1,
	};
}

static uint64_t period_start(const struct quota *quota, uint64_t now_s)
{
	return now_s - now_s % quota->period_s;
}

/* A clock that was set back does not give the quota back. */
static bool is_over(const struct quota *quota, uint64_t now_s)
{
	return period_start(quota, now_s) > quota->started_s;
}

static uint64_t slice_start(const struct quota *quota, uint64_t now_s)
{
	uint64_t length = quota->period_s / SLICES;

	return now_s - now_s % (length > 0 ? length : 1);
}

static void begin_slice(struct quota *quota, uint64_t now_s)
{
	uint64_t left =
		quota->used < quota->limit ? quota->limit - quota->used : 0;
	uint64_t share = left / 2;

	if (share < quota->limit / (SLICES / 2))
		share = quota->limit / (SLICES / 2);
	if (share < QUOTA_SLICE_LEAST)
		share = QUOTA_SLICE_LEAST;
	quota->slice_s = slice_start(quota, now_s);
	quota->slice_from = quota->used;
	quota->slice_end = quota->used + share;
}

/*
 * The clock was set back: the period and its slice are those of now, or the
 * rest of either would have to do until the old time comes again.
 */
static void follow_back(struct quota *quota, uint64_t now_s)
{
	if (quota->started_s > period_start(quota, now_s))
		quota->started_s = period_start(quota, now_s);
	if (quota->slice_s > slice_start(quota, now_s))
		quota->slice_s = slice_start(quota, now_s);
}

bool quota_take(struct quota *quota, uint64_t now_s,
		enum dnsbl_priority priority)
{
	if (is_over(quota, now_s)) {
		quota->started_s = period_start(quota, now_s);
		quota->used = 0;
		quota->prewarmed = 0;
		quota->slice_s = 0;
	}
	follow_back(quota, now_s);
	if (quota->limit > 0) {
		if (slice_start(quota, now_s) > quota->slice_s)
			begin_slice(quota, now_s);
		if (quota->used >= quota->limit)
			return false;
		if (priority == DNSBL_HELD && quota->used >= quota->slice_end)
			return false;
		if (priority != DNSBL_HELD &&
		    quota->used >= quota->limit / 10 * 7)
			return false;
		if (priority == DNSBL_PREWARM &&
		    quota->prewarmed >= quota->limit / 10)
			return false;
	}
	quota->used++;
	if (priority == DNSBL_PREWARM)
		quota->prewarmed++;
	return true;
}

bool quota_is_short(const struct quota *quota, uint64_t now_s, size_t waiting)
{
	uint64_t end = quota->slice_end < quota->limit ? quota->slice_end
						       : quota->limit;
	uint64_t used = quota->used - quota->slice_from + waiting;
	uint64_t share = end - quota->slice_from;
	uint64_t slice_s = quota->period_s / SLICES;
	uint64_t passed_s = now_s - quota->slice_s;

	if (quota->limit == 0 || is_over(quota, now_s) ||
	    slice_start(quota, now_s) != quota->slice_s)
		return false;
	/* Something is left to the end, however late a flood comes. */
	if (passed_s > slice_s - slice_s / 8)
		passed_s = slice_s - slice_s / 8;
	return used >= share / 2 && used * slice_s > share * passed_s;
}

bool quota_exhausted(const struct quota *quota, uint64_t now_s)
{
	return quota->limit > 0 && !is_over(quota, now_s) &&
	       quota->used >= quota->limit;
}

bool quota_rests(const struct quota *quota, uint64_t now_s)
{
	return quota->limit > 0 && !is_over(quota, now_s) &&
	       quota->used < quota->limit &&
	       slice_start(quota, now_s) <= quota->slice_s &&
	       quota->used >= quota->slice_end;
}

void quota_restore(struct quota *quota, uint64_t now_s, uint64_t started_s,
		   uint64_t used, uint64_t prewarmed)
{
	uint64_t start = period_start(quota, now_s);

	if (started_s < start || prewarmed > used)
		return;
	if (quota->started_s < start) {
		quota->used = 0;
		quota->prewarmed = 0;
	}
	/* Later than now: the clock was set back since. */
	quota->started_s = start;
	quota->used += used;
	quota->prewarmed += prewarmed;
	quota->slice_s = 0;
}
