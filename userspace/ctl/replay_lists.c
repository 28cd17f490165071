/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads what a daemon would read, once. */

#include "ctl/replay_lists.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sources/addresses.h"
#include "sources/feed.h"
#include "sources/feed_guard.h"

/* A feed that is being read. */
struct reading {
	const struct config *config;
	const struct config_feed *feed;
	int64_t modified_unix;
	struct feed_report report;
	struct ranges_set *set;
};

/* What is no file, such as a FIFO, must not make it wait. */
static int open_file(struct reading *reading)
{
	struct stat stat;
	int fd = open(reading->feed->file,
		      O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 || fstat(fd, &stat) != 0)
		snprintf(reading->report.refused, FEED_REFUSED_TEXT, "%s",
			 strerror(errno));
	else if (!S_ISREG(stat.st_mode))
		snprintf(reading->report.refused, FEED_REFUSED_TEXT,
			 "it is no file");
	else
		reading->modified_unix = stat.st_mtim.tv_sec;
	if (fd >= 0 && reading->report.refused[0] != '\0') {
		close(fd);
		return -1;
	}
	return fd;
}

static int guard_of(const struct reading *reading, struct feed_guard **out)
{
	const struct config_feed *feed = reading->feed;
	const unsigned int widest[FAMILY_MAX] = {feed->widest_ipv4,
						 feed->widest_ipv6};
	struct addr own[ADDRESSES_PROTECTED_MAX];

	return feed_guard_create(reading->config, own,
				 addresses_protected(reading->config, own),
				 widest, out);
}

/* Returns 0, though the feed may be refused, or -ENOMEM. */
static int read_file(struct reading *reading)
{
	struct feed_options options = {
		.format = reading->feed->format,
		.rejected_max = reading->feed->rejected_max,
	};
	struct feed_guard *guard = NULL;
	int fd = open_file(reading);
	int error;

	if (fd < 0)
		return 0;
	error = guard_of(reading, &guard);
	if (!error) {
		options.guard = guard;
		feed_read(fd, &options, &reading->report, &reading->set);
	}
	feed_guard_free(guard);
	close(fd);
	return error;
}

/* By its age, or its own word. */
static bool is_expired(const struct reading *reading)
{
	const struct feed_report *report = &reading->report;
	int64_t max_age_s = (int64_t)(reading->feed->max_age_ms / 1000);
	int64_t now_unix = time(NULL);

	return (max_age_s && reading->modified_unix + max_age_s <= now_unix) ||
	       (report->expires_unix && report->expires_unix <= now_unix);
}

static void judge(const struct ctl *ctl, struct reading *reading)
{
	const struct config_feed *feed = reading->feed;
	char *refused = reading->report.refused;

	if (refused[0] == '\0' && is_expired(reading))
		snprintf(refused, FEED_REFUSED_TEXT,
			 "it is older than max-age allows");
	if (refused[0] == '\0')
		return;
	ctl_error(ctl, "feed \"%s\", %s: %s; it lists nobody", feed->name,
		  feed->file, refused);
	ranges_set_put(reading->set);
	reading->set = NULL;
}

static int plan_feed(const struct ctl *ctl, const struct config *config,
		     size_t index, struct lists_plan *plan)
{
	struct reading reading = {
		.config = config,
		.feed = &config->feeds[index],
	};
	size_t number = LIST_NUMBERS + index;
	int error = read_file(&reading);

	if (error)
		return error;
	judge(ctl, &reading);
	plan->sets[number] = reading.set;
	plan->meanings[number] = (struct list){
		.kind = LIST_FEED,
		.action = reading.feed->action,
	};
	return 0;
}

int replay_lists_plan(const struct ctl *ctl, const struct config *config,
		      struct lists_plan *plan,
		      char error[static CONFIG_ERROR_TEXT])
{
	int status = lists_plan_config(plan, config);

	for (size_t i = 0; i < config->feed_count && !status; i++)
		status = plan_feed(ctl, config, i, plan);
	if (status) {
		lists_describe(status, config, error);
		lists_plan_clear(plan);
	}
	return status;
}
