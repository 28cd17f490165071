/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `make bench`: what Postern's program costs, next to other ways to filter by
 * source, measured in one run and on the same work.
 *
 *   bench_list		lists and sources
 *   bench_filter	complete programs with a list: Postern's, and with maps
 *			of the kernel's (bench_peer, bench_maps.bpf.c)
 *   bench_run		times, from the kernel; bench.bpf.c has its programs
 *   bench_memory	what a random load takes here
 *   bench_scale	verdicts over lists of all sizes
 *   bench_paths	pass-through, verdicts of DNSBLs, events, holds
 *   bench_lines	a feed, from its text until it is in force
 *   bench_dnsbl	lookups from a real rbldnsd, and a million verdicts
 *   bench_live		frames over veth (bench_link), where the filters of
 *			others (bench_rival, bench_tool) can be, too
 *   bench_report	all rows, and JSON; bench_print, bench_bar: for people
 */

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench_dnsbl.h"
#include "bench_lines.h"
#include "bench_link.h"
#include "bench_live.h"
#include "bench_memory.h"
#include "bench_paths.h"
#include "bench_print.h"
#include "bench_scale.h"
#include "bench_softirq.h"

#define ROUNDS	     9
#define ROUNDS_QUICK 5

struct options {
	bool quick;
	const char *json;
};

static void parse(int argc, char **argv, struct options *out)
{
	static const struct option known[] = {
		{"quick", no_argument, NULL, 'q'},
		{"json", required_argument, NULL, 'j'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == 'q')
			out->quick = true;
		else if (option == 'j')
			out->json = optarg;
		else
			exit(2);
	}
}

/* What makes the numbers steadier, where it can be had. */
static int settle(void)
{
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};

	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	if (setpriority(PRIO_PROCESS, 0, -20) != 0)
		warn("can't have priority");
	return bench_softirq_stay();
}

/* The core, as what follows is told to have had it. */
static void take_core(struct bench_report *report)
{
	int error = bench_softirq_alone(true);

	report->alone = !error;
	if (error)
		warnx("can't have a core alone: %s", strerror(-error));
}

static int measure(struct bench_runner *runner, const struct options *options,
		   int private_error, struct bench_report *report)
{
	int error;

	take_core(report);
	error = bench_memory(report);
	if (!error)
		error = bench_paths(runner, report);
	if (!error)
		error = bench_lines(options->quick, report);
	if (!error)
		error = bench_dnsbl(options->quick, report);
	if (!error)
		error = bench_scale(runner, options->quick, report);
	if (!error)
		error = bench_live(runner, options->quick, private_error,
				   report);
	report->alone_live = bench_softirq_is_alone();
	return error;
}

int main(int argc, char **argv)
{
	struct bench_report report = {0};
	struct options options = {0};
	struct bench_runner *runner = NULL;
	int error, private_error;

	parse(argc, argv, &options);
	if (geteuid() != 0)
		errx(EXIT_FAILURE, "needs root, to load programs");
	error = settle();
	if (error)
		errx(EXIT_FAILURE, "can't stay on one CPU: %s",
		     strerror(-error));
	private_error = bench_link_private();
	error = bench_runner_open(options.quick ? ROUNDS_QUICK : ROUNDS,
				  &runner);
	if (!error)
		error = measure(runner, &options, private_error, &report);
	if (!error)
		bench_print(&report, stdout);
	if (!error && options.json)
		error = bench_report_json(&report, options.json);
	if (error)
		warnx("not finished: %s", strerror(-error));
	bench_report_free(&report);
	bench_runner_close(runner);
	return error ? EXIT_FAILURE : EXIT_SUCCESS;
}
