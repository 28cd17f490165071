/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One SMTP dialogue with a primary: greeting (read to its final line), EHLO,
 * MAIL, RCPT, RSET, QUIT; never DATA.  It ends in one call of `done` with a
 * reason.
 */
#ifndef POSTERN_SOURCES_PROBE_H
#define POSTERN_SOURCES_PROBE_H

#include <uv.h>

#include "core/addr.h"

/* The words complete "the primary ...". */
#define PROBE_REASON_TABLE(REASON)                                             \
	REASON(GOOD, good, "takes mail")                                       \
	REASON(REFUSED, refused, "refuses connections")                        \
	REASON(UNREACHABLE, unreachable, "can't be reached")                   \
	REASON(CONNECT_TIMEOUT, connect_timeout, "doesn't answer a SYN")       \
	REASON(GREETING_TIMEOUT, greeting_timeout, "says nothing")             \
	REASON(TIMEOUT, timeout, "takes too long")                             \
	REASON(CLOSED, closed, "hangs up")                                     \
	REASON(MALFORMED, malformed, "does not speak SMTP")                    \
	REASON(GREETING, greeting, "greets with an error")                     \
	REASON(EHLO, ehlo, "refuses EHLO")                                     \
	REASON(MAIL, mail, "refuses MAIL")                                     \
	REASON(RCPT, rcpt, "can't check recipients")                           \
	REASON(LIMITED, limited, "limits our connections")                     \
	REASON(LOCAL, local, "was not asked: our own fault")

#define PROBE_REASON_ENUM(NAME, name, words) PROBE_##NAME,
enum probe_reason { PROBE_REASON_TABLE(PROBE_REASON_ENUM) PROBE_REASONS };

/* "good", "refused", ... and the words of the table. */
const char *probe_reason_name(enum probe_reason reason);
const char *probe_reason_words(enum probe_reason reason);

#define PROBE_REPLY_MAX 160

struct probe_result {
	enum probe_reason reason;
	char reply[PROBE_REPLY_MAX]; /* the line that decided; printable */
};

struct probe_target {
	struct addr addr;
	uint16_t port;
	const char *helo;      /* valid until `done` */
	const char *recipient; /* likewise */
	uint64_t connect_ms;
	uint64_t greeting_ms;
	uint64_t timeout_ms; /* of the whole dialogue */
};

struct probe;

typedef void probe_done(void *context, const struct probe_result *result);

/*
 * Returns 0 and *out, or a negative errno (then `done` is never called).
 * `done` is called once, after this has returned, unless probe_cancel() came
 * first; the probe says QUIT and frees itself afterwards.
 */
int probe_start(uv_loop_t *loop, const struct probe_target *target,
		probe_done *done, void *context, struct probe **out);

/* Ends it without a call of `done`; `probe` is gone for the caller. */
void probe_cancel(struct probe *probe);

#endif
