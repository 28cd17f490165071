/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What follows when the primaries go away and come back: on-down, on-up after
 * `settle`, and the paced flush.  What is owed after an outage is kept in a
 * file, so that a restart of the daemon loses no flush.
 */
#ifndef POSTERN_WORKER_RECOVERY_H
#define POSTERN_WORKER_RECOVERY_H

#include <jansson.h>
#include <uv.h>

#include "core/config.h"
#include "core/message.h"
#include "core/policy.h"

struct recovery;

/* Sends to the parent. */
typedef void recovery_tell(void *context, const struct message *message);

/* Returns 0 and *out, or -ENOMEM. */
int recovery_create(uv_loop_t *loop, const char *directory, recovery_tell *tell,
		    void *context, struct recovery **out);

/* Borrows the configuration until the next call. */
void recovery_use(struct recovery *recovery, const struct config *config);

/* What policy_site() says now; asked again and again. */
void recovery_follow(struct recovery *recovery, enum policy_health site);

/*
 * A gate that was open because of an outage has closed.  Then mail may have
 * come in, even if the site never counted as down, because the outage was over
 * before all families' probes had seen it.  To be called before
 * recovery_follow().
 */
void recovery_came_back(struct recovery *recovery);

/* The parent's answer to a MESSAGE_FLUSH. */
void recovery_flushed(struct recovery *recovery, const struct message *message);

/* {"owed", "next", "on_up", "in_s"}, or null: nothing is owed. */
json_t *recovery_json(const struct recovery *recovery);

/* Frees itself once the loop has closed its timer. */
void recovery_close(struct recovery *recovery);

#endif
