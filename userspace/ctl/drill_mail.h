/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One message by SMTP (RFC 5321), as a sender would deliver it: the steps
 * `greeting`, `recipient` and `message`.
 *
 * It waits, but never beyond a deadline, and says QUIT.  In plain text: what a
 * backup that insists on TLS says to that is shown.
 */
#ifndef POSTERN_CTL_DRILL_MAIL_H
#define POSTERN_CTL_DRILL_MAIL_H

#include <stddef.h>
#include <time.h>

#include "ctl/drill_facts.h"

/* Of drill_clock_ms(). */
void drill_send(struct drill *drill, uint64_t deadline_ms);

#define DRILL_MESSAGE_MAX 2048

/* Writes the canary, up to the lone dot that ends it; returns its length. */
size_t drill_message(const struct drill *drill, const char *helo, time_t now,
		     char text[static DRILL_MESSAGE_MAX]);

/*
 * The queue id in the answer to a message: Postfix's "queued as ID", Exim's
 * "id=ID".  `id` is "" where there is none.
 */
void drill_queue_id(const char *reply, char id[static DRILL_QUEUE_ID]);

#endif
