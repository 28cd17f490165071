/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verdicts over lists of all sizes and kinds. */

#include "bench_scale.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Verdicts that are checked, of each filter and list. */
#define CHECKED (BENCH_SOURCES / 16)

/*
 * Above that the kernel's maps take long to fill, and gigabytes: there only
 * one of the lists is tried, where there is the memory for it.
 */
#define PEER_ENTRIES 1000000
#define PEER_MIB     6144

const size_t bench_sizes[BENCH_SIZES] = {10000, 100000, 1000000, 10000000};
const int bench_hits[BENCH_HITS] = {0, 50, 100};

/* The filters of one list: Postern, and its peers behind it. */
struct scene {
	struct bench_runner *runner;
	struct bench_report *report;
	struct bench_list list;
	struct bench_filter *filters[1 + BENCH_PEERS];
	const char *names[1 + BENCH_PEERS];
	size_t count;
	struct addr *sources;
	struct frame frame;
};

static bool has_memory(void)
{
	long pages = sysconf(_SC_AVPHYS_PAGES);

	return pages > (long)PEER_MIB * (1 << 20) / sysconf(_SC_PAGESIZE);
}

/* Why a peer is not measured with a list; NULL: it is. */
static const char *lacks(enum bench_peer peer, const struct bench_list *list)
{
	const char *why = bench_peer_lacks(peer, list);

	if (why || list->count <= PEER_ENTRIES)
		return why;
	if (list->family == FAMILY_IPV6 || list->shape == BENCH_CLUSTERED)
		return "left out: it takes long to fill";
	return has_memory() ? NULL : "it takes more memory than is free";
}

static int load_peers(struct scene *scene)
{
	struct bench_case of = bench_case_of(&scene->list, -1);

	for (enum bench_peer peer = 0; peer < BENCH_PEERS; peer++) {
		const char *name = bench_peer_name(peer);
		const char *why = lacks(peer, &scene->list);
		int error;

		if (why) {
			bench_report_skip(scene->report, name, &of, why);
			continue;
		}
		error = bench_filter_peer(peer, &scene->list,
					  &scene->filters[scene->count]);
		if (error)
			return error;
		scene->names[scene->count++] = name;
	}
	return 0;
}

static void report_efforts(const struct scene *scene)
{
	struct bench_case of = bench_case_of(&scene->list, -1);
	const struct bench_effort *effort =
		bench_filter_effort(scene->filters[0]);
	char what[BENCH_WHAT];

	bench_report_ms(scene->report, "compile", &of, effort->compile_ms);
	bench_report_ms(scene->report, "swap", &of, effort->publish_ms);
	for (size_t i = 0; i < scene->count; i++) {
		effort = bench_filter_effort(scene->filters[i]);
		snprintf(what, sizeof(what), "memory %s", scene->names[i]);
		bench_report_mib(scene->report, what, &of, effort->mib);
		if (i == 0)
			continue;
		snprintf(what, sizeof(what), "load %s", scene->names[i]);
		bench_report_ms(scene->report, what, &of, effort->publish_ms);
	}
}

static int load(struct scene *scene)
{
	int error;

	error = bench_filter_postern(&scene->list, 0, &scene->filters[0]);
	if (error)
		return error;
	scene->names[scene->count++] = "Postern";
	error = load_peers(scene);
	if (!error)
		report_efforts(scene);
	return error;
}

/* A filter that is fast and wrong would be no good. */
static int check(const struct scene *scene, size_t i,
		 const struct bench_job *job, size_t listed)
{
	struct bench_filter *filter = scene->filters[i];
	enum family family = scene->list.family;
	uint64_t before = bench_filter_counted(filter, family, REASON_FEED);
	uint64_t counted;
	int error = bench_run_through(scene->runner, job, CHECKED);

	if (error)
		return error;
	counted = bench_filter_counted(filter, family, REASON_FEED) - before;
	if (counted == listed)
		return 0;
	warnx("%s: of %d sources %zu are on the list, but %" PRIu64
	      " were found there",
	      scene->names[i], CHECKED, listed, counted);
	return -EBADMSG;
}

static size_t prepare_sources(struct scene *scene, int hits)
{
	const struct ranges *ranges = bench_filter_ranges(scene->filters[0]);
	size_t listed;

	listed = bench_list_sources(&scene->list, ranges, (unsigned int)hits,
				    scene->sources, CHECKED);
	bench_list_sources(&scene->list, ranges, (unsigned int)hits,
			   scene->sources + CHECKED, BENCH_SOURCES - CHECKED);
	bench_runner_sources(scene->runner, scene->sources);
	return listed;
}

static int measure(struct scene *scene, int hits)
{
	struct bench_job jobs[2 + BENCH_PEERS] = {0};
	struct bench_case of = bench_case_of(&scene->list, hits);
	size_t listed = prepare_sources(scene, hits);
	int error = 0;

	jobs[0].program = bench_runner_pass(scene->runner);
	for (size_t i = 0; i < scene->count; i++) {
		jobs[1 + i].program = bench_filter_program(scene->filters[i]);
		jobs[1 + i].before = bench_filter_drain;
		jobs[1 + i].context = scene->filters[i];
	}
	for (size_t i = 0; i < 1 + scene->count; i++) {
		jobs[i].way = BENCH_PICKED;
		jobs[i].frame = &scene->frame;
	}
	for (size_t i = 0; i < scene->count && !error; i++)
		error = check(scene, i, &jobs[1 + i], listed);
	if (!error)
		error = bench_run(scene->runner, jobs, 1 + scene->count);
	if (error)
		return error;
	bench_report_time(scene->report, "empty", &of, &jobs[0].time,
			  &jobs[0].time);
	for (size_t i = 0; i < scene->count; i++)
		bench_report_time(scene->report, scene->names[i], &of,
				  &jobs[1 + i].time, &jobs[0].time);
	return 0;
}

static int play(struct scene *scene, bool quick)
{
	static const char *const sources[FAMILY_MAX] = {
		[FAMILY_IPV4] = SOURCE_IPV4,
		[FAMILY_IPV6] = SOURCE_IPV6,
	};
	const struct packet packet = {.from = sources[scene->list.family]};
	int error;

	frame_build(&packet, &scene->frame);
	error = load(scene);
	for (size_t i = 0; i < BENCH_HITS && !error; i++)
		if (!quick || bench_hits[i] == 50)
			error = measure(scene, bench_hits[i]);
	for (size_t i = 0; i < 1 + BENCH_PEERS; i++)
		bench_filter_close(scene->filters[i]);
	return error;
}

static int measure_list(struct bench_runner *runner, enum family family,
			enum bench_shape shape, size_t size, bool quick,
			struct bench_report *report)
{
	struct scene scene = {.runner = runner, .report = report};
	int error;

	fprintf(stderr, "verdicts over %zu entries, %s %s\n", size,
		bench_family_name(family), bench_shape_name(shape));
	scene.sources = calloc(BENCH_SOURCES, sizeof(*scene.sources));
	if (!scene.sources)
		return -ENOMEM;
	error = bench_list_create(family, shape, size, &scene.list);
	if (!error)
		error = play(&scene, quick);
	bench_list_free(&scene.list);
	free(scene.sources);
	return error;
}

/* What the bar asks for, as far as it takes seconds. */
static bool is_quick(enum family family, enum bench_shape shape, size_t size)
{
	if (family == FAMILY_IPV4)
		return shape == BENCH_UNIFORM &&
		       (size == 10000 || size == 1000000);
	return shape == BENCH_CLUSTERED && size == 1000000;
}

int bench_scale(struct bench_runner *runner, bool quick,
		struct bench_report *report)
{
	int error = 0;

	for (enum family family = 0; family < FAMILY_MAX; family++)
		for (enum bench_shape shape = 0; shape < BENCH_SHAPES; shape++)
			for (size_t i = 0; i < BENCH_SIZES && !error; i++)
				if (!quick ||
				    is_quick(family, shape, bench_sizes[i]))
					error = measure_list(
						runner, family, shape,
						bench_sizes[i], quick, report);
	return error;
}
