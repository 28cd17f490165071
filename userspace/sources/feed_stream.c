/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of a file, line by line. */

#include "sources/feed_stream.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "sources/feed.h"

#define PACKED_SIZE 65536
#define TEXT_SIZE   262144
#define PEEK_SIZE   65536

/* What zstd may allocate for its window: 128 MiB, its own default. */
#define WINDOW_BITS 27

enum packing {
	PACKING_UNKNOWN,
	PACKING_NONE,
	PACKING_GZIP,
	PACKING_ZSTD,
};

struct feed_stream {
	int fd;
	enum packing packing;
	bool packed_end; /* the file has been read */
	bool within;	 /* a member or frame has begun and not ended */
	bool end;	 /* no more text will come */
	bool skipping;	 /* within a line that was cut */
	z_stream gzip;
	ZSTD_DStream *zstd;
	uint64_t total; /* octets of text so far */
	size_t packed_at;
	size_t packed_end_at;
	size_t at;
	size_t end_at;
	unsigned char packed[PACKED_SIZE];
	char text[TEXT_SIZE + 1];
};

int feed_stream_open(int fd, struct feed_stream **out)
{
	struct feed_stream *stream = malloc(sizeof(*stream));

	if (!stream)
		return -ENOMEM;
	memset(stream, 0, offsetof(struct feed_stream, packed));
	stream->fd = fd;
	*out = stream;
	return 0;
}

void feed_stream_close(struct feed_stream *stream)
{
	if (!stream)
		return;
	if (stream->packing == PACKING_GZIP)
		inflateEnd(&stream->gzip);
	ZSTD_freeDStream(stream->zstd);
	free(stream);
}

static ssize_t read_some(int fd, void *to, size_t room)
{
	ssize_t got;

	do
		got = read(fd, to, room);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

/* More of the file, behind what is still unread of it. */
static int refill(struct feed_stream *stream)
{
	size_t left = stream->packed_end_at - stream->packed_at;
	ssize_t got;

	memmove(stream->packed, stream->packed + stream->packed_at, left);
	stream->packed_at = 0;
	stream->packed_end_at = left;
	got = read_some(stream->fd, stream->packed + left, PACKED_SIZE - left);
	if (got < 0)
		return (int)got;
	stream->packed_end = got == 0;
	stream->packed_end_at += (size_t)got;
	return 0;
}

static int start_gzip(struct feed_stream *stream)
{
	/* 16: a gzip header, and no other, is expected. */
	if (inflateInit2(&stream->gzip, 16 + MAX_WBITS) != Z_OK)
		return -ENOMEM;
	stream->packing = PACKING_GZIP;
	return 0;
}

static int start_zstd(struct feed_stream *stream)
{
	stream->zstd = ZSTD_createDStream();
	if (!stream->zstd)
		return -ENOMEM;
	ZSTD_DCtx_setParameter(stream->zstd, ZSTD_d_windowLogMax, WINDOW_BITS);
	stream->packing = PACKING_ZSTD;
	return 0;
}

static int start(struct feed_stream *stream)
{
	static const unsigned char gzip[] = {0x1f, 0x8b};
	static const unsigned char zstd[] = {0x28, 0xb5, 0x2f, 0xfd};
	int error = 0;

	while (!error && !stream->packed_end &&
	       stream->packed_end_at < sizeof(zstd))
		error = refill(stream);
	if (error)
		return error;
	if (stream->packed_end_at >= sizeof(gzip) &&
	    memcmp(stream->packed, gzip, sizeof(gzip)) == 0)
		return start_gzip(stream);
	if (stream->packed_end_at >= sizeof(zstd) &&
	    memcmp(stream->packed, zstd, sizeof(zstd)) == 0)
		return start_zstd(stream);
	stream->packing = PACKING_NONE;
	return 0;
}

/* These return how many octets of text came, or a negative errno. */

static ssize_t copy(struct feed_stream *stream, char *to, size_t room)
{
	size_t left = stream->packed_end_at - stream->packed_at;

	if (left == 0)
		return read_some(stream->fd, to, room);
	if (left > room)
		left = room;
	memcpy(to, stream->packed + stream->packed_at, left);
	stream->packed_at += left;
	return (ssize_t)left;
}

/* One member may follow another. */
static ssize_t inflate_some(struct feed_stream *stream, char *to, size_t room)
{
	z_stream *gzip = &stream->gzip;
	int result;

	gzip->next_in = stream->packed + stream->packed_at;
	gzip->avail_in = (uInt)(stream->packed_end_at - stream->packed_at);
	gzip->next_out = (Bytef *)to;
	gzip->avail_out = (uInt)room;
	stream->within = true;
	result = inflate(gzip, Z_NO_FLUSH);
	stream->packed_at = stream->packed_end_at - gzip->avail_in;
	if (result == Z_STREAM_END) {
		stream->within = false;
		if (inflateReset(gzip) != Z_OK)
			return -EBADMSG;
	} else if (result == Z_MEM_ERROR) {
		return -ENOMEM;
	} else if (result != Z_OK && result != Z_BUF_ERROR) {
		return -EBADMSG;
	}
	return (ssize_t)(room - gzip->avail_out);
}

static ssize_t unzstd_some(struct feed_stream *stream, char *to, size_t room)
{
	ZSTD_inBuffer in = {stream->packed, stream->packed_end_at,
			    stream->packed_at};
	ZSTD_outBuffer out = {to, room, 0};
	size_t hint = ZSTD_decompressStream(stream->zstd, &out, &in);

	if (ZSTD_isError(hint))
		return -EBADMSG;
	stream->packed_at = in.pos;
	stream->within = hint != 0;
	return (ssize_t)out.pos;
}

static ssize_t unpack_some(struct feed_stream *stream, char *to, size_t room)
{
	for (;;) {
		size_t left = stream->packed_end_at - stream->packed_at;
		ssize_t got;

		if (left == 0 && !stream->packed_end) {
			int error = refill(stream);

			if (error)
				return error;
			continue;
		}
		if (left == 0 && !stream->within)
			return 0;
		got = stream->packing == PACKING_GZIP
			      ? inflate_some(stream, to, room)
			      : unzstd_some(stream, to, room);
		if (got != 0)
			return got;
		/* The file ends within a member. */
		if (left == 0 && stream->packed_end && stream->within)
			return -EBADMSG;
	}
}

static int fill(struct feed_stream *stream)
{
	ssize_t got;
	size_t left = stream->end_at - stream->at;
	int error = 0;

	if (stream->packing == PACKING_UNKNOWN)
		error = start(stream);
	if (error)
		return error;
	if (stream->at > 0)
		memmove(stream->text, stream->text + stream->at, left);
	stream->at = 0;
	stream->end_at = left;
	if (stream->packing == PACKING_NONE)
		got = copy(stream, stream->text + left, TEXT_SIZE - left);
	else
		got = unpack_some(stream, stream->text + left,
				  TEXT_SIZE - left);
	if (got < 0)
		return (int)got;
	stream->end = got == 0;
	stream->end_at += (size_t)got;
	stream->total += (size_t)got;
	return stream->total > FEED_TEXT_MAX ? -EFBIG : 0;
}

int feed_stream_peek(struct feed_stream *stream, const char **text,
		     size_t *size)
{
	while (!stream->end && stream->end_at < PEEK_SIZE) {
		int error = fill(stream);

		if (error)
			return error;
	}
	*text = stream->text;
	*size = stream->end_at;
	if (!stream->end) {
		const char *newline =
			memrchr(stream->text, '\n', stream->end_at);

		/* Half an address would look like one of another format. */
		if (newline)
			*size = (size_t)(newline + 1 - stream->text);
	}
	return 0;
}

/* Behind the end of a line that was cut. */
static int skip(struct feed_stream *stream)
{
	stream->skipping = false;
	for (;;) {
		char *from = stream->text + stream->at;
		char *newline = memchr(from, '\n', stream->end_at - stream->at);
		int error;

		if (newline) {
			stream->at = (size_t)(newline + 1 - stream->text);
			return 0;
		}
		stream->at = stream->end_at;
		if (stream->end)
			return 0;
		error = fill(stream);
		if (error)
			return error;
	}
}

static void cut(struct feed_line *line)
{
	line->cut = line->length > FEED_LINE_MAX;
	if (line->cut)
		line->length = FEED_LINE_MAX;
	line->text[line->length] = '\0';
}

int feed_stream_line(struct feed_stream *stream, struct feed_line *line)
{
	int error = stream->skipping ? skip(stream) : 0;

	if (error)
		return error;
	for (;;) {
		char *from = stream->text + stream->at;
		size_t size = stream->end_at - stream->at;
		char *newline = memchr(from, '\n', size);

		if (newline || (stream->end && size > 0)) {
			line->text = from;
			line->length =
				newline ? (size_t)(newline - from) : size;
			stream->at += line->length + (newline ? 1 : 0);
			cut(line);
			return 1;
		}
		if (stream->end)
			return 0;
		if (size > FEED_LINE_MAX) {
			line->text = from;
			line->length = size;
			stream->at += FEED_LINE_MAX + 1;
			stream->skipping = true;
			cut(line);
			return 1;
		}
		error = fill(stream);
		if (error)
			return error;
	}
}
