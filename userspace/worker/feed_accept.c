/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what was read of a feed is used; when it ends; and what is said. */

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/log.h"
#include "worker/feed_state.h"

static const char too_old[] = "its file is older than max-age allows";

/* Below this a bound on growth would be a nuisance. */
#define CHANGE_LEAST 100

void feed_become(struct feed *feed, enum feed_state state, const char *format,
		 ...)
{
	char why[FEED_REFUSED_TEXT];
	va_list arguments;
	bool news;

	va_start(arguments, format);
	vsnprintf(why, sizeof(why), format, arguments);
	va_end(arguments);
	news = state != feed->state || strcmp(why, feed->why) != 0;
	feed->state = state;
	memcpy(feed->why, why, sizeof(feed->why));
	if (!news || why[0] == '\0')
		return;
	log_warning("feed \"%s\", %s: %s; %s", feed->config.name,
		    feed->config.file, why,
		    feed->set ? "the version before stays in force"
			      : "it lists nobody");
}

static uint64_t total(const struct feed_report *report)
{
	return report->entries[FAMILY_IPV4] + report->entries[FAMILY_IPV6];
}

/* Whether more was written to a file that had been read too early. */
static bool goes_on(const struct feed *feed, const struct feed_file *next)
{
	return feed->young && next->version.device == feed->good.device &&
	       next->version.inode == feed->good.inode;
}

/* A list that has shrunk or grown so much is probably not whole, or wrong. */
static bool has_changed_too_much(const struct feed *feed,
				 const struct feed_file *next)
{
	uint64_t before = total(&feed->report), now = total(&next->report);
	uint64_t most = feed->config.change_max;

	if (!feed->set || most == 0 || goes_on(feed, next) ||
	    (before < CHANGE_LEAST && now < CHANGE_LEAST))
		return false;
	if (now > before)
		return (now - before) * 100 > before * most;
	return (before - now) * 100 > before * most;
}

static void log_loaded(const struct feed *feed)
{
	const struct feed_report *report = &feed->report;

	log_notice("feed \"%s\": %" PRIu64 " entries of IPv4 and %" PRIu64
		   " of IPv6 from %s (%s); rejected=%" PRIu64
		   " left-out=%" PRIu64,
		   feed->config.name, report->entries[FAMILY_IPV4],
		   report->entries[FAMILY_IPV6], feed->config.file,
		   feed_format_name(report->format),
		   report->count[FEED_REJECTED], report->count[FEED_LEFT_OUT]);
	for (size_t i = 0; i < report->problem_count; i++) {
		const struct feed_problem *problem = &report->problems[i];

		if (problem->kind == FEED_LEFT_OUT)
			log_warning("feed \"%s\": line %" PRIu64
				    " is left out: %s",
				    feed->config.name, problem->line,
				    problem->reason);
		else if (problem->kind == FEED_REJECTED)
			log_notice("feed \"%s\": line %" PRIu64
				   " is not understood: %s",
				   feed->config.name, problem->line,
				   problem->reason);
	}
}

static void refuse_error(struct feed *feed, int error)
{
	bool missing = error == -ENOENT || error == -ENOTDIR;

	feed_become(feed, missing ? FEED_STATE_MISSING : FEED_STATE_UNREADABLE,
		    "%s",
		    error == -EINVAL ? "it is no file" : strerror(-error));
}

bool feed_accept(struct feed *feed, struct feed_file *file)
{
	int64_t expires = feed_file_expiry(feed->config.max_age_ms,
					   &file->version, &file->report);
	bool forced = feed->force;

	feed->force = false;
	feed->seen = file->version;
	if (file->error) {
		refuse_error(feed, file->error);
		return false;
	}
	if (file->report.refused[0] != '\0') {
		feed_become(feed, FEED_STATE_REFUSED, "%s",
			    file->report.refused);
		return false;
	}
	if (!forced && has_changed_too_much(feed, file)) {
		feed_become(feed, FEED_STATE_REFUSED,
			    "it has %" PRIu64 " entries, and had %" PRIu64
			    " before: more than max-change allows "
			    "(\"posternctl reload --force\" takes it)",
			    total(&file->report), total(&feed->report));
		return false;
	}
	if (expires && expires <= time(NULL)) {
		feed_become(feed, FEED_STATE_EXPIRED, "%s", too_old);
		return false;
	}
	ranges_set_put(feed->before);
	feed->before = feed->set;
	feed->set = file->set;
	file->set = NULL;
	feed->report = file->report;
	feed->good = file->version;
	feed->young = file->opened_unix - file->version.modified.tv_sec <
		      FEED_QUIET_S;
	feed->expires_unix = expires;
	feed->state = FEED_STATE_FRESH;
	feed->why[0] = '\0';
	log_loaded(feed);
	return true;
}

bool feed_expire(struct feed *feed, int64_t now_unix)
{
	if (!feed->set || !feed->expires_unix || now_unix < feed->expires_unix)
		return false;
	ranges_set_put(feed->set);
	feed->set = NULL;
	feed->state = FEED_STATE_EXPIRED;
	snprintf(feed->why, sizeof(feed->why), "%s", too_old);
	log_error("feed \"%s\", %s: not refreshed for too long, so it lists "
		  "nobody any more",
		  feed->config.name, feed->config.file);
	return true;
}

/* The kernel ends it too, should this process not live to see it. */
static uint64_t kernel_deadline(const struct feed *feed)
{
	int64_t left = feed->expires_unix - time(NULL);

	if (feed->expires_unix == 0)
		return 0;
	return clock_jiffies_at(feed->feeds->clock,
				clock_monotonic_ns() +
					(uint64_t)(left > 0 ? left : 0) *
						NS_PER_S);
}

void feed_set(struct feed *feed)
{
	const struct list meaning = {
		.kind = LIST_FEED,
		.action = feed->config.action,
		.expires = kernel_deadline(feed),
	};

	publisher_set(feed->feeds->publisher, feed->number,
		      ranges_set_get(feed->set), &meaning);
}
