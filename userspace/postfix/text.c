/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files, logical lines and words. */

#include "postfix/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_all(int fd, char **text, size_t *size)
{
	char *buffer = malloc(POSTFIX_TEXT_MAX + 1);
	size_t used = 0;
	ssize_t got;

	if (!buffer)
		return -ENOMEM;
	do {
		got = read(fd, buffer + used, POSTFIX_TEXT_MAX + 1 - used);
		if (got > 0)
			used += (size_t)got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	if (got < 0 || used > POSTFIX_TEXT_MAX) {
		int error = got < 0 ? -errno : -EFBIG;

		free(buffer);
		return error;
	}
	*text = buffer;
	*size = used;
	return 0;
}

int postfix_text_read(const char *path, char **text, size_t *size)
{
	struct stat status;
	int error, fd;

	/* Should it be a FIFO, nobody waits for its other end. */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status))
		error = -errno;
	else if (S_ISDIR(status.st_mode))
		error = -EISDIR;
	else if (!S_ISREG(status.st_mode))
		error = -ENOTSUP;
	else
		error = read_all(fd, text, size);
	close(fd);
	return error;
}

int postfix_lines_open(const char *text, size_t size, struct postfix_lines *out,
		       unsigned int *line)
{
	const char *nul = memchr(text, '\0', size);
	struct postfix_lines lines = {
		.at = text,
		.end = text + size,
		.next = 1,
	};

	if (nul) {
		*line = 1;
		for (const char *at = text; at < nul; at++)
			*line += *at == '\n';
		return -EILSEQ;
	}
	/* No logical line is longer than all of it. */
	lines.text = malloc(size + 1);
	if (!lines.text)
		return -ENOMEM;
	*out = lines;
	return 0;
}

static bool is_space(char c)
{
	return c != '\0' && strchr(POSTFIX_SPACE, c);
}

/* A line without its newline; NULL at the end. */
static const char *take_line(struct postfix_lines *lines, size_t *length)
{
	const char *start = lines->at;
	const char *newline;

	if (start == lines->end)
		return NULL;
	newline = memchr(start, '\n', (size_t)(lines->end - start));
	*length = (size_t)((newline ? newline : lines->end) - start);
	lines->at = newline ? newline + 1 : lines->end;
	lines->next++;
	return start;
}

static bool says_something(const char *line, size_t length)
{
	size_t i = 0;

	while (i < length && is_space(line[i]))
		i++;
	return i < length && line[i] != '#';
}

bool postfix_lines_next(struct postfix_lines *lines)
{
	size_t used = 0, length;
	const char *line;

	while (used == 0 || (lines->at < lines->end &&
			     (is_space(*lines->at) || *lines->at == '#'))) {
		line = take_line(lines, &length);
		if (!line)
			break;
		if (!says_something(line, length))
			continue;
		/* Continues nothing: Postfix warns of it, and ignores it. */
		if (used == 0 && is_space(*line))
			continue;
		if (used == 0)
			lines->line = lines->next - 1;
		memcpy(lines->text + used, line, length);
		used += length;
	}
	lines->text[used] = '\0';
	return used > 0;
}

void postfix_lines_close(struct postfix_lines *lines)
{
	free(lines->text);
}

char *postfix_word(char **rest)
{
	char *start = *rest + strspn(*rest, POSTFIX_SEPARATOR);
	unsigned int depth = 0;
	char *end;

	if (*start == '\0')
		return NULL;
	for (end = start; *end != '\0'; end++) {
		if (*end == '{')
			depth++;
		else if (*end == '}' && depth > 0)
			depth--;
		else if (depth == 0 && strchr(POSTFIX_SEPARATOR, *end))
			break;
	}
	*rest = end;
	if (*end != '\0')
		*(*rest)++ = '\0';
	return start;
}

char *postfix_trim(char *text)
{
	size_t length;

	text += strspn(text, POSTFIX_SPACE);
	length = strlen(text);
	while (length > 0 && is_space(text[length - 1]))
		length--;
	text[length] = '\0';
	return text;
}
