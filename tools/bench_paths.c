/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pass-through, and the ways that end elsewhere than at a list. */

#include "bench_paths.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>

/* Events have room in the ring buffer, and holds in their table. */
#define FEW 16384

#define LISTED 10000

const struct bench_passer bench_passers[BENCH_PASSERS] = {
	{"ARP", {.type = ETH_P_ARP}, false},
	{"UDP, IPv4", {.protocol = IPPROTO_UDP}, false},
	{"UDP, IPv6", {.from = SOURCE_IPV6, .protocol = IPPROTO_UDP}, false},
	{"TCP ACK, IPv4", {.port = 443, .flags = TCP_ACK}, false},
	{"TCP ACK, IPv6",
	 {.from = SOURCE_IPV6, .port = 443, .flags = TCP_ACK},
	 false},
	{"TCP ACK, VLAN tag",
	 {.tags = {ETH_P_8021Q}, .port = 443, .flags = TCP_ACK},
	 false},
	{"TCP SYN, IPv4", {.port = 443}, false},
	{"TCP SYN, IPv6", {.from = SOURCE_IPV6, .port = 443}, false},
	{"SMTP established, IPv4", {.flags = TCP_ACK, .data = 64}, true},
	{"SMTP SYN to others, IPv4", {.to = "192.0.2.26"}, true},
	{"SMTP SYN to others, IPv6",
	 {.from = SOURCE_IPV6, .to = "2001:db8:25::26"},
	 true},
};

struct path {
	const char *name;
	enum reason reason; /* in which it has to end */
	size_t known;	    /* sources with a verdict */
	enum verdict verdict;
	enum unknown unknown;
	bool events; /* as many as there are */
	void (*before)(void *filter);
};

static const struct path paths[] = {
	{.name = "verdict listed",
	 .reason = REASON_LISTED,
	 .known = 100000,
	 .verdict = VERDICT_LISTED},
	{.name = "verdict clean",
	 .reason = REASON_CLEAN,
	 .known = 100000,
	 .verdict = VERDICT_CLEAN},
	{.name = "verdict clean",
	 .reason = REASON_CLEAN,
	 .known = 1000000,
	 .verdict = VERDICT_CLEAN},
	{.name = "unknown, events spent",
	 .reason = REASON_UNKNOWN,
	 .before = bench_filter_drain},
	{.name = "unknown, an event each",
	 .reason = REASON_UNKNOWN,
	 .events = true,
	 .before = bench_filter_drain},
	{.name = "held, an event each",
	 .reason = REASON_HELD,
	 .unknown = UNKNOWN_HOLD,
	 .events = true,
	 .before = bench_filter_forget},
	{.name = "held already",
	 .reason = REASON_HELD,
	 .unknown = UNKNOWN_HOLD,
	 .events = true,
	 .before = bench_filter_drain},
};

#define PATHS (sizeof(paths) / sizeof(*paths))

static const struct bench_case any = {FAMILY_MAX, BENCH_SHAPES, 0, -1};

static int measure_passers(struct bench_runner *runner,
			   const struct bench_filter *filter,
			   struct bench_report *report)
{
	struct bench_job jobs[2 + BENCH_PASSERS] = {
		{.program = bench_runner_pass(runner)},
		{.program = bench_runner_drop(runner)},
	};
	struct frame frames[2 + BENCH_PASSERS];
	const struct packet syn = {.from = SOURCE_IPV4};
	char what[BENCH_WHAT];
	int error;

	frame_build(&syn, &frames[0]);
	frame_build(&syn, &frames[1]);
	for (size_t i = 0; i < BENCH_PASSERS; i++) {
		frame_build(&bench_passers[i].packet, &frames[2 + i]);
		jobs[2 + i].program = bench_filter_program(filter);
	}
	for (size_t i = 0; i < 2 + BENCH_PASSERS; i++)
		jobs[i].frame = &frames[i];
	error = bench_run(runner, jobs, 2 + BENCH_PASSERS);
	if (error)
		return error;
	bench_report_time(report, "XDP_PASS", &any, &jobs[0].time,
			  &jobs[0].time);
	bench_report_time(report, "XDP_DROP", &any, &jobs[1].time,
			  &jobs[0].time);
	for (size_t i = 0; i < BENCH_PASSERS; i++) {
		snprintf(what, sizeof(what), "pass-through %s",
			 bench_passers[i].name);
		bench_report_time(report, what, &any, &jobs[2 + i].time,
				  &jobs[0].time);
	}
	return 0;
}

/* The gate is open, and nothing ends for want of a budget or of time. */
static void open_gate(struct bench_filter *filter, const struct path *path)
{
	struct rules *rules = bench_filter_rules(filter);

	rules->ipv4[0].gate = GATE_OPEN;
	rules->unknown = path->unknown;
	rules->hold_limit = 1ULL << 32;
	rules->hold_memory = 1ULL << 32;
	rules->holds_per_cpu = UINT32_MAX;
	rules->events_per_cpu = path->events ? UINT32_MAX : 0;
	bench_filter_publish(filter);
}

/* The same few again and again where none is known. */
static int prepare_sources(struct bench_runner *runner,
			   struct bench_filter *filter,
			   const struct bench_list *list,
			   const struct path *path)
{
	size_t count = path->known ? path->known : FEW;
	struct addr *sources = calloc(BENCH_SOURCES, sizeof(*sources));
	int error = 0;

	if (!sources)
		return -ENOMEM;
	bench_list_sources(list, bench_filter_ranges(filter), 0, sources,
			   count);
	for (size_t i = count; i < BENCH_SOURCES; i++)
		sources[i] = sources[i - count];
	if (path->known)
		error = bench_filter_know(filter, sources, count,
					  path->verdict);
	bench_runner_sources(runner, sources);
	free(sources);
	if (error)
		warnx("can't add verdicts: %s", strerror(-error));
	return error;
}

static int check(struct bench_runner *runner, const struct bench_job *job,
		 const struct bench_filter *filter, const struct path *path)
{
	uint64_t before =
		bench_filter_counted(filter, FAMILY_IPV4, path->reason);
	uint64_t counted;
	int error = bench_run_through(runner, job, FEW);

	if (error)
		return error;
	counted = bench_filter_counted(filter, FAMILY_IPV4, path->reason) -
		  before;
	if (counted == FEW)
		return 0;
	warnx("%s: %d of %d SYNs did not end there", path->name,
	      FEW - (int)counted, FEW);
	return -EBADMSG;
}

static int measure_path(struct bench_runner *runner,
			struct bench_filter *filter,
			const struct bench_list *list, const struct path *path,
			struct bench_report *report)
{
	const struct packet packet = {.from = SOURCE_IPV4};
	struct bench_case of = {FAMILY_IPV4, BENCH_SHAPES, path->known, -1};
	struct frame frame;
	struct bench_job jobs[] = {
		{.program = bench_runner_pass(runner)},
		{.program = bench_filter_program(filter),
		 .before = path->before,
		 .context = filter},
	};
	char what[BENCH_WHAT];
	int error;

	frame_build(&packet, &frame);
	for (size_t i = 0; i < 2; i++) {
		jobs[i].way = BENCH_PICKED;
		jobs[i].frame = &frame;
		jobs[i].packets = path->known ? 0 : FEW;
	}
	open_gate(filter, path);
	error = prepare_sources(runner, filter, list, path);
	if (!error)
		error = check(runner, &jobs[1], filter, path);
	if (!error)
		error = bench_run(runner, jobs, 2);
	if (error)
		return error;
	snprintf(what, sizeof(what), "path %s", path->name);
	bench_report_time(report, what, &of, &jobs[1].time, &jobs[0].time);
	return 0;
}

static int measure(struct bench_runner *runner, const struct bench_list *list,
		   struct bench_report *report)
{
	struct bench_filter *filter = NULL;
	int error;

	error = bench_filter_postern(list, LISTED, &filter);
	if (!error)
		error = measure_passers(runner, filter, report);
	bench_filter_close(filter);
	for (size_t i = 0; i < PATHS && !error; i++) {
		filter = NULL;
		error = bench_filter_postern(list, paths[i].known, &filter);
		if (!error)
			error = measure_path(runner, filter, list, &paths[i],
					     report);
		bench_filter_close(filter);
	}
	return error;
}

int bench_paths(struct bench_runner *runner, struct bench_report *report)
{
	struct bench_list list;
	int error;

	fprintf(stderr, "other ways through the program\n");
	error = bench_list_create(FAMILY_IPV4, BENCH_UNIFORM, LISTED, &list);
	if (error)
		return error;
	error = measure(runner, &list, report);
	bench_list_free(&list);
	return error;
}
