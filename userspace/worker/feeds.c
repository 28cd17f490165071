/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which feeds there are: watching, reading one after the other, their end. */

#include "worker/feeds.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/log.h"
#include "tables/counters.h"
#include "worker/feed_state.h"

/* How often files are looked at, if nothing else tells of a change. */
#define POLL_MS 10000

#define TICK_MS	 1000
#define QUIET_NS (FEED_QUIET_S * NS_PER_S)

static const char no_room[] =
	"there is no room for it: raise list-capacity-max";

static void release_feeds(struct feeds *feeds)
{
	if (--feeds->handles > 0)
		return;
	free(feeds->primaries);
	free(feeds);
}

static void release(struct feed *feed)
{
	if (--feed->references > 0)
		return;
	ranges_set_put(feed->set);
	ranges_set_put(feed->before);
	free(feed->config.name);
	free(feed->config.file);
	free(feed);
}

static void on_published(void *context, int error)
{
	struct feed *feed = context;

	if (error && !feed->gone && feed->before != feed->set) {
		/* Without it all is as it was, and others get their turn. */
		ranges_set_put(feed->set);
		feed->set = feed->before;
		feed->before = NULL;
		feed_set(feed);
		feed_become(feed, FEED_STATE_TOO_LARGE, "%s",
			    error == -ENOSPC ? no_room : strerror(-error));
		publisher_publish(feed->feeds->publisher, NULL, NULL);
	} else {
		ranges_set_put(feed->before);
		feed->before = NULL;
	}
	release(feed);
}

static void publish(struct feed *feed)
{
	feed_set(feed);
	feed->references++;
	publisher_publish(feed->feeds->publisher, on_published, feed);
}

static void run(uv_work_t *work)
{
	struct feed_load *load = work->data;

	feed_file_read(&load->file);
}

static int create_load(struct feed *feed, struct feed_load **out)
{
	struct feed_load *load = calloc(1, sizeof(*load));
	int error = load ? 0 : -ENOMEM;

	if (!error)
		error = feed_file_prepare(feed->feeds->config, &feed->config,
					  feed->feeds->primaries,
					  feed->feeds->primary_count,
					  &load->file);
	if (error) {
		free(load);
		return error;
	}
	load->feed = feed;
	load->work.data = load;
	*out = load;
	return 0;
}

static void free_load(struct feed_load *load)
{
	feed_file_clear(&load->file);
	free(load);
}

static void on_loaded(uv_work_t *work, int status)
{
	struct feed_load *load = work->data;
	struct feed *feed = load->feed;
	struct feeds *feeds = feed->feeds;

	feeds->loading = NULL;
	if (status == 0 && !feed->gone && feed_accept(feed, &load->file))
		publish(feed);
	free_load(load);
	release(feed);
	feeds_load_next(feeds);
	release_feeds(feeds);
}

static void load(struct feed *feed)
{
	struct feeds *feeds = feed->feeds;

	feed->due = false;
	feed->changed_ns = 0;
	if (create_load(feed, &feeds->loading) != 0) {
		feed->due = true;
		return;
	}
	if (uv_queue_work(feeds->loop, &feeds->loading->work, run, on_loaded) !=
	    0) {
		free_load(feeds->loading);
		feeds->loading = NULL;
		return;
	}
	feed->references++;
	feeds->handles++;
}

/* One at a time: so memory is bounded by the largest one. */
void feeds_load_next(struct feeds *feeds)
{
	for (size_t i = 0; i < feeds->count; i++) {
		if (feeds->loading || feeds->closing)
			return;
		if (feeds->all[i]->due)
			load(feeds->all[i]);
	}
}

static void see_error(struct feed *feed, int status)
{
	feed->changed_ns = 0;
	feed_become(feed,
		    status == UV_ENOENT || status == UV_ENOTDIR
			    ? FEED_STATE_MISSING
			    : FEED_STATE_UNREADABLE,
		    "%s", strerror(-status));
}

/*
 * A file may be written still, in place or as a new one, so it has to be left
 * alone for a while.  One that was written some time ago, and then renamed, is
 * complete.
 */
static bool is_complete(struct feed *feed, const struct feed_version *version)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (time(NULL) - version->modified.tv_sec > FEED_QUIET_S)
		return true;
	if (feed->changed_ns && feed_version_same(version, &feed->changing))
		return now_ns - feed->changed_ns >= QUIET_NS;
	feed->changing = *version;
	feed->changed_ns = now_ns;
	return false;
}

static bool is_news(const struct feed *feed, const struct feed_version *version)
{
	return !feed_version_same(version, &feed->seen) ||
	       feed->state == FEED_STATE_MISSING ||
	       feed->state == FEED_STATE_UNREADABLE;
}

static void on_seen(void *context, int status, const uv_stat_t *now)
{
	struct feed *feed = context;
	struct feed_version version = {
		.device = (dev_t)now->st_dev,
		.inode = (ino_t)now->st_ino,
		.size = (off_t)now->st_size,
		.modified = {.tv_sec = now->st_mtim.tv_sec,
			     .tv_nsec = now->st_mtim.tv_nsec},
	};

	if (status < 0)
		see_error(feed, status);
	else if (!is_news(feed, &version))
		feed->changed_ns = 0;
	else if (is_complete(feed, &version))
		feed->due = true;
	feeds_load_next(feed->feeds);
}

static void on_tick(uv_timer_t *timer)
{
	struct feeds *feeds = timer->data;
	uint64_t now_ns = clock_monotonic_ns();
	int64_t now_unix = time(NULL);

	for (size_t i = 0; i < feeds->count; i++) {
		struct feed *feed = feeds->all[i];

		if (feed->changed_ns && now_ns - feed->changed_ns >= QUIET_NS)
			file_watch_look(feed->watch);
		if (feed_expire(feed, now_unix))
			publish(feed);
	}
	feeds_load_next(feeds);
}

static void close_feed(struct feed *feed)
{
	feed->gone = true;
	file_watch_close(feed->watch);
	release(feed);
}

static int open_feed(struct feeds *feeds, const struct config_feed *config,
		     struct feed **out)
{
	struct feed *feed = calloc(1, sizeof(*feed));

	if (!feed)
		return -ENOMEM;
	feed->feeds = feeds;
	feed->references = 1;
	feed->config = *config;
	feed->config.name = strdup(config->name);
	feed->config.file = strdup(config->file);
	if (!feed->config.name || !feed->config.file ||
	    file_watch_start(feeds->loop, config->file, POLL_MS, on_seen, feed,
			     &feed->watch) != 0) {
		release(feed);
		return -ENOMEM;
	}
	*out = feed;
	return 0;
}

/* The feed that goes on as another configuration's, or NULL. */
static struct feed *find_same(const struct feeds *feeds,
			      const struct config_feed *config)
{
	for (size_t i = 0; i < feeds->count; i++) {
		struct feed *feed = feeds->all[i];

		if (strcmp(feed->config.name, config->name) == 0 &&
		    strcmp(feed->config.file, config->file) == 0)
			return feed;
	}
	return NULL;
}

static struct list_counters hits_of(const struct feeds *feeds,
				    unsigned int number)
{
	struct list_counters hits = {0};

	counters_read_list(feeds->counters, number, &hits);
	return hits;
}

/* Takes a number, and leaves what others had counted there. */
static void renumber(struct feed *feed, unsigned int number, bool first)
{
	struct list_counters hits;

	if (feed->number == number)
		return;
	if (feed->number) {
		hits = hits_of(feed->feeds, feed->number);
		feed->carried.ipv4 += hits.ipv4 - feed->base.ipv4;
		feed->carried.ipv6 += hits.ipv6 - feed->base.ipv6;
	}
	/* At the start the counters are those of the daemon before. */
	feed->base = (struct list_counters){0};
	if (!first)
		feed->base = hits_of(feed->feeds, number);
	feed->number = number;
}

/* Takes over what a reload may change. */
static void reconfigure(struct feed *feed, const struct config_feed *config)
{
	char *name = feed->config.name, *file = feed->config.file;

	feed->config = *config;
	feed->config.name = name;
	feed->config.file = file;
	feed->expires_unix = 0;
	if (feed->set)
		feed->expires_unix = feed_file_expiry(
			config->max_age_ms, &feed->good, &feed->report);
	feed->due = true;
}

/* Those that refuse first: one that only counts must hide nothing. */
static size_t order(const struct config *config,
		    const struct config_feed *out[static CONFIG_FEEDS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < config->feed_count; i++)
		if (config->feeds[i].action != ACTION_PASS)
			out[count++] = &config->feeds[i];
	for (size_t i = 0; i < config->feed_count; i++)
		if (config->feeds[i].action == ACTION_PASS)
			out[count++] = &config->feeds[i];
	return count;
}

static void load_now(struct feed *feed)
{
	struct feed_load *load = NULL;

	feed->due = false;
	if (create_load(feed, &load) != 0)
		return;
	feed_file_read(&load->file);
	feed_accept(feed, &load->file);
	free_load(load);
}

/* Gives the numbers anew, and empties those that nobody has any more. */
static void assign(struct feeds *feeds, size_t count_before, bool wait)
{
	static const struct list none;

	for (size_t i = 0; i < feeds->count; i++) {
		struct feed *feed = feeds->all[i];

		renumber(feed, LIST_NUMBERS + (unsigned int)i, wait);
		if (wait)
			load_now(feed);
		feed_set(feed);
	}
	for (size_t i = feeds->count; i < count_before; i++)
		publisher_set(feeds->publisher, LIST_NUMBERS + (unsigned int)i,
			      NULL, &none);
}

int feeds_apply(struct feeds *feeds, const struct config *config, bool wait)
{
	const struct config_feed *wanted[CONFIG_FEEDS_MAX];
	struct feed *next[CONFIG_FEEDS_MAX];
	struct feed *opened[CONFIG_FEEDS_MAX];
	size_t count = order(config, wanted), before = feeds->count;
	size_t opened_count = 0;

	feeds->config = config;
	for (size_t i = 0; i < count; i++) {
		next[i] = find_same(feeds, wanted[i]);
		if (next[i])
			continue;
		if (open_feed(feeds, wanted[i], &next[i]) != 0) {
			while (opened_count > 0)
				close_feed(opened[--opened_count]);
			return -ENOMEM;
		}
		opened[opened_count++] = next[i];
	}
	for (size_t i = 0; i < before; i++)
		feeds->all[i]->gone = true;
	for (size_t i = 0; i < count; i++) {
		next[i]->gone = false;
		reconfigure(next[i], wanted[i]);
	}
	for (size_t i = 0; i < before; i++)
		if (feeds->all[i]->gone)
			close_feed(feeds->all[i]);
	for (size_t i = 0; i < count; i++)
		feeds->all[i] = next[i];
	feeds->count = count;
	assign(feeds, before, wait);
	if (!wait) {
		publisher_publish(feeds->publisher, NULL, NULL);
		feeds_load_next(feeds);
	}
	return 0;
}

static size_t size_of(const struct feed *feed)
{
	if (!feed->set)
		return 0;
	return ranges_set_count(feed->set, FAMILY_IPV4) +
	       ranges_set_count(feed->set, FAMILY_IPV6);
}

bool feeds_give_up_largest(struct feeds *feeds)
{
	struct feed *largest = NULL;

	for (size_t i = 0; i < feeds->count; i++)
		if (size_of(feeds->all[i]) > (largest ? size_of(largest) : 0))
			largest = feeds->all[i];
	if (!largest)
		return false;
	ranges_set_put(largest->set);
	largest->set = NULL;
	feed_become(largest, FEED_STATE_TOO_LARGE, "%s", no_room);
	feed_set(largest);
	return true;
}

void feeds_reload(struct feeds *feeds, bool force)
{
	for (size_t i = 0; i < feeds->count; i++) {
		feeds->all[i]->due = true;
		feeds->all[i]->force |= force;
	}
	feeds_load_next(feeds);
}

int feeds_create(uv_loop_t *loop, struct publisher *publisher,
		 const struct jiffies_clock *clock, int counters,
		 struct feeds **out)
{
	struct feeds *feeds = calloc(1, sizeof(*feeds));

	if (!feeds)
		return -ENOMEM;
	feeds->loop = loop;
	feeds->publisher = publisher;
	feeds->clock = clock;
	feeds->counters = counters;
	feeds->handles = 1;
	uv_timer_init(loop, &feeds->tick);
	feeds->tick.data = feeds;
	uv_timer_start(&feeds->tick, on_tick, TICK_MS, TICK_MS);
	*out = feeds;
	return 0;
}

static void on_tick_closed(uv_handle_t *handle)
{
	release_feeds(handle->data);
}

void feeds_close(struct feeds *feeds)
{
	feeds->closing = true;
	for (size_t i = 0; i < feeds->count; i++)
		close_feed(feeds->all[i]);
	feeds->count = 0;
	uv_close((uv_handle_t *)&feeds->tick, on_tick_closed);
}
