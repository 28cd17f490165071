/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of the log that are about one source, found together by an id: what
 * one network does within two minutes has the same one, from its first SYN to
 * what the doorman told it.  The worker owns one.
 *
 * Strangers cause these lines, so there are budgets: a line a second (20 at
 * once) from level info on, 50 a second (100 at once) of debugging.  What was
 * left out is counted, and said once a minute.
 */
#ifndef POSTERN_WORKER_STORIES_H
#define POSTERN_WORKER_STORIES_H

#include "core/addr.h"
#include "core/log.h"

#define STORY_S	    120
#define STORIES_MAX 4096 /* networks whose id is known */

struct stories;

/* NULL: no memory. */
struct stories *stories_create(void);
void stories_free(struct stories *stories);

/* The id of a source's story, begun anew if need be; returns `id`. */
const char *stories_id(struct stories *stories, const struct addr *source,
		       uint64_t now_ns, char id[static LOG_ID_TEXT]);

/*
 * A line about a source, which the words name by themselves; `reason` is
 * REASON_MAX where there is none.
 */
void stories_tell(struct stories *stories, enum log_level level,
		  const struct addr *source, enum reason reason,
		  uint64_t now_ns, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* Says what was left out; call it every second. */
void stories_sum_up(struct stories *stories, uint64_t now_ns);

#endif
