/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the worker says to the parent: sent at once, or kept in order until the
 * parent has read what was sent before.  A burst of nudges, which nobody misses
 * much, fills the socket; a hook, a flush or an answer must not be lost for it.
 *
 * Of fixed size.  Knows no loop: the owner calls outbox_flush() when the socket
 * can be written to.
 */
#ifndef POSTERN_WORKER_OUTBOX_H
#define POSTERN_WORKER_OUTBOX_H

#include "core/message.h"

#define OUTBOX_MAX 64

struct outbox {
	int socket; /* borrowed */
	size_t first;
	size_t count;
	struct message messages[OUTBOX_MAX]; /* a ring */
};

void outbox_init(struct outbox *outbox, int socket);

/*
 * Sends, or keeps for later.  Returns 0; -EAGAIN when as many are kept as can
 * be, or another negative errno: then it is lost.
 */
int outbox_send(struct outbox *outbox, const struct message *message);

/* Sends now, behind nobody: or returns a negative errno, and it is lost. */
int outbox_try(struct outbox *outbox, const struct message *message);

/* Sends of what is kept what can be sent; what fails for good is dropped. */
void outbox_flush(struct outbox *outbox);

#endif
