/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parent does for the queue of the local MTA, in children with a
 * time limit: asks for delivery of one domain's mail, and counts the queue
 * about once a minute.
 */
#ifndef POSTERN_PARENT_QUEUE_H
#define POSTERN_PARENT_QUEUE_H

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

#include "core/config.h"
#include "core/message.h"

struct queue;

/* Sends to the worker. */
typedef void queue_tell(void *context, const struct message *message);

int queue_create(queue_tell *tell, void *context, struct queue **out);

/*
 * Asks for delivery of the mail of the configuration's `index`th domain;
 * MESSAGE_FLUSHED tells when that is done, or why not.
 */
void queue_flush(struct queue *queue, const struct config *config,
		 uint32_t index);

/* As those of parent/hooks.h. */
#define QUEUE_FDS 2
size_t queue_poll(const struct queue *queue, struct pollfd *fds);
bool queue_read(struct queue *queue, int fd);
bool queue_reaped(struct queue *queue, pid_t pid, int status);

/* Call it every few seconds. */
void queue_check(struct queue *queue, const struct config *config);

void queue_close(struct queue *queue);

#endif
