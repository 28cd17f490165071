/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who the doorman is: the name and the certificates of the configuration, or
 * else of the local Postfix, as its main.cf has them.
 *
 * Keys are for root alone, so the parent reads them, for the worker.  It does
 * not look into them: the kernel copies the files.
 */
#ifndef POSTERN_PARENT_DOOR_IDENTITY_H
#define POSTERN_PARENT_DOOR_IDENTITY_H

#include "core/message.h"

/*
 * Fills *out, a MESSAGE_IDENTITY, and returns the descriptor that goes with it,
 * for close(2), or -1.  What can't be read is logged, and the message says so
 * by its result.
 */
int door_identity_read(const struct config *config, struct message *out);

#endif
