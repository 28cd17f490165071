/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the message goes once the backup has it: the step `delivery`.
 *
 * What a Postfix on this host tells is all that can be seen without the
 * primary's help: its log, which names who took the message, or else its
 * queue, which only tells that it is gone.  With neither the step is "unseen",
 * and says where to look.
 */
#ifndef POSTERN_CTL_DRILL_FOLLOW_H
#define POSTERN_CTL_DRILL_FOLLOW_H

#include "ctl/drill_facts.h"

struct drill_follow;

/*
 * Before the message is sent: opens the log at its end.  Returns NULL, having
 * said why, for a --log that can't be read, or without memory.
 */
struct drill_follow *drill_follow_open(const struct drill *drill);

/* The step, for as long as drill.wait_s. */
void drill_follow_run(struct drill_follow *follow, struct drill *drill);

void drill_follow_close(struct drill_follow *follow);

enum drill_fate {
	DRILL_FATE_NONE,     /* the line tells nothing of it */
	DRILL_FATE_HANDED,   /* to a filter, which queues it anew as `id` */
	DRILL_FATE_SENT,     /* to `relay`; `words`: and what that said */
	DRILL_FATE_DEFERRED, /* `words`: why */
	DRILL_FATE_BOUNCED,  /* `words`: why */
};

struct drill_news {
	char id[DRILL_QUEUE_ID];
	char relay[DRILL_RELAY];
	char words[DRILL_TEXT];
};

/* What a line of Postfix's log says of the message with that queue id. */
enum drill_fate drill_log_line(const char *line, const char *id,
			       struct drill_news *news);

/*
 * What a line of `postqueue -j` says of it: whether it is about that message,
 * which is in the queue then; `words`: why it is still there, or "".
 */
bool drill_queue_line(const char *line, const char *id,
		      struct drill_news *news);

#endif
