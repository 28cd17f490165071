/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rounds of BPF_PROG_TEST_RUN. */

#include "bench_run.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <err.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bench.skel.h"
#include "bench_softirq.h"
#include "core/addr.h"

/* What takes longer than this is run with fewer packets. */
#define SLOW_NS	     300
#define SLOW_PACKETS (BENCH_PACKETS / 4)

/* Live frames: how often a run may lose some, and what veth may still have. */
#define LOSSES_MAX 8
#define IN_FLIGHT  256

struct bench_runner {
	struct bench *skeleton;
	struct bench_sources_ipv4 *ipv4;
	struct addr *ipv6;
	unsigned int rounds;
};

/* Like Postern itself: a tail call joins only programs of one kind. */
static struct bench *load(bool fragments)
{
	struct bench *skeleton = bench__open();
	struct bpf_program *program;
	int error;

	if (!skeleton)
		return NULL;
	bpf_object__for_each_program(program, skeleton->obj)
	{
		if (fragments)
			bpf_program__set_flags(program, BPF_F_XDP_HAS_FRAGS);
	}
	error = bench__load(skeleton);
	if (error) {
		bench__destroy(skeleton);
		errno = -error;
		return NULL;
	}
	return skeleton;
}

static void *map_sources(const struct bpf_map *map, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			bpf_map__fd(map), 0);

	return at == MAP_FAILED ? NULL : at;
}

static int open_runner(struct bench_runner *runner)
{
	runner->skeleton = load(true);
	if (!runner->skeleton && errno == EINVAL)
		runner->skeleton = load(false);
	if (!runner->skeleton)
		return -errno;
	runner->ipv4 = map_sources(runner->skeleton->maps.sources_ipv4,
				   sizeof(*runner->ipv4));
	runner->ipv6 = map_sources(runner->skeleton->maps.sources_ipv6,
				   BENCH_SOURCES * sizeof(*runner->ipv6));
	return runner->ipv4 && runner->ipv6 ? 0 : -errno;
}

int bench_runner_open(unsigned int rounds, struct bench_runner **out)
{
	struct bench_runner *runner = calloc(1, sizeof(*runner));
	int error = runner ? open_runner(runner) : -ENOMEM;

	if (error) {
		warnx("can't load the programs of the bench: %s",
		      strerror(-error));
		bench_runner_close(runner);
		return error;
	}
	runner->rounds = rounds < BENCH_ROUNDS_MAX ? rounds : BENCH_ROUNDS_MAX;
	*out = runner;
	return 0;
}

int bench_runner_pass(const struct bench_runner *runner)
{
	return bpf_program__fd(runner->skeleton->progs.pass);
}

int bench_runner_drop(const struct bench_runner *runner)
{
	return bpf_program__fd(runner->skeleton->progs.drop);
}

void bench_runner_sources(struct bench_runner *runner,
			  const struct addr *sources)
{
	enum family family = addr_family(sources);

	for (size_t i = 0; i < BENCH_SOURCES; i++) {
		if (family == FAMILY_IPV6)
			runner->ipv6[i] = sources[i];
		else
			memcpy(&runner->ipv4->at[i], sources[i].octets + 12,
			       sizeof(runner->ipv4->at[i]));
	}
}

/* The sum over IPv4's header without source and checksum: RFC 1071. */
static uint32_t partial_sum(const struct frame *frame)
{
	struct iphdr ip;
	uint16_t words[sizeof(ip) / 2];
	uint32_t sum = 0;

	memcpy(&ip, frame->octets + ETH_HLEN, sizeof(ip));
	ip.saddr = 0;
	ip.check = 0;
	memcpy(words, &ip, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		sum += words[i];
	return sum;
}

static bool is_ipv6(const struct frame *frame)
{
	return frame->octets[ETH_HLEN - 2] == ETH_P_IPV6 >> 8;
}

/* The program to run for a job, all set up. */
static int prepare(struct bench_runner *runner, const struct bench_job *job,
		   int *program)
{
	struct bench *skeleton = runner->skeleton;
	uint32_t zero = 0;

	switch (job->way) {
	case BENCH_BARE:
		*program = job->program;
		return 0;
	case BENCH_LIVE:
		skeleton->bss->send_to = job->to;
		skeleton->bss->send_partial = partial_sum(job->frame);
		*program = bpf_program__fd(skeleton->progs.send);
		return 0;
	default:
		*program = bpf_program__fd(is_ipv6(job->frame)
						   ? skeleton->progs.pick_ipv6
						   : skeleton->progs.pick_ipv4);
		return bpf_map_update_elem(bpf_map__fd(skeleton->maps.subject),
					   &zero, &job->program, BPF_ANY)
			       ? -errno
			       : 0;
	}
}

/* From that source on; returns the time of a packet. */
static int run_once(struct bench_runner *runner, const struct bench_job *job,
		    uint32_t position, uint32_t packets, double *ns)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = job->frame->octets,
		    .data_size_in = (uint32_t)job->frame->size,
		    .repeat = (int)packets);
	int program, error;
	uint64_t softirq;

	if (job->way == BENCH_LIVE)
		options.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
	error = prepare(runner, job, &program);
	if (error)
		return error;
	if (job->before)
		job->before(job->context);
	runner->skeleton->bss->position = position;
	softirq = bench_softirq_ns();
	if (bpf_prog_test_run_opts(program, &options))
		return -errno;
	*ns = options.duration;
	if (job->way == BENCH_LIVE)
		*ns += (double)(bench_softirq_ns() - softirq) / packets;
	return 0;
}

/* The same, again when frames were lost: what was lost cost nothing. */
static int run_whole(struct bench_runner *runner, const struct bench_job *job,
		     uint32_t position, uint32_t packets, double *ns)
{
	for (int tries = 0; tries < LOSSES_MAX; tries++) {
		uint64_t before = job->received ? job->received(job->link) : 0;
		int error = run_once(runner, job, position, packets, ns);

		if (error || !job->received)
			return error;
		if (job->received(job->link) - before >= packets - IN_FLIGHT)
			return 0;
		/* Older kernels have a thread of theirs receive them. */
		bench_softirq_alone(false);
	}
	return -ENOBUFS;
}

/* How many packets a run has: for slow ones a few will do. */
static int calibrate(struct bench_runner *runner, struct bench_job *job)
{
	double ns;
	int error;

	if (job->packets)
		return 0;
	error = run_whole(runner, job, 0, SLOW_PACKETS, &ns);
	job->packets = ns > SLOW_NS ? SLOW_PACKETS : BENCH_PACKETS;
	return error;
}

/* The caches are as in a flood of many sources: so others come first. */
static int run_round(struct bench_runner *runner, const struct bench_job *job,
		     unsigned int round, double *ns)
{
	uint32_t position = round * BENCH_PACKETS;
	int error;

	error = run_once(runner, job, position - job->packets, job->packets,
			 ns);
	if (error)
		return error;
	return run_whole(runner, job, position, job->packets, ns);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void settle(struct bench_job *job, double *ns, unsigned int rounds)
{
	qsort(ns, rounds, sizeof(*ns), compare);
	job->time.min = ns[0];
	job->time.median = ns[rounds / 2];
}

static int run_all(struct bench_runner *runner, struct bench_job *jobs,
		   size_t count, double (*ns)[BENCH_ROUNDS_MAX])
{
	int error = 0;

	for (size_t i = 0; i < count && !error; i++)
		error = calibrate(runner, &jobs[i]);
	for (unsigned int round = 0; round < runner->rounds; round++)
		for (size_t i = 0; i < count && !error; i++)
			error = run_round(runner, &jobs[i], round,
					  &ns[i][round]);
	return error;
}

int bench_run(struct bench_runner *runner, struct bench_job *jobs, size_t count)
{
	double(*ns)[BENCH_ROUNDS_MAX] = calloc(count, sizeof(*ns));
	int error = ns ? run_all(runner, jobs, count, ns) : -ENOMEM;

	if (error)
		warnx("can't run a program: %s", strerror(-error));
	for (size_t i = 0; i < count && !error; i++)
		settle(&jobs[i], ns[i], runner->rounds);
	free(ns);
	return error;
}

int bench_run_through(struct bench_runner *runner, const struct bench_job *job,
		      uint32_t packets)
{
	double ns;
	int error = run_whole(runner, job, 0, packets, &ns);

	if (error)
		warnx("can't run a program: %s", strerror(-error));
	return error;
}

void bench_runner_close(struct bench_runner *runner)
{
	if (!runner)
		return;
	if (runner->ipv4)
		munmap(runner->ipv4, sizeof(*runner->ipv4));
	if (runner->ipv6)
		munmap(runner->ipv6, BENCH_SOURCES * sizeof(*runner->ipv6));
	bench__destroy(runner->skeleton);
	free(runner);
}
