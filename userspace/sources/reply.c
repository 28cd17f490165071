/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SMTP replies from the octets of a primary, which may send anything. */

#include "sources/reply.h"

#include <string.h>
#include <strings.h>

void reply_reset(struct reply_parser *parser)
{
	memset(parser, 0, sizeof(*parser));
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Control characters have no business in a reply (RFC 5321, 4.2). */
static bool is_text(unsigned char c)
{
	return c == '\t' || (c >= ' ' && c != 0x7f);
}

static size_t kept(const struct reply_parser *parser)
{
	return parser->length < REPLY_TEXT_MAX ? parser->length
					       : REPLY_TEXT_MAX - 1;
}

static void keep_text(struct reply_parser *parser)
{
	char *text = parser->reply.text;
	size_t length = kept(parser);

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)parser->line[i];

		if (c == '\t')
			text[i] = ' ';
		else
			text[i] = c >= ' ' && c < 0x7f ? (char)c : '?';
	}
	text[length] = '\0';
}

static enum reply_status malformed(struct reply_parser *parser)
{
	keep_text(parser);
	parser->malformed = true;
	return REPLY_MALFORMED;
}

/* One to three digits; returns where they end, or NULL. */
static const char *parse_number(const char *at, const char *end,
				unsigned int *out)
{
	const char *start = at;
	unsigned int value = 0;

	while (at < end && at - start < 3 && is_digit(*at))
		value = value * 10 + (unsigned int)(*at++ - '0');
	if (at == start)
		return NULL;
	*out = value;
	return at;
}

/* Looks for "4.3.1" where an enhanced code stands, after "452 ". */
static void parse_enhanced(struct reply *reply, const char *line, size_t length)
{
	const char *end = line + length;
	const char *at = line + 4;
	unsigned int subject;
	unsigned int detail;

	if (length < 4 + strlen("4.3.1") || at[0] != line[0] || at[1] != '.')
		return;
	at = parse_number(at + 2, end, &subject);
	if (!at || at == end || *at != '.')
		return;
	at = parse_number(at + 1, end, &detail);
	if (!at || (at < end && *at != ' ' && *at != '\t'))
		return;
	reply->subject = subject;
	reply->detail = detail;
	reply->enhanced = true;
}

/* Whether `text` begins with the word. */
static bool is_keyword(const char *text, size_t length, const char *word)
{
	size_t size = strlen(word);

	return length >= size && strncasecmp(text, word, size) == 0 &&
	       (length == size || text[size] == ' ');
}

static uint64_t parse_size(const char *at, const char *end)
{
	uint64_t size = 0;

	while (at < end && *at == ' ')
		at++;
	for (; at < end && is_digit(*at); at++) {
		if (size > (UINT64_MAX - 9) / 10)
			return 0;
		size = size * 10 + (uint64_t)(*at - '0');
	}
	return size;
}

/* Looks for a keyword of EHLO's reply, after "250-". */
static void parse_keyword(struct reply *reply, const char *line, size_t length)
{
	if (length < 4)
		return;
	if (is_keyword(line + 4, length - 4, "STARTTLS"))
		reply->starttls = true;
	if (is_keyword(line + 4, length - 4, "SIZE")) {
		reply->sized = true;
		reply->size =
			parse_size(line + 4 + strlen("SIZE"), line + length);
	}
}

/* The code of a line; 0 if it has none. */
static unsigned int parse_code(const char *line, size_t length)
{
	if (length < 3 || line[0] < '2' || line[0] > '5' ||
	    !is_digit(line[1]) || !is_digit(line[2]))
		return 0;
	if (length > 3 && line[3] != ' ' && line[3] != '-')
		return 0;
	return (unsigned int)((line[0] - '0') * 100 + (line[1] - '0') * 10 +
			      (line[2] - '0'));
}

static enum reply_status end_of_line(struct reply_parser *parser)
{
	size_t length = kept(parser);
	const char *line = parser->line;
	struct reply *reply = &parser->reply;
	unsigned int code = parse_code(line, length);
	bool last = length < 4 || line[3] == ' ';

	if (code == 0 || ++parser->lines > REPLY_LINES_MAX)
		return malformed(parser);
	if (parser->lines > 1 && code != reply->code) {
		if (reply->code >= 400 || code < 400)
			return malformed(parser);
		reply->enhanced = false;
	}
	reply->code = code;
	parse_enhanced(reply, line, length);
	if (parser->lines > 1)
		parse_keyword(reply, line, length);
	if (length > 4 || parser->lines == 1)
		keep_text(parser);
	parser->length = 0;
	return last ? REPLY_DONE : REPLY_MORE;
}

static enum reply_status take(struct reply_parser *parser, char c)
{
	if (c == '\n') {
		parser->cr = false;
		return end_of_line(parser);
	}
	if (parser->cr)
		return malformed(parser);
	if (c == '\r') {
		parser->cr = true;
		return REPLY_MORE;
	}
	if (!is_text((unsigned char)c) || parser->length == REPLY_LINE_MAX)
		return malformed(parser);
	if (parser->length < sizeof(parser->line))
		parser->line[parser->length] = c;
	parser->length++;
	return REPLY_MORE;
}

enum reply_status reply_parse(struct reply_parser *parser, const char *data,
			      size_t length, size_t *used)
{
	enum reply_status status =
		parser->malformed ? REPLY_MALFORMED : REPLY_MORE;
	size_t i = 0;

	while (i < length && status == REPLY_MORE)
		status = take(parser, data[i++]);
	*used = i;
	return status;
}
