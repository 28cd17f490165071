/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The owner of c-ares: one of its channels, watched by the event loop.
 *
 * Used by sources/resolver alone.  `reply` is called once for each question,
 * possibly before channel_query() has returned and from inside of c-ares: so
 * it may only take a note, and touch no channel.
 */
#ifndef POSTERN_SOURCES_CHANNEL_H
#define POSTERN_SOURCES_CHANNEL_H

#include <uv.h>

#include "core/config.h"
#include "sources/answer.h"

struct channel;

/*
 * `reply`, valid during the call, or NULL; then `failure` says why in static
 * words.
 */
typedef void channel_reply(void *question, const uint8_t *reply, size_t length,
			   const char *failure);

/*
 * Without nameservers those of resolv.conf(5), as it is now, are asked.
 * Returns 0 and *out, or a negative errno with *out untouched.
 */
int channel_open(uv_loop_t *loop, const struct config_nameserver *nameservers,
		 size_t nameserver_count, channel_reply *reply,
		 struct channel **out);

void channel_query(struct channel *channel, const char *name,
		   enum question_type type, void *question);

/* Questions under way. */
size_t channel_pending(const struct channel *channel);

/* Call it every CHANNEL_TICK_MS while questions are under way. */
#define CHANNEL_TICK_MS 100
void channel_tick(struct channel *channel);

/* Questions under way fail, before it returns; `channel` is gone then. */
void channel_close(struct channel *channel);

#endif
