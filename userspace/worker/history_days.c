/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sums of a day: attempts, policies, zones. */

#include <stdio.h>
#include <string.h>

#include "worker/history_store.h"

struct history_sums *history_sums_of(struct history *history, uint32_t day)
{
	struct history_sums *sums = &history->days[day % HISTORY_DAYS];

	/* The clock may have been set back: that day begins anew. */
	if (sums->day != day)
		*sums = (struct history_sums){.day = day};
	return sums;
}

uint64_t history_left_out(const struct history *history, time_t now_s)
{
	uint32_t today = (uint32_t)(now_s / HISTORY_DAY_S);
	uint64_t sum = 0;

	for (size_t i = 0; i < HISTORY_DAYS; i++)
		if (today - history->days[i].day < HISTORY_DAYS)
			sum += history->days[i].left_out;
	return sum;
}

/* ---- zones ---- */

/* Is nothing known of that zone on the days that are kept? */
static bool is_idle(const struct history *history, size_t zone, uint32_t today)
{
	for (size_t i = 0; i < HISTORY_DAYS; i++)
		if (today - history->days[i].day < HISTORY_DAYS &&
		    history->days[i].zones[zone].attempts)
			return false;
	return true;
}

static void forget(struct history *history, size_t zone)
{
	for (size_t i = 0; i < HISTORY_DAYS; i++)
		history->days[i].zones[zone] = (struct history_share){0};
}

/* HISTORY_ZONES: there is no room. */
static size_t place_of(struct history *history, const char *zone,
		       uint32_t today)
{
	size_t place = 0;

	while (place < HISTORY_ZONES &&
	       strcmp(history->zones[place], zone) != 0)
		place++;
	if (place < HISTORY_ZONES)
		return place;
	place = 0;
	while (place < HISTORY_ZONES && !is_idle(history, place, today))
		place++;
	if (place < HISTORY_ZONES) {
		forget(history, place);
		snprintf(history->zones[place], sizeof(history->zones[place]),
			 "%s", zone);
	}
	return place;
}

void history_note_zones(struct history *history, const char *const *zones,
			size_t count, time_t now_s)
{
	uint32_t today = (uint32_t)(now_s / HISTORY_DAY_S);
	struct history_sums *sums = history_sums_of(history, today);

	sums->zones_known += count > 0;
	for (size_t i = 0; i < count; i++) {
		size_t place = place_of(history, zones[i], today);

		if (place == HISTORY_ZONES)
			continue;
		sums->zones[place].attempts++;
		sums->zones[place].alone += count == 1;
		history->changes++;
	}
}
