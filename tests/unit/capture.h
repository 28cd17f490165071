/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes captures octet by octet, so that they can be wrong, too.  Numbers are
 * those of the file formats, not of libpcap.
 */
#ifndef POSTERN_TESTS_CAPTURE_H
#define POSTERN_TESTS_CAPTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Link types of files. */
#define LINK_NULL	 0
#define LINK_ETHERNET	 1
#define LINK_PPP	 9
#define LINK_RAW	 101
#define LINK_LOOP	 108
#define LINK_LINUX_SLL	 113
#define LINK_IPV4	 228
#define LINK_IPV6	 229
#define LINK_LINUX_SLL2	 276
#define LINK_UNASSIGNED	 60000
#define CAPTURE_SNAPSHOT 65535

enum capture_format {
	CAPTURE_PCAP,
	CAPTURE_PCAP_SWAPPED, /* of a machine of the other byte order */
	CAPTURE_PCAPNG,
};

struct capture {
	char path[64];
	enum capture_format format;
	FILE *file;
};

static inline void capture_u32(struct capture *capture, uint32_t value)
{
	if (capture->format == CAPTURE_PCAP_SWAPPED)
		value = __builtin_bswap32(value);
	assert_int_equal(fwrite(&value, sizeof(value), 1, capture->file), 1);
}

/* Two fields of 16 bits, as they lie in the file. */
static inline void capture_u16s(struct capture *capture, uint16_t first,
				uint16_t second)
{
	uint16_t values[] = {first, second};

	if (capture->format == CAPTURE_PCAP_SWAPPED) {
		values[0] = __builtin_bswap16(first);
		values[1] = __builtin_bswap16(second);
	}
	assert_int_equal(fwrite(values, sizeof(values), 1, capture->file), 1);
}

static inline void capture_octets(struct capture *capture, const void *octets,
				  size_t size)
{
	if (size)
		assert_int_equal(fwrite(octets, size, 1, capture->file), 1);
}

/* A block of pcapng that describes an interface. */
static inline void capture_interface(struct capture *capture, uint16_t link)
{
	capture_u32(capture, 1);
	capture_u32(capture, 20);
	capture_u16s(capture, link, 0);
	capture_u32(capture, CAPTURE_SNAPSHOT);
	capture_u32(capture, 20);
}

static inline void capture_header(struct capture *capture, uint16_t link)
{
	if (capture->format == CAPTURE_PCAPNG) {
		capture_u32(capture, 0x0a0d0d0a);
		capture_u32(capture, 28);
		capture_u32(capture, 0x1a2b3c4d);
		capture_u16s(capture, 1, 0);
		capture_u32(capture, ~0U); /* of unknown length */
		capture_u32(capture, ~0U);
		capture_u32(capture, 28);
		capture_interface(capture, link);
		return;
	}
	capture_u32(capture, 0xa1b2c3d4);
	capture_u16s(capture, 2, 4);
	capture_u32(capture, 0);
	capture_u32(capture, 0);
	capture_u32(capture, CAPTURE_SNAPSHOT);
	capture_u32(capture, link);
}

/* A file of its own, which capture_remove() removes. */
static inline struct capture capture_create(enum capture_format format,
					    uint16_t link)
{
	struct capture capture = {.format = format};
	int fd;

	strcpy(capture.path, "/tmp/postern-capture.XXXXXX");
	fd = mkstemp(capture.path);
	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0644), 0);
	capture.file = fdopen(fd, "wb");
	assert_non_null(capture.file);
	capture_header(&capture, link);
	return capture;
}

/* A frame that had `length` octets, of which the first `size` are there. */
static inline void capture_add_cut(struct capture *capture, const void *octets,
				   size_t size, size_t length)
{
	static const char zeroes[4];
	size_t padding = (4 - size % 4) % 4;
	uint32_t block = (uint32_t)(32 + size + padding);

	if (capture->format == CAPTURE_PCAPNG) {
		capture_u32(capture, 6);
		capture_u32(capture, block);
		capture_u32(capture, 0);
	}
	capture_u32(capture, 1763680000);
	capture_u32(capture, 0);
	capture_u32(capture, (uint32_t)size);
	capture_u32(capture, (uint32_t)length);
	capture_octets(capture, octets, size);
	if (capture->format == CAPTURE_PCAPNG) {
		capture_octets(capture, zeroes, padding);
		capture_u32(capture, block);
	}
}

static inline void capture_add(struct capture *capture, const void *octets,
			       size_t size)
{
	capture_add_cut(capture, octets, size, size);
}

/* What is in it can be read from now on. */
static inline void capture_done(struct capture *capture)
{
	assert_int_equal(fclose(capture->file), 0);
}

/* The same without its last octets. */
static inline void capture_done_short(struct capture *capture, long missing)
{
	long size;

	assert_int_equal(fflush(capture->file), 0);
	size = ftell(capture->file);
	assert_int_equal(ftruncate(fileno(capture->file), size - missing), 0);
	capture_done(capture);
}

static inline void capture_remove(const struct capture *capture)
{
	assert_int_equal(unlink(capture->path), 0);
}

#endif
