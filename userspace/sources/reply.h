/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An incremental parser of SMTP replies (RFC 5321, 4.2; RFC 3463 for the
 * enhanced codes): octets go in as they arrive, a whole reply comes out.
 *
 * Pure: no I/O, no clock, no allocation.  What it keeps is bounded, whatever
 * the other side sends.  It takes what senders take (a bare LF as the end of
 * a line, text in UTF-8, lines longer than the 512 octets of the RFC) and
 * nothing else.
 *
 * Of what EHLO's reply offers, it keeps the two that an audit compares
 * (STARTTLS, RFC 3207; SIZE in octets, RFC 1870).
 *
 * One departure: after lines of success, a line with an error code replaces
 * them.  postscreen drops clients so: "220-mx1.example.net", "521 5.7.1 ...".
 */
#ifndef POSTERN_SOURCES_REPLY_H
#define POSTERN_SOURCES_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Octets of a line without its end, as much as Postfix's line_length_limit. */
#define REPLY_LINE_MAX	2048
#define REPLY_LINES_MAX 128
/* What is kept of a line, with its NUL. */
#define REPLY_TEXT_MAX 160

enum reply_status {
	REPLY_MORE, /* not the end of a reply yet */
	REPLY_DONE,
	REPLY_MALFORMED,
};

struct reply {
	unsigned int code;	   /* 200 to 599 */
	unsigned int subject;	   /* of the enhanced code: the 3 of 4.3.1 */
	unsigned int detail;	   /* the 1 of it */
	bool enhanced;		   /* there is one, of the class of `code` */
	bool starttls;		   /* a line after the first is "STARTTLS" */
	bool sized;		   /* ... is "SIZE" or "SIZE NUMBER" */
	uint64_t size;		   /* the number; 0: none, or without limit */
	char text[REPLY_TEXT_MAX]; /* the last line that says something: ASCII,
				      printable; the bad line if malformed */
};

struct reply_parser {
	struct reply reply;
	char line[REPLY_TEXT_MAX]; /* the start of the line, as it came */
	size_t length;		   /* of the whole line so far */
	size_t lines;
	bool cr; /* the last octet was a CR, so a LF must follow */
	bool malformed;
};

/* Before the first reply, and between two. */
void reply_reset(struct reply_parser *parser);

/*
 * Parses up to the end of one reply and stores in *used how many octets that
 * took (all of them for REPLY_MORE).  `parser->reply` is complete for
 * REPLY_DONE; REPLY_MALFORMED lasts until reply_reset().
 */
enum reply_status reply_parse(struct reply_parser *parser, const char *data,
			      size_t length, size_t *used);

#endif
