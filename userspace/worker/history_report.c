/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Some days of the history, added up. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "worker/history_store.h"

/* ---- sums ---- */

static void add_day(const struct history_sums *sums,
		    struct history_report *report)
{
	for (size_t i = 0; i < HISTORY_REASONS; i++) {
		report->attempts[i] += sums->attempts[i];
		report->watched[i] += sums->watched[i];
	}
	report->policies.strict += sums->gate;
	report->policies.off += sums->gate_listed;
	report->policies.witness += sums->gate_refused;
	report->policies.witness_known += sums->gate_known;
	report->zones_known += sums->zones_known;
	report->left_out += sums->left_out;
	for (size_t i = 0; i < HISTORY_ZONES; i++) {
		report->zone[i].attempts += sums->zones[i].attempts;
		report->zone[i].alone += sums->zones[i].alone;
	}
}

static int by_zone(const void *left, const void *right)
{
	const struct history_zone *a = left, *b = right;

	if (a->attempts != b->attempts)
		return a->attempts < b->attempts ? 1 : -1;
	return strcmp(a->zone, b->zone);
}

/* The most attempts first; those without any are left out. */
static void sort_zones(struct history_report *report)
{
	qsort(report->zone, HISTORY_ZONES, sizeof(report->zone[0]), by_zone);
	while (report->zone_count < HISTORY_ZONES &&
	       report->zone[report->zone_count].attempts)
		report->zone_count++;
}

/* ---- networks ---- */

/* What is sorted. */
struct place {
	const struct history_day *day;
};

static int by_network(const void *left, const void *right)
{
	const struct place *a = left, *b = right;

	return memcmp(&a->day->network, &b->day->network,
		      sizeof(a->day->network));
}

static void add_to(struct history_network *network,
		   const struct history_day *day)
{
	if (!network->first_s || day->first_s < network->first_s)
		network->first_s = day->first_s;
	if (day->last_s > network->last_s)
		network->last_s = day->last_s;
	if (day->reached_s > network->reached_s)
		network->reached_s = day->reached_s;
	if (day->mercy_s > network->mercy_s)
		network->mercy_s = day->mercy_s;
	for (size_t i = 0; i < HISTORY_REASONS; i++) {
		network->attempts[i] += day->attempts[i];
		network->watched[i] += day->watched[i];
		network->total += day->attempts[i];
	}
}

static bool goes_before(const struct history_network *a,
			const struct history_network *b)
{
	if (a->total != b->total)
		return a->total > b->total;
	return a->last_s > b->last_s;
}

/* Keeps the first `max` of all that are put in. */
static void put_in(struct history_network *list, size_t *count, size_t max,
		   const struct history_network *network)
{
	size_t at = *count;

	if (at == max) {
		if (!goes_before(network, &list[max - 1]))
			return;
		at--;
	} else {
		++*count;
	}
	for (; at > 0 && goes_before(network, &list[at - 1]); at--)
		list[at] = list[at - 1];
	list[at] = *network;
}

static void add_network(struct history_report *report,
			const struct history_network *network)
{
	if (!network->total)
		return;
	report->networks++;
	put_in(report->busiest, &report->busiest_count, HISTORY_BUSIEST_MAX,
	       network);
	if (!network->reached_s && !network->mercy_s)
		return;
	report->suspects++;
	for (size_t i = 0; i < HISTORY_REASONS; i++)
		report->suspect_attempts[i] += network->attempts[i];
	put_in(report->suspect, &report->suspect_count, HISTORY_SUSPECTS_MAX,
	       network);
}

/* The days of one network come one after the other. */
static void add_networks(struct history_report *report,
			 const struct place *places, size_t count)
{
	for (size_t i = 0; i < count;) {
		struct history_network network = {
			.network = places[i].day->network};

		for (; i < count &&
		       addr_equal(&places[i].day->network, &network.network);
		     i++)
			add_to(&network, places[i].day);
		add_network(report, &network);
	}
}

static int report_networks(const struct history *history, uint32_t since,
			   uint32_t today, struct history_report *report)
{
	struct place *places = calloc(history->count + 1, sizeof(*places));
	size_t count = 0;

	if (!places)
		return -ENOMEM;
	for (uint32_t i = 0; i < history->count; i++) {
		const struct history_day *day =
			&history->ring[(history->oldest + i) % HISTORY_MAX];

		if (day->day >= since && day->day <= today)
			places[count++].day = day;
	}
	qsort(places, count, sizeof(*places), by_network);
	add_networks(report, places, count);
	free(places);
	return 0;
}

/* ---- openings ---- */

static void report_openings(const struct history *history, uint32_t since,
			    struct history_report *report)
{
	for (uint32_t i = 0; i < history->opening_count; i++) {
		const struct history_opening *opening = &history->openings[i];

		if (!opening->until_s ||
		    opening->until_s / HISTORY_DAY_S >= since)
			report->opening[report->opening_count++] = *opening;
	}
}

int history_report(const struct history *history, time_t since_s, time_t now_s,
		   struct history_report **out)
{
	struct history_report *report = calloc(1, sizeof(*report));
	uint32_t since = (uint32_t)(since_s / HISTORY_DAY_S);
	uint32_t today = (uint32_t)(now_s / HISTORY_DAY_S);
	int error;

	if (!report)
		return -ENOMEM;
	if (since + HISTORY_DAYS <= today)
		since = today - (HISTORY_DAYS - 1);
	for (size_t i = 0; i < HISTORY_ZONES; i++)
		memcpy(report->zone[i].zone, history->zones[i],
		       sizeof(history->zones[i]));
	for (size_t i = 0; i < HISTORY_DAYS; i++)
		if (history->days[i].day >= since &&
		    history->days[i].day <= today)
			add_day(&history->days[i], report);
	sort_zones(report);
	report_openings(history, since, report);
	error = report_networks(history, since, today, report);
	if (error)
		free(report);
	else
		*out = report;
	return error;
}
