/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long Postfix's queue is, and how old: by its files, none of which is
 * opened, so that 100,000 of them take a fraction of a second.  The age is
 * that of the inode, where the file system knows it (ext4, xfs, btrfs): a
 * message keeps its inode as long as it is in the queue, while its times of
 * change and modification are those of retries.
 */
#ifndef POSTERN_PARENT_QUEUE_COUNT_H
#define POSTERN_PARENT_QUEUE_COUNT_H

#include <stdint.h>

struct queue_count {
	uint64_t length;     /* of incoming, active and deferred together */
	int64_t oldest_unix; /* 0: nothing, or not known */
};

/*
 * Counts below `directory`, without following links.  Returns 0 and *out, or
 * a negative errno: -ENOENT where no Postfix has its queue.
 */
int queue_count(const char *directory, struct queue_count *out);

#endif
