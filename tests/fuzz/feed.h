/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any octets as a feed: it is read to its end, and what is said is sound. */
#ifndef POSTERN_FUZZ_FEED_H
#define POSTERN_FUZZ_FEED_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sources/feed.h"
#include "sources/feed_guard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void feed_fuzz_report(const struct feed_report *report)
{
	uint64_t problems = 0;

	if (report->format >= FEED_FORMATS ||
	    !memchr(report->refused, '\0', sizeof(report->refused)))
		abort();
	for (unsigned int kind = 0; kind < FEED_PROBLEM_KINDS; kind++)
		problems += report->count[kind] < FEED_PROBLEMS_MAX
				    ? report->count[kind]
				    : FEED_PROBLEMS_MAX;
	if (problems != report->problem_count)
		abort();
	for (size_t i = 0; i < report->problem_count; i++)
		if (report->problems[i].line == 0 ||
		    report->problems[i].reason[0] == '\0')
			abort();
}

/* What is on it has to be found, and what is found to be within it. */
static inline void feed_fuzz_set(const struct feed_report *report,
				 const struct ranges_set *set, bool guarded)
{
	static const char *const kept[] = {"127.0.0.1", "10.0.0.1", "224.0.0.1",
					   "0.0.0.1",	"fe80::1",  "ff02::1"};
	struct prefix prefix;
	struct addr addr;

	for (enum family family = 0; family < FAMILY_MAX; family++)
		if (report->entries[family] == 0 &&
		    ranges_set_count(set, family) > 0)
			abort();
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		if (addr_parse(kept[i], &addr) != 0)
			abort();
		if (!ranges_set_find(set, &addr, &prefix))
			continue;
		if (guarded || !prefix_contains(&prefix, &addr))
			abort();
	}
}

static inline void feed_fuzz(const uint8_t *data, size_t size,
			     enum feed_format format)
{
	static const unsigned int widest[FAMILY_MAX] = {FEED_WIDEST_IPV4,
							FEED_WIDEST_IPV6};
	static struct feed_guard *guard;
	struct feed_options options = {.format = format, .rejected_max = 50};
	static struct feed_report report;
	int fd = memfd_create("feed", MFD_CLOEXEC);

	if (!guard && feed_guard_create(NULL, NULL, 0, widest, &guard) != 0)
		abort();
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	for (unsigned int i = 0; i < 2; i++) {
		struct ranges_set *set = NULL;

		if (lseek(fd, 0, SEEK_SET) != 0)
			abort();
		options.guard = i ? guard : NULL;
		if (feed_read(fd, &options, &report, &set) == 0)
			feed_fuzz_set(&report, set, i);
		else if (set || report.refused[0] == '\0')
			abort();
		feed_fuzz_report(&report);
		ranges_set_put(set);
	}
	close(fd);
}

#endif
