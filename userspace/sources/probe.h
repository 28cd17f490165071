/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One SMTP dialogue with a primary, over libuv: connects, reads the greeting
 * to its final line before it says anything, then follows
 * sources/dialogue.h to QUIT.
 *
 * A probe ends in one call of `done`, once its connection is closed: a
 * decided one waits for the answer to QUIT first, for 2 s at most.  It is gone
 * when `done` returns, and may be replaced by a new one from there.
 *
 * With STARTTLS it goes on over TLS (sources/tls.h), without a look at the
 * certificate; a handshake that fails is PROBE_TLS, and never tried again in
 * plain text by the same probe.
 *
 * The process must ignore SIGPIPE: libuv writes to what the primary closed.
 */
#ifndef POSTERN_SOURCES_PROBE_H
#define POSTERN_SOURCES_PROBE_H

#include <uv.h>

#include "core/addr.h"
#include "sources/dialogue.h"

#define PROBE_REPLY_MAX REPLY_TEXT_MAX

struct probe_result {
	enum probe_reason reason;
	int error; /* negative errno where a system call told, or 0 */
	char reply[PROBE_REPLY_MAX]; /* the line that decided; printable */
};

/*
 * Told of each reply up to the decision, before the next command is said; it
 * may not call the probe.  `recipient` is that of a RCPT, else NULL.
 */
typedef void probe_heard(void *context, enum dialogue_step step,
			 const char *recipient, const struct reply *reply);

struct probe_target {
	struct addr addr;
	uint16_t port;
	const struct addr *source; /* of the same family; NULL: any */
	const char *helo;	   /* NULL: the literal of our own address */
	const char *recipient;	   /* none is used after probe_start() */
	/*
	 * NULL, or more recipients to ask about, with a NULL behind, which
	 * outlive the probe; the last one decides.
	 */
	const char *const *more;
	probe_heard *heard; /* NULL: nobody listens; gets done's context */
	uint64_t connect_ms;
	uint64_t greeting_ms;
	uint64_t timeout_ms; /* of the whole dialogue, up to its decision */
	enum starttls starttls;
};

struct probe;

typedef void probe_done(void *context, const struct probe_result *result);

/*
 * Returns 0 and *out, or -EINVAL (an argument that no command can carry) or
 * -ENOMEM; `done` is never called then.  Else it is called once, after this
 * has returned, unless probe_cancel() comes first.
 */
int probe_start(uv_loop_t *loop, const struct probe_target *target,
		probe_done *done, void *context, struct probe **out);

/*
 * In doubt: allows the connection no more than `connect_ms` from its start.
 * Changes nothing once it is there.
 */
void probe_hurry(struct probe *probe, uint64_t connect_ms);

/*
 * Ends it without a call of `done`, with a QUIT if that can be said;
 * `probe` is gone for the caller, and frees itself from the loop.
 */
void probe_cancel(struct probe *probe);

#endif
