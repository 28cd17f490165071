/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The doorman's side of an SMTP dialogue (RFC 5321), in which no recipient is
 * ever accepted: octets go in, replies come out.
 *
 * It takes commands as they come, one or many at a time (RFC 2920), and stops
 * taking while there is no room for another reply.  A line may end with LF
 * alone: nothing of a message is ever taken, so nothing can be hidden in it.
 * It offers what makes a sender bounce a message where it is missing
 * (SMTPUTF8, 8BITMIME, any SIZE): such a message is to be kept, too.
 *
 * A struct doorman_smtp is of fixed size and owns all that it needs.  Pure.
 */
#ifndef POSTERN_SOURCES_DOORMAN_SMTP_H
#define POSTERN_SOURCES_DOORMAN_SMTP_H

#include <stdbool.h>
#include <stddef.h>

#define DOORMAN_NAME_MAX     256  /* of this host, with its NUL */
#define DOORMAN_REPLY_MAX    512  /* RFC 5321, 4.5.3.1.5, with a NUL */
#define DOORMAN_LINE_MAX     1024 /* octets of a command */
#define DOORMAN_OUT_MAX	     2048
#define DOORMAN_COMMANDS_MAX 200
#define DOORMAN_ERRORS_MAX   10
#define DOORMAN_OCTETS_MAX   65536 /* that are taken in all */

struct doorman_smtp {
	char name[DOORMAN_NAME_MAX];
	char refusal[DOORMAN_REPLY_MAX];
	char line[DOORMAN_LINE_MAX];
	size_t length; /* of the line so far */
	bool overlong; /* its rest is skipped */
	bool garbled;  /* it has octets that no command has */
	bool mail;     /* a transaction is under way */
	bool rcpt;     /* ... and its recipients were refused */
	bool told;     /* the refusal was said */
	bool ended;    /* hang up once `out` is written */
	bool offers;   /* STARTTLS */
	bool offered;  /* ... in an answer to EHLO */
	bool starting; /* TLS follows once `out` is written */
	bool secure;   /* it is spoken over TLS */
	unsigned int commands;
	unsigned int errors;
	size_t octets;
	char out[DOORMAN_OUT_MAX]; /* to be written; then set out_used to 0 */
	size_t out_used;
};

/*
 * Begins with the greeting.  `refusal` is what recipients are answered, such
 * as "451 4.3.2 words", without an end of line.  Both are copied.
 */
void doorman_smtp_begin(struct doorman_smtp *smtp, const char *name,
			const char *refusal);

/* From now on STARTTLS (RFC 3207) is offered, or no longer. */
void doorman_smtp_offer(struct doorman_smtp *smtp, bool starttls);

/*
 * The handshake that `starting` asked for is done: nothing that was said
 * before counts any more, but for the bounds.
 */
void doorman_smtp_secure(struct doorman_smtp *smtp);

/*
 * Takes what it can of `size` octets, and returns how many: fewer when `out`
 * has to be written first, when TLS is to start (what is left was sent in
 * plain text ahead of it, and is not to be taken at all), or the dialogue has
 * ended.
 */
size_t doorman_smtp_take(struct doorman_smtp *smtp, const char *data,
			 size_t size);

/* Ends it from our side, with "421 " and words. */
void doorman_smtp_end(struct doorman_smtp *smtp, const char *words);

#endif
