/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A feed in force, step by step. */

#include "bench_lines.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sources/feed.h"
#include "tables/clock.h"
#include "tables/lists.h"
#include "tables/ranges_set.h"

#define TRIES 5

enum step {
	STEP_READ,
	STEP_COMPILE,
	STEP_SWAP,
	STEP_ALL,
	STEPS,
};

static const char *const step_names[STEPS] = {
	[STEP_READ] = "read lines",
	[STEP_COMPILE] = "compile lines",
	[STEP_SWAP] = "swap lines",
	[STEP_ALL] = "lines in force",
};

static int write_lines(const struct bench_list *list, int *out)
{
	int fd = memfd_create("feed", MFD_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(dup(fd), "w");
	char text[PREFIX_TEXT];
	bool failed;

	if (!file) {
		close(fd);
		return -errno;
	}
	for (size_t i = 0; i < list->count; i++)
		fprintf(file, "%s\n", prefix_format(&list->entries[i], text));
	failed = ferror(file);
	if (fclose(file) != 0 || failed) {
		close(fd);
		return -EIO;
	}
	*out = fd;
	return 0;
}

static int read_feed(int fd, struct ranges_set **out)
{
	const struct feed_options options = {
		.format = FEED_AUTO,
		.rejected_max = FEED_REJECTED_MAX,
	};
	struct feed_report report;
	int error;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	error = feed_read(fd, &options, &report, out);
	if (!error && report.refused[0] != '\0') {
		warnx("the feed was refused: %s", report.refused);
		ranges_set_put(*out);
		error = -EBADMSG;
	}
	return error;
}

static int compile(const struct ranges_set *set, enum family family,
		   struct ranges **out)
{
	struct ranges_input *input;
	int error;

	error = ranges_input_create(&input);
	if (error)
		return error;
	ranges_input_lend(input, 1, set);
	error = ranges_compile(input, family, out);
	ranges_input_free(input);
	return error;
}

/* Times are those at the end of each step. */
static int go(int fd, enum family family, struct ranges_map *map,
	      uint64_t ends[static STEPS])
{
	struct list meanings[LISTS_MAX] = {
		[1] = {.kind = LIST_FEED, .action = ACTION_DROP},
	};
	struct ranges_set *set = NULL;
	struct ranges *ranges = NULL;
	int error;

	error = read_feed(fd, &set);
	ends[STEP_READ] = clock_monotonic_ns();
	if (!error)
		error = compile(set, family, &ranges);
	ends[STEP_COMPILE] = clock_monotonic_ns();
	if (!error)
		error = ranges_publish(map, ranges, meanings);
	ends[STEP_SWAP] = clock_monotonic_ns();
	ranges_free(ranges);
	ranges_set_put(set);
	return error;
}

/* Of the fastest of some. */
static int repeat(int fd, enum family family, struct ranges_map *map,
		  double ms[static STEPS])
{
	for (int i = 0; i < TRIES; i++) {
		uint64_t start = clock_monotonic_ns(), ends[STEPS];
		double all;
		int error = go(fd, family, map, ends);

		if (error)
			return error;
		all = (double)(ends[STEP_SWAP] - start) / NS_PER_MS;
		if (i > 0 && all >= ms[STEP_ALL])
			continue;
		ms[STEP_ALL] = all;
		for (enum step step = 0; step < STEP_ALL; step++) {
			ms[step] = (double)(ends[step] - start) / NS_PER_MS;
			start = ends[step];
		}
	}
	return 0;
}

static int measure(const struct bench_list *list, struct bench_report *report)
{
	struct bench_case of = bench_case_of(list, -1);
	struct ranges_map *maps[FAMILY_MAX] = {NULL};
	struct bench_filter *filter = NULL;
	struct maps fds;
	double ms[STEPS];
	int error, fd = -1;

	error = write_lines(list, &fd);
	if (error)
		return error;
	error = bench_filter_postern(list, 0, &filter);
	if (!error) {
		bench_filter_maps(filter, &fds);
		error = lists_open(&fds, maps);
	}
	if (!error)
		error = repeat(fd, list->family, maps[list->family], ms);
	for (enum step step = 0; step < STEPS && !error; step++)
		bench_report_ms(report, step_names[step], &of, ms[step]);
	lists_close(maps);
	bench_filter_close(filter);
	close(fd);
	return error;
}

static int measure_lines(enum family family, enum bench_shape shape,
			 size_t count, struct bench_report *report)
{
	struct bench_list list;
	int error;

	fprintf(stderr, "%zu lines in force, %s %s\n", count,
		bench_family_name(family), bench_shape_name(shape));
	error = bench_list_create(family, shape, count, &list);
	if (error)
		return error;
	error = measure(&list, report);
	bench_list_free(&list);
	if (error)
		warnx("can't put lines in force: %s", strerror(-error));
	return error;
}

static int measure_shapes(enum family family, bool quick,
			  struct bench_report *report)
{
	static const size_t counts[] = {BENCH_LINES, BENCH_LINES_MORE};
	int error = 0;

	for (enum bench_shape shape = 0; shape < BENCH_SHAPES; shape++)
		for (size_t i = 0; i < 2 && !error; i++)
			if (!quick || (shape == BENCH_UNIFORM && i == 0))
				error = measure_lines(family, shape, counts[i],
						      report);
	return error;
}

int bench_lines(bool quick, struct bench_report *report)
{
	int error = measure_shapes(FAMILY_IPV4, quick, report);

	if (!error && !quick)
		error = measure_shapes(FAMILY_IPV6, quick, report);
	return error;
}
