/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of a file, line by line: as it is, or out of gzip or zstd, which
 * are found by their first octets.  Bounded, whatever the file claims.
 */
#ifndef POSTERN_SOURCES_FEED_STREAM_H
#define POSTERN_SOURCES_FEED_STREAM_H

#include <stdbool.h>
#include <stddef.h>

/* Octets of a line without its end; the rest of a longer one is skipped. */
#define FEED_LINE_MAX 32767

struct feed_stream;

struct feed_line {
	char *text; /* ends with a NUL; may be changed until the next call */
	size_t length;
	bool cut; /* the line is longer */
};

/* Borrows `fd`.  Returns 0 and *out, or -ENOMEM. */
int feed_stream_open(int fd, struct feed_stream **out);

/*
 * Shows the beginning of the text: all of it, or the lines that are complete
 * within 64 KiB or more.  Only before the first line.  Returns 0, or what
 * feed_stream_line() may return.
 */
int feed_stream_peek(struct feed_stream *stream, const char **text,
		     size_t *size);

/*
 * Returns 1 and the next line, 0 at the end, or a negative errno: -EBADMSG
 * for what can't be unpacked, -EFBIG for more than FEED_TEXT_MAX.
 */
int feed_stream_line(struct feed_stream *stream, struct feed_line *line);

void feed_stream_close(struct feed_stream *stream);

#endif
