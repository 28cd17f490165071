/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is told of the feeds. */

#include <time.h>

#include "control/protocol.h"
#include "tables/counters.h"
#include "worker/feed_state.h"

#define STATE_NAME(NAME, name) [FEED_STATE_##NAME] = name,
static const char *const names[] = {FEED_STATE_TABLE(STATE_NAME)};

static const struct feed *find(const struct feeds *feeds, unsigned int number)
{
	for (size_t i = 0; i < feeds->count; i++)
		if (feeds->all[i]->number == number)
			return feeds->all[i];
	return NULL;
}

const char *feeds_name(const struct feeds *feeds, unsigned int number)
{
	const struct feed *feed = find(feeds, number);

	return feed ? feed->config.name : NULL;
}

static double age_of(const struct feed *feed)
{
	struct timespec now;
	double age;

	clock_gettime(CLOCK_REALTIME, &now);
	age = (double)(now.tv_sec - feed->good.modified.tv_sec) +
	      (double)(now.tv_nsec - feed->good.modified.tv_nsec) / 1e9;
	return age > 0 ? age : 0;
}

double feeds_age_s(const struct feeds *feeds, unsigned int number)
{
	const struct feed *feed = find(feeds, number);

	return feed && feed->set ? age_of(feed) : -1;
}

static const char *action_name(enum action action)
{
	switch (action) {
	case ACTION_DROP:
		return "drop";
	case ACTION_RESET:
		return "reset";
	default:
		return "count";
	}
}

static json_t *feed_json(const struct feed *feed)
{
	const struct feed_report *report = &feed->report;
	struct list_counters hits = {0};
	uint64_t entries = 0;

	counters_read_list(feed->feeds->counters, feed->number, &hits);
	if (feed->set)
		entries = report->entries[FAMILY_IPV4] +
			  report->entries[FAMILY_IPV6];
	return json_pack(
		"{s:s, s:I, s:o, s:s, s:o, s:s, s:s, s:s, s:s, s:I, s:I, s:I, "
		"s:I}",
		"name", feed->config.name, "entries", (json_int_t)entries,
		"age_s", feed->set ? json_real(age_of(feed)) : json_null(),
		"state", names[feed->state], "reason", control_text(feed->why),
		"action", action_name(feed->config.action), "file",
		feed->config.file, "watch",
		file_watch_is_told(feed->watch) ? "events" : "polling",
		"format", feed_format_name(report->format), "rejected",
		(json_int_t)report->count[FEED_REJECTED], "left_out",
		(json_int_t)report->count[FEED_LEFT_OUT], "ipv4",
		(json_int_t)(feed->carried.ipv4 + hits.ipv4 - feed->base.ipv4),
		"ipv6",
		(json_int_t)(feed->carried.ipv6 + hits.ipv6 - feed->base.ipv6));
}

json_t *feeds_json(const struct feeds *feeds)
{
	json_t *all = json_array();

	for (size_t i = 0; i < feeds->count; i++)
		json_array_append_new(all, feed_json(feeds->all[i]));
	return all;
}
