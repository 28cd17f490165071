/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the text of a configuration, and makes it safe for libconfuse. */

#include "core/config_text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/config.h"

#define DEPTH_MAX 8

/*
 * What libconfuse takes for the end of an unquoted word, and the "|" by which
 * it would take a key for one of another section.
 */
#define SPECIAL " \t\r\n#\"'={}()+,*|"

/* What came before, as far as it decides what may come next. */
enum token {
	TOKEN_OTHER,
	TOKEN_WORD,
	TOKEN_EQUALS, /* or "+=" */
	TOKEN_VALUE,  /* a word or string after TOKEN_EQUALS */
};

struct brace {
	int line;
	bool list; /* of values, not of settings */
};

struct scan {
	char *at;
	char *end;
	int line;
	enum token before;
	struct brace open[DEPTH_MAX];
	size_t depth;
	char *why;
};

/* A pipe can't be read at an offset, a shared descriptor only there. */
static ssize_t read_at(int fd, void *buffer, size_t size, size_t offset)
{
	ssize_t got;

	do {
		got = pread(fd, buffer, size, (off_t)offset);
		if (got < 0 && errno == ESPIPE)
			got = read(fd, buffer, size);
	} while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

int config_text_read(int fd, char **text, size_t *size)
{
	size_t room = 0;
	size_t used = 0;
	char *buffer = NULL;
	char *larger;
	ssize_t got;
	int rc;

	for (;;) {
		if (used == room) {
			room = room ? 2 * room : 16384;
			larger = realloc(buffer, room);
			if (!larger) {
				rc = -ENOMEM;
				goto fail;
			}
			buffer = larger;
		}
		got = read_at(fd, buffer + used, room - used, used);
		if (got < 0) {
			rc = (int)got;
			goto fail;
		}
		if (got == 0)
			break;
		used += (size_t)got;
		if (used > CONFIG_SIZE_MAX) {
			rc = -EFBIG;
			goto fail;
		}
	}
	*text = buffer;
	*size = used;
	return 0;
fail:
	free(buffer);
	return rc;
}

__attribute__((format(printf, 2, 3))) static int refuse(struct scan *scan,
							const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(scan->why, CONFIG_WHY_TEXT, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

/* The character `ahead` of the current one; NUL, which is refused, past it. */
static char peek(const struct scan *scan, ptrdiff_t ahead)
{
	return scan->end - scan->at > ahead ? scan->at[ahead] : '\0';
}

/* Whether a character may stand where the scan is. */
static int check(struct scan *scan, bool comment)
{
	unsigned char c = (unsigned char)*scan->at;

	if (c == '\t' || c == '\n' || (c == '\r' && peek(scan, 1) == '\n'))
		return 0;
	if (c < ' ' || c == 0x7f)
		return refuse(scan, "a byte 0x%02x, expected text", c);
	if (c > 0x7f && !comment)
		return refuse(scan,
			      "a byte 0x%02x, expected ASCII outside of "
			      "comments (are these typographic quotes?)",
			      c);
	return 0;
}

static int blank_line_comment(struct scan *scan)
{
	int rc = 0;

	while (rc == 0 && scan->at < scan->end && *scan->at != '\n') {
		rc = check(scan, true);
		if (*scan->at != '\r')
			*scan->at = ' ';
		scan->at++;
	}
	return rc;
}

static int blank_block_comment(struct scan *scan)
{
	int opened = scan->line;
	char *start = scan->at;
	bool ends = false;

	while (scan->at < scan->end && !ends) {
		int rc = check(scan, true);

		if (rc != 0)
			return rc;
		ends = scan->at - start > 2 && scan->at[-1] == '*' &&
		       *scan->at == '/';
		if (*scan->at == '\n')
			scan->line++;
		scan->at++;
	}
	if (!ends) {
		scan->line = opened;
		return refuse(scan, "the comment is never closed, "
				    "expected `*/`");
	}
	for (; start < scan->at; start++)
		if (*start != '\n')
			*start = ' ';
	return 0;
}

/* Where strings stand, libconfuse would take others for keys. */
static int check_string_place(struct scan *scan)
{
	bool list = scan->depth > 0 && scan->open[scan->depth - 1].list;

	if (list || scan->before == TOKEN_EQUALS || scan->before == TOKEN_WORD)
		return 0;
	return refuse(scan, "a string where a setting should begin, "
			    "expected a key without quotes");
}

/* "..." has escapes that libconfuse knows and nobody expects; '...' hasn't. */
static int check_double_quoted(struct scan *scan)
{
	char c = *scan->at;
	char next = peek(scan, 1);

	if (c == '\\' && next != '"' && next != '\\' && next != '\n')
		return refuse(scan, "a lone \\ in \"...\", expected \\\\, or "
				    "'...' around the string");
	if (c == '$' && next == '{')
		return refuse(scan, "${...} in \"...\", expected '...' around "
				    "it: variables are never expanded here");
	return 0;
}

static int pass_string(struct scan *scan)
{
	char quote = *scan->at;
	int rc = check_string_place(scan);

	while (rc == 0) {
		scan->at++;
		if (scan->at == scan->end || *scan->at == '\n')
			return refuse(scan,
				      "the string is not closed on its line, "
				      "expected another %c",
				      quote);
		rc = check(scan, false);
		if (rc == 0 && *scan->at == quote)
			break;
		if (rc == 0 && quote == '"')
			rc = check_double_quoted(scan);
		if (*scan->at == '\\' &&
		    (peek(scan, 1) == quote || peek(scan, 1) == '\\'))
			scan->at++;
	}
	if (rc == 0)
		scan->at++;
	return rc;
}

static bool is_special(char c)
{
	return c != '\0' && strchr(SPECIAL, c);
}

static int pass_word(struct scan *scan)
{
	char *start = scan->at;

	while (scan->at < scan->end && !is_special(*scan->at)) {
		int rc = check(scan, false);

		if (rc != 0)
			return rc;
		scan->at++;
	}
	if (peek(scan, 0) == '{' && scan->at > start && scan->at[-1] == '$')
		return refuse(scan, "${...}, expected '...' around it: "
				    "variables are never expanded here");
	if (peek(scan, 0) == '*' || peek(scan, 0) == '|' ||
	    (peek(scan, 0) == '+' && peek(scan, 1) != '='))
		return refuse(scan,
			      "%c without quotes, expected \"...\" "
			      "around the value",
			      *scan->at);
	return 0;
}

static int pass_brace(struct scan *scan)
{
	if (*scan->at == '}') {
		if (scan->depth == 0)
			return refuse(scan, "a `}` that closes nothing, "
					    "expected a `{` before it");
		scan->depth--;
	} else {
		if (scan->depth == DEPTH_MAX)
			return refuse(scan,
				      "more than %d `{` within each "
				      "other, expected no more than two",
				      DEPTH_MAX);
		scan->open[scan->depth].line = scan->line;
		scan->open[scan->depth].list = scan->before == TOKEN_EQUALS;
		scan->depth++;
	}
	scan->at++;
	return 0;
}

/* Passes one token, and says in scan->before what it was. */
static int pass_token(struct scan *scan)
{
	enum token before = scan->before;
	char c = *scan->at;
	int rc;

	if (c == '{' || c == '}') {
		rc = pass_brace(scan);
		scan->before = TOKEN_OTHER;
		return rc;
	}
	if (c == '"' || c == '\'') {
		rc = pass_string(scan);
		scan->before = TOKEN_VALUE;
		return rc;
	}
	if (c == '+' && peek(scan, 1) == '=')
		c = *++scan->at;
	if (c == '=' || c == ',' || c == '(' || c == ')') {
		if (c == '=')
			scan->before = TOKEN_EQUALS;
		else if (c != '(') /* include("FILE") is refused by name */
			scan->before = TOKEN_OTHER;
		scan->at++;
		return 0;
	}
	scan->before = before == TOKEN_EQUALS ? TOKEN_VALUE : TOKEN_WORD;
	return pass_word(scan);
}

int config_text_clean(char *text, size_t size, int *line,
		      char why[static CONFIG_WHY_TEXT])
{
	struct scan scan = {
		.at = text,
		.end = text + size,
		.line = 1,
		.why = why,
	};
	int rc = 0;

	while (rc == 0 && scan.at < scan.end) {
		char c = *scan.at;
		char next = peek(&scan, 1);

		if (c == '#' || (c == '/' && next == '/'))
			rc = blank_line_comment(&scan);
		else if (c == '/' && next == '*')
			rc = blank_block_comment(&scan);
		else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
			rc = check(&scan, false);
			if (c == '\n' && scan.at + 1 < scan.end)
				scan.line++;
			scan.at++;
		} else
			rc = pass_token(&scan);
	}
	if (rc == 0 && scan.depth > 0) {
		scan.line = scan.open[scan.depth - 1].line;
		rc = refuse(&scan, "a `{` that is never closed, expected "
				   "a `}`");
	}
	*line = scan.line;
	return rc;
}
