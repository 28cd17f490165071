/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a probe says to a primary, and what it makes of the replies: the rules
 * of the SMTP dialogue apart from its sockets (sources/probe.h) and from what
 * follows for the primary's health (sources/health_state.h).
 *
 * Pure.  It goes as far as RCPT, because full disks, dead filters and dead
 * tables show only there, and never to DATA.
 */
#ifndef POSTERN_SOURCES_DIALOGUE_H
#define POSTERN_SOURCES_DIALOGUE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/starttls.h"
#include "sources/reply.h"

/* The words complete "the primary ...". */
#define PROBE_REASON_TABLE(REASON)                                             \
	REASON(GOOD, good, "takes mail")                                       \
	REASON(REFUSED, refused, "refuses connections")                        \
	REASON(UNREACHABLE, unreachable, "can't be reached")                   \
	REASON(CONNECT_TIMEOUT, connect_timeout, "doesn't answer a SYN")       \
	REASON(GREETING_TIMEOUT, greeting_timeout, "doesn't greet")            \
	REASON(TIMEOUT, timeout, "takes too long")                             \
	REASON(CLOSED, closed, "hangs up")                                     \
	REASON(MALFORMED, malformed, "does not speak SMTP")                    \
	REASON(GREETING, greeting, "greets with an error")                     \
	REASON(EHLO, ehlo, "refuses EHLO")                                     \
	REASON(TLS, tls, "has no working STARTTLS")                            \
	REASON(MAIL, mail, "refuses MAIL")                                     \
	REASON(RCPT, rcpt, "can't check recipients")                           \
	REASON(LIMITED, limited, "limits our connections")                     \
	REASON(LOCAL, local, "was not asked: our own fault")

#define PROBE_REASON_ENUM(NAME, name, words) PROBE_##NAME,
enum probe_reason { PROBE_REASON_TABLE(PROBE_REASON_ENUM) PROBE_REASONS };

/* "good", "refused", ... and the words of the table. */
const char *probe_reason_name(enum probe_reason reason);
const char *probe_reason_words(enum probe_reason reason);

/* The reply that is waited for; each but the greeting answers a command. */
enum dialogue_step {
	STEP_GREETING,
	STEP_EHLO,
	STEP_HELO, /* for a primary that does not know EHLO */
	STEP_MAIL,
	STEP_RCPT,
	STEP_RSET,
	STEP_QUIT,
	STEP_STARTTLS, /* its handshake and another EHLO follow */
};

struct dialogue_move {
	enum dialogue_step next; /* the command to send now */
	bool decided;
	enum probe_reason reason; /* once decided */
};

/*
 * Judges the reply to `step`.  A decided dialogue still goes on to QUIT, over
 * RSET where there is something to reset; those replies change nothing.
 */
struct dialogue_move dialogue_judge(enum dialogue_step step,
				    const struct reply *reply);

/*
 * Turns aside to STARTTLS where `move`, what dialogue_judge() made of a reply
 * in plain text, would lead on to MAIL without.
 */
struct dialogue_move dialogue_secure(enum starttls level,
				     enum dialogue_step step,
				     const struct reply *reply,
				     struct dialogue_move move);

#define DIALOGUE_ARGUMENT_MAX 255
#define DIALOGUE_COMMAND_MAX  320

/* Whether `text` can stand in a command: no space, bracket or control. */
bool dialogue_argument_valid(const char *text);

/*
 * Writes the command of `step` (not STEP_GREETING) with its CRLF; returns its
 * length.  The arguments are valid ones.
 */
size_t dialogue_command(enum dialogue_step step, const char *helo,
			const char *recipient,
			char text[static DIALOGUE_COMMAND_MAX]);

#endif
