/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filters behind veth pairs. */

#include "bench_live.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <string.h>

#include "bench_link.h"
#include "bench_rival.h"

/* Frames that are checked, of each filter. */
#define CHECKED (BENCH_SOURCES / 64)

/* Entries that are loaded in no time by any. */
#define FEW 10000

const size_t bench_live_sizes[BENCH_LIVE_SIZES] = {10000, 1000000};

/* A pair for each filter; without one: what makes the frames. */
struct lane {
	const char *name;
	struct bench_link link;
	struct bench_filter *filter; /* NULL: another one's */
};

struct scene {
	struct bench_runner *runner;
	struct bench_report *report;
	bool quick;
	struct bench_list list;
	struct bench_case of;
	struct frame frame;
	struct lane lanes[BENCH_LINKS_MAX];
	size_t count;
};

/* Numbers of pairs are never used again: rivals leave things behind. */
static unsigned int pairs;

static void skip(struct scene *scene, const char *name, const char *why)
{
	char what[BENCH_WHAT];

	snprintf(what, sizeof(what), "live %s", name);
	bench_report_skip(scene->report, what, &scene->of, why);
}

/* Takes the filter. */
static int add_program(struct scene *scene, const char *name, int program,
		       struct bench_filter *filter)
{
	struct lane *lane = &scene->lanes[scene->count];
	int error = bench_link_create(pairs++, &lane->link);

	if (!error)
		error = bpf_xdp_attach((int)lane->link.to, program,
				       XDP_FLAGS_DRV_MODE, NULL);
	if (error) {
		skip(scene, name, strerror(-error));
		bench_filter_close(filter);
		return 0;
	}
	lane->name = name;
	lane->filter = filter;
	scene->count++;
	return 0;
}

static int add_postern(struct scene *scene, const struct ranges **ranges)
{
	struct bench_filter *filter;
	int error;

	error = bench_filter_postern(&scene->list, 0, &filter);
	if (error)
		return error;
	*ranges = bench_filter_ranges(filter);
	return add_program(scene, "Postern", bench_filter_program(filter),
			   filter);
}

static int add_peer(struct scene *scene, enum bench_peer peer)
{
	struct bench_filter *filter;
	int error;

	error = bench_filter_peer(peer, &scene->list, &filter);
	if (error)
		return error;
	return add_program(scene, bench_peer_name(peer),
			   bench_filter_program(filter), filter);
}

static int add_rival(struct scene *scene, const struct bench_rival *rival)
{
	struct lane *lane = &scene->lanes[scene->count];
	char why[BENCH_TOOL_WHY], what[BENCH_WHAT];
	double ms;
	int error;

	if (rival->most && scene->list.count > rival->most) {
		snprintf(why, sizeof(why), "it holds %zu addresses at most",
			 rival->most);
		skip(scene, rival->name, why);
		return 0;
	}
	if (rival->slow && scene->quick && scene->list.count > FEW) {
		skip(scene, rival->name, "left out of a quick run");
		return 0;
	}
	error = bench_link_create(pairs++, &lane->link);
	if (error)
		return error;
	error = rival->set_up(rival, &scene->list, &lane->link, &ms, why);
	if (error) {
		skip(scene, rival->name, why);
		return 0;
	}
	snprintf(what, sizeof(what), "load %s", rival->name);
	bench_report_ms(scene->report, what, &scene->of, ms);
	lane->name = rival->name;
	scene->count++;
	return 0;
}

static void make_job(const struct scene *scene, const struct lane *lane,
		     struct bench_job *out)
{
	*out = (struct bench_job){
		.way = BENCH_LIVE,
		.frame = &scene->frame,
		.to = lane->link.from,
	};
	if (!out->to)
		return;
	out->received = bench_link_received;
	out->link = &lane->link;
	if (lane->filter) {
		out->before = bench_filter_drain;
		out->context = lane->filter;
	}
}

/* How many of CHECKED frames from listed sources get through a lane. */
static int count_through(struct scene *scene, const struct lane *lane,
			 uint64_t *through)
{
	uint64_t before = bench_link_routed();
	struct bench_job job;
	int error;

	make_job(scene, lane, &job);
	error = bench_run_through(scene->runner, &job, CHECKED);
	if (!error)
		*through = bench_link_routed() - before;
	return error;
}

/*
 * Whether what gets through is seen at all: without a filter everything does,
 * and nobody's silence would mean a thing otherwise.
 */
static int check_receiver(struct scene *scene)
{
	struct lane bare = {.name = "no filter"};
	uint64_t through = 0;
	int error;

	error = bench_link_create(pairs++, &bare.link);
	if (!error)
		error = count_through(scene, &bare, &through);
	/* All but what may still be on its way. */
	if (error || through >= CHECKED / 2)
		return error;
	warnx("without a filter only %" PRIu64 " of %d frames get through",
	      through, CHECKED);
	return -EBADMSG;
}

/* Keeps the lanes whose filters drop what they should: all, that is. */
static int check_filters(struct scene *scene)
{
	size_t kept = 1;

	for (size_t i = 1; i < scene->count; i++) {
		const struct lane *lane = &scene->lanes[i];
		char why[BENCH_WHY];
		uint64_t through = 0;
		int error = count_through(scene, lane, &through);

		if (error)
			return error;
		if (through == 0) {
			scene->lanes[kept++] = *lane;
			continue;
		}
		snprintf(why, sizeof(why),
			 "%" PRIu64 " of %d listed sources got through",
			 through, CHECKED);
		skip(scene, lane->name, why);
		bench_filter_close(lane->filter);
	}
	scene->count = kept;
	return 0;
}

static int measure(struct scene *scene)
{
	struct bench_job jobs[BENCH_LINKS_MAX];
	char what[BENCH_WHAT];
	int error;

	error = check_receiver(scene);
	if (!error)
		error = check_filters(scene);
	for (size_t i = 0; i < scene->count; i++)
		make_job(scene, &scene->lanes[i], &jobs[i]);
	if (!error)
		error = bench_run(scene->runner, jobs, scene->count);
	for (size_t i = 0; i < scene->count && !error; i++) {
		snprintf(what, sizeof(what), "live %s", scene->lanes[i].name);
		/* The second lane is XDP_DROP. */
		bench_report_live(scene->report, what, &scene->of,
				  &jobs[i].time, &jobs[1].time);
	}
	return error;
}

static int give_sources(const struct scene *scene, const struct ranges *ranges)
{
	struct addr *sources = calloc(BENCH_SOURCES, sizeof(*sources));

	if (!sources)
		return -ENOMEM;
	bench_list_sources(&scene->list, ranges, 100, sources, BENCH_SOURCES);
	bench_runner_sources(scene->runner, sources);
	free(sources);
	return 0;
}

static int play(struct scene *scene)
{
	const struct packet packet = {.from = SOURCE_IPV4};
	const struct ranges *ranges;
	int error;

	frame_build(&packet, &scene->frame);
	scene->lanes[scene->count++].name = "generator alone";
	error = add_program(scene, "XDP_DROP", bench_runner_drop(scene->runner),
			    NULL);
	if (!error)
		error = add_postern(scene, &ranges);
	if (!error)
		error = give_sources(scene, ranges);
	for (enum bench_peer peer = 0; peer < BENCH_PEERS && !error; peer++)
		error = add_peer(scene, peer);
	for (size_t i = 0; i < BENCH_RIVALS && !error; i++)
		error = add_rival(scene, &bench_rivals[i]);
	if (!error)
		error = measure(scene);
	for (size_t i = 0; i < scene->count; i++)
		bench_filter_close(scene->lanes[i].filter);
	return error;
}

static int measure_size(struct bench_runner *runner, size_t size, bool quick,
			struct bench_report *report)
{
	struct scene scene = {
		.runner = runner,
		.report = report,
		.quick = quick,
	};
	int error;

	fprintf(stderr, "live frames, %zu entries\n", size);
	error = bench_list_create(FAMILY_IPV4, BENCH_UNIFORM, size,
				  &scene.list);
	if (error)
		return error;
	scene.of = bench_case_of(&scene.list, 100);
	error = play(&scene);
	bench_list_free(&scene.list);
	return error;
}

int bench_live(struct bench_runner *runner, bool quick, int private_error,
	       struct bench_report *report)
{
	const struct bench_case of = {FAMILY_IPV4, BENCH_UNIFORM, 0, 100};
	char why[BENCH_WHY];
	int error = 0;

	if (private_error) {
		snprintf(why, sizeof(why),
			 "can't have a network namespace of its own: %s",
			 strerror(-private_error));
		bench_report_skip(report, "live frames", &of, why);
		return 0;
	}
	for (size_t i = 0; i < BENCH_LIVE_SIZES && !error; i++)
		error = measure_size(runner, bench_live_sizes[i], quick,
				     report);
	return error;
}
