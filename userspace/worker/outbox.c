/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages that wait for the parent to read. */

#include "worker/outbox.h"

#include <errno.h>

void outbox_init(struct outbox *outbox, int socket)
{
	outbox->socket = socket;
	outbox->first = 0;
	outbox->count = 0;
}

static int keep(struct outbox *outbox, const struct message *message)
{
	size_t last = (outbox->first + outbox->count) % OUTBOX_MAX;

	if (outbox->count == OUTBOX_MAX)
		return -EAGAIN;
	outbox->messages[last] = *message;
	outbox->count++;
	return 0;
}

int outbox_try(struct outbox *outbox, const struct message *message)
{
	if (outbox->count > 0)
		return -EAGAIN;
	return message_send(outbox->socket, message, -1);
}

int outbox_send(struct outbox *outbox, const struct message *message)
{
	int error = outbox_try(outbox, message);

	return error == -EAGAIN ? keep(outbox, message) : error;
}

void outbox_flush(struct outbox *outbox)
{
	while (outbox->count > 0) {
		int error = message_send(outbox->socket,
					 &outbox->messages[outbox->first], -1);

		if (error == -EAGAIN)
			return;
		outbox->first = (outbox->first + 1) % OUTBOX_MAX;
		outbox->count--;
	}
}
