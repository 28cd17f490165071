/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks DNS questions from the worker's event loop.
 *
 * One resolver a process.  A callback never runs before the call that asked
 * for it has returned, exactly one runs for each question that was accepted
 * (ANSWER_FAILED at the latest when the resolver is closed), and it may ask
 * again, but not close the resolver.
 *
 * No more than RESOLVER_WINDOW questions are under way at a time: more would
 * only lose answers to the socket's buffer.  Who has many questions keeps a
 * queue of its own, and leaves room for others.
 */
#ifndef POSTERN_SOURCES_RESOLVER_H
#define POSTERN_SOURCES_RESOLVER_H

#include <uv.h>

#include "core/config.h"
#include "sources/answer.h"

#define RESOLVER_WINDOW 128

struct resolver;

/* `answer` is valid during the call. */
typedef void resolver_done(void *context, const struct answer *answer);

/*
 * Without nameservers those of resolv.conf(5) are asked, and a change of that
 * file is followed.  Returns 0 and *out, or a negative errno with *out
 * untouched.
 */
int resolver_create(uv_loop_t *loop,
		    const struct config_nameserver *nameservers,
		    size_t nameserver_count, struct resolver **out);

/*
 * Asks other nameservers from now on (after a reload); what is under way is
 * still answered by the old ones.  Returns 0, or a negative errno: then
 * nothing has changed.
 */
int resolver_use(struct resolver *resolver,
		 const struct config_nameserver *nameservers,
		 size_t nameserver_count);

/*
 * Asks for the records of `name`.  Returns 0, or a negative errno: then
 * nothing was asked and `done` is never called.  -EAGAIN: the window is full.
 */
int resolver_ask(struct resolver *resolver, const char *name,
		 enum question_type type, resolver_done *done, void *context);

/* Questions under way. */
size_t resolver_pending(const struct resolver *resolver);

/* Frees everything once the loop has run the last close callback. */
void resolver_close(struct resolver *resolver);

#endif
