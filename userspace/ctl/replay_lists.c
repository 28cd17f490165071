/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads what a daemon would read, once. */

#include "ctl/replay_lists.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sources/feed_file.h"

/* Why it can't be used: one line, or "". */
static void judge(const struct feed_file *file,
		  char why[static FEED_REFUSED_TEXT])
{
	int64_t expires = feed_file_expiry(file->max_age_ms, &file->version,
					   &file->report);

	why[0] = '\0';
	if (file->error)
		snprintf(why, FEED_REFUSED_TEXT, "%s",
			 file->error == -EINVAL ? "it is no file"
						: strerror(-file->error));
	else if (file->report.refused[0] != '\0')
		memcpy(why, file->report.refused, FEED_REFUSED_TEXT);
	else if (expires && expires <= time(NULL))
		snprintf(why, FEED_REFUSED_TEXT,
			 "it is older than max-age allows");
}

static int plan_feed(const struct ctl *ctl, const struct config *config,
		     size_t index, struct lists_plan *plan)
{
	const struct config_feed *feed = &config->feeds[index];
	size_t number = LIST_NUMBERS + index;
	char why[FEED_REFUSED_TEXT];
	struct feed_file file = {0};
	int error = feed_file_prepare(config, feed, NULL, 0, &file);

	if (error)
		return error;
	feed_file_read(&file);
	judge(&file, why);
	if (why[0] != '\0') {
		ctl_error(ctl, "feed \"%s\", %s: %s; it lists nobody",
			  feed->name, feed->file, why);
	} else {
		plan->sets[number] = file.set;
		file.set = NULL;
	}
	feed_file_clear(&file);
	plan->meanings[number] = (struct list){
		.kind = LIST_FEED,
		.action = feed->action,
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
