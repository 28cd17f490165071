/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules of cidr tables.  What Postfix skips with a warning is skipped here;
 * so are "!pattern" and "if ... endif", which a set of prefixes has no place
 * for.
 */

#include "postfix/cidr.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "postfix/networks.h"
#include "postfix/text.h"

/* Returns whether the line belongs to an if, which it then counts. */
static bool is_within_if(const struct postfix_cidr_reader *reader,
			 const struct postfix_lines *lines, const char *first,
			 unsigned int *depth)
{
	if (strcasecmp(first, "if") == 0) {
		if ((*depth)++ == 0)
			reader->skipped(reader->context, lines->line,
					"the rules within this \"if\"");
		return true;
	}
	if (strcasecmp(first, "endif") == 0) {
		if (*depth > 0)
			(*depth)--;
		return true;
	}
	return *depth > 0;
}

static int read_rule(const struct postfix_cidr_reader *reader,
		     unsigned int line, const char *pattern, const char *result)
{
	struct postfix_cidr_rule rule = {.line = line, .result = result};
	const char *why;

	if (*pattern == '!')
		why = "a pattern with \"!\"";
	else if (*result == '\0')
		why = "it has no result, so Postfix skips it";
	else if (networks_parse(pattern, &rule.prefix, &why) == 0)
		return reader->rule(reader->context, &rule);
	reader->skipped(reader->context, line, why);
	return 0;
}

int postfix_cidr_read(const char *text, size_t size,
		      const struct postfix_cidr_reader *reader)
{
	struct postfix_lines lines;
	unsigned int depth = 0, line;
	int error;

	error = postfix_lines_open(text, size, &lines, &line);
	if (error == -EILSEQ) {
		reader->skipped(reader->context, line,
				"an octet is NUL: this is no cidr table");
		return 0;
	}
	if (error)
		return error;
	while (!error && postfix_lines_next(&lines)) {
		char *result = lines.text + strcspn(lines.text, POSTFIX_SPACE);

		if (*result != '\0')
			*result++ = '\0';
		if (is_within_if(reader, &lines, lines.text, &depth))
			continue;
		error = read_rule(reader, lines.line, lines.text,
				  postfix_trim(result));
	}
	postfix_lines_close(&lines);
	return error;
}
