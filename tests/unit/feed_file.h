/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A feed out of memory, for tests. */
#ifndef POSTERN_TESTS_FEED_FILE_H
#define POSTERN_TESTS_FEED_FILE_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sources/feed.h"

/* Returns what feed_read() does. */
static inline int feed_of_octets(const void *octets, size_t size,
				 const struct feed_options *options,
				 struct feed_report *report,
				 struct ranges_set **set)
{
	int fd = memfd_create("feed", MFD_CLOEXEC);
	const char *at = octets;
	int result;

	*set = NULL;
	if (fd < 0)
		abort();
	while (size > 0) {
		ssize_t put = write(fd, at, size);

		if (put <= 0)
			abort();
		at += put;
		size -= (size_t)put;
	}
	if (lseek(fd, 0, SEEK_SET) != 0)
		abort();
	result = feed_read(fd, options, report, set);
	close(fd);
	return result;
}

static inline int feed_of_text(const char *text, enum feed_format format,
			       struct feed_report *report,
			       struct ranges_set **set)
{
	const struct feed_options options = {
		.format = format,
		.rejected_max = 100,
	};

	return feed_of_octets(text, strlen(text), &options, report, set);
}

static inline bool feed_lists(const struct ranges_set *set, const char *text)
{
	struct prefix prefix;
	struct addr addr;

	if (addr_parse(text, &addr) != 0)
		abort();
	return set && ranges_set_find(set, &addr, &prefix);
}

#endif
