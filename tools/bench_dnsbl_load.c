/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine, its loop, and what becomes of its results. */

#include "bench_dnsbl_load.h"

#include <bpf/bpf.h>
#include <err.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench_filter.h"
#include "core/log.h"
#include "sources/dnsbl.h"
#include "tables/verdicts.h"
#include "worker/answers.h"
#include "worker/neighbours.h"

#define GROUP	    10000
#define PATIENCE_MS 60000
#define HOUR_NS	    (3600 * NS_PER_S)

/* c-ares asks again after 1.5 s; nothing else takes as long. */
#define LOST_NS (1 * NS_PER_S)

/* What runs while lookups are made. */
struct run {
	uint32_t first;
	uint32_t count;
	uint32_t next;
	uint32_t done;
	uint32_t wrong;
	uint64_t *times; /* by source: when it was asked, then how long */
	double *walls;	 /* by group */
	double *cpus;
	uint64_t wall_ns; /* when the group began */
	uint64_t cpu_ns;
};

struct bench_load {
	uv_loop_t loop;
	uv_timer_t patience;
	bool has_timer;
	bool impatient;
	struct site site;
	struct config_dnsbl config;
	struct resolver *resolver;
	struct dnsbl *dnsbl;
	struct jiffies_clock clock;
	int map;
	struct verdict_table *verdicts;
	struct answers *answers;
	struct neighbours *neighbours;
	size_t octets_before;
	uint32_t sources; /* used so far */
	struct run run;
};

static size_t octets_allocated(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* Listed ones are in 10/9, as rbldnsd.h has it; the others in 11/8. */
static bool is_listed(uint32_t number)
{
	return number % 2 == 0;
}

static struct addr source_of(uint32_t number)
{
	uint32_t address = (is_listed(number) ? 10U << 24 : 11U << 24) |
			   (number / 2 & 0x7fffff);

	return addr_from_ipv4((struct in_addr){htonl(address)});
}

static uint32_t number_of(const struct addr *source)
{
	const uint8_t *octets = source->octets + 12;

	return ((uint32_t)octets[1] << 16 | (uint32_t)octets[2] << 8 |
		octets[3]) *
		       2 +
	       (octets[0] == 11);
}

/* ---- patience ---- */

static void on_patience(uv_timer_t *timer)
{
	struct bench_load *load = timer->data;

	load->impatient = true;
}

static void be_patient(struct bench_load *load)
{
	uv_update_time(&load->loop);
	uv_timer_start(&load->patience, on_patience, PATIENCE_MS, 0);
}

/* ---- results ---- */

static int keep(struct bench_load *load, const struct addr *source,
		enum verdict verdict)
{
	uint64_t now_ns = clock_monotonic_ns();
	struct source_verdict value = {
		.verdict = verdict,
		.expires = clock_jiffies_at(&load->clock, now_ns + HOUR_NS),
	};

	return verdicts_put(load->verdicts, source, &value);
}

static void end_group(struct bench_load *load)
{
	struct run *run = &load->run;
	uint64_t wall = clock_monotonic_ns(), cpu = cpu_ns();
	uint32_t group = run->done / GROUP - 1;

	run->walls[group] = (double)(wall - run->wall_ns) / GROUP;
	run->cpus[group] = (double)(cpu - run->cpu_ns) / GROUP;
	run->wall_ns = wall;
	run->cpu_ns = cpu;
	be_patient(load);
}

static void ask_next(struct bench_load *load)
{
	struct run *run = &load->run;
	struct addr source = source_of(run->first + run->next);

	run->times[run->next++] = clock_monotonic_ns();
	if (dnsbl_ask(load->dnsbl, &source, DNSBL_HELD))
		run->wrong++;
}

static void on_done(void *context, const struct dnsbl_result *result)
{
	struct bench_load *load = context;
	struct run *run = &load->run;
	uint32_t number = number_of(&result->source);
	enum verdict expected =
		is_listed(number) ? VERDICT_LISTED : VERDICT_CLEAN;
	uint64_t now_ns = clock_monotonic_ns();

	if (result->verdict != expected ||
	    keep(load, &result->source, result->verdict))
		run->wrong++;
	answers_put(load->answers, result, now_ns);
	run->times[number - run->first] =
		now_ns - run->times[number - run->first];
	if (++run->done % GROUP == 0)
		end_group(load);
	if (run->next < run->count)
		ask_next(load);
}

/* ---- life ---- */

static int open_tables(struct bench_load *load)
{
	int error;

	/* Only lengths of time matter here. */
	load->clock = (struct jiffies_clock){
		.hz = 1000,
		.ns = clock_monotonic_ns(),
	};
	load->map = bpf_map_create(
		BPF_MAP_TYPE_HASH, "verdicts", sizeof(struct addr),
		sizeof(struct source_verdict), BENCH_VERDICTS, NULL);
	if (load->map < 0)
		return -errno;
	error = verdicts_open(load->map, BENCH_VERDICTS, &load->clock,
			      &load->verdicts);
	if (!error)
		error = answers_create(1, &load->answers);
	load->neighbours = neighbours_create();
	return load->neighbours ? error : -ENOMEM;
}

static int open_engine(struct bench_load *load, uint16_t port)
{
	struct config_nameserver server = {.port = port};
	const char *why;
	int error;

	addr_parse("127.0.0.1", &server.addr);
	error = site_parse("bl.test", &load->site, &why);
	if (!error)
		error = resolver_create(&load->loop, &server, 1,
					&load->resolver);
	load->config = (struct config_dnsbl){
		.sites = &load->site,
		.site_count = 1,
		.threshold = 1,
	};
	if (!error)
		error = dnsbl_create(&load->loop, &load->config, load->resolver,
				     on_done, load, &load->dnsbl);
	if (!error)
		dnsbl_limit(load->dnsbl, 0, 0);
	return error;
}

int bench_load_open(uint16_t port, struct bench_load **out)
{
	struct bench_load *load = calloc(1, sizeof(*load));
	int error;

	if (!load)
		return -ENOMEM;
	log_set_threshold(LOG_LEVEL_WARNING);
	load->map = -1;
	load->octets_before = octets_allocated();
	error = uv_loop_init(&load->loop);
	if (error) {
		free(load);
		return error;
	}
	load->has_timer = uv_timer_init(&load->loop, &load->patience) == 0;
	load->patience.data = load;
	error = open_tables(load);
	if (!error)
		error = open_engine(load, port);
	if (error) {
		warnx("can't set up an engine: %s", strerror(-error));
		bench_load_close(load);
		return error;
	}
	*out = load;
	return 0;
}

void bench_load_close(struct bench_load *load)
{
	if (load->dnsbl)
		dnsbl_close(load->dnsbl);
	if (load->resolver)
		resolver_close(load->resolver);
	if (load->has_timer)
		uv_close((uv_handle_t *)&load->patience, NULL);
	uv_run(&load->loop, UV_RUN_DEFAULT);
	uv_loop_close(&load->loop);
	verdicts_close(load->verdicts);
	answers_free(load->answers);
	neighbours_free(load->neighbours);
	if (load->map >= 0)
		close(load->map);
	free(load);
}

/* ---- load ---- */

static int compare_times(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct bench_time time_of(double *values, uint32_t count)
{
	qsort(values, count, sizeof(*values), compare_doubles);
	return (struct bench_time){values[0], values[count / 2]};
}

static void sum_up(struct run *run, struct bench_load_result *out)
{
	uint32_t groups = run->count / GROUP;

	*out = (struct bench_load_result){0};
	if (groups > 0) {
		out->wall = time_of(run->walls, groups);
		out->cpu = time_of(run->cpus, groups);
	}
	qsort(run->times, run->count, sizeof(*run->times), compare_times);
	out->p50 = (double)run->times[run->count / 2];
	out->p99 = (double)run->times[run->count * 99ULL / 100];
	out->slowest = (double)run->times[run->count - 1];
	for (uint32_t i = 0; i < run->count; i++)
		out->lost += run->times[i] > LOST_NS;
}

static int wait_for_all(struct bench_load *load, uint32_t at_once)
{
	struct run *run = &load->run;

	run->wall_ns = clock_monotonic_ns();
	run->cpu_ns = cpu_ns();
	load->impatient = false;
	be_patient(load);
	while (run->next < run->count && run->next < at_once)
		ask_next(load);
	while (run->done < run->count && !load->impatient)
		uv_run(&load->loop, UV_RUN_ONCE);
	uv_timer_stop(&load->patience);
	if (run->done == run->count && run->wrong == 0)
		return 0;
	warnx("of %u lookups %u were made, and %u went wrong", run->count,
	      run->done, run->wrong);
	return -EIO;
}

int bench_load_run(struct bench_load *load, uint32_t count, uint32_t at_once,
		   struct bench_load_result *out)
{
	struct run *run = &load->run;
	int error = -ENOMEM;

	*run = (struct run){
		.first = load->sources,
		.count = count,
		.times = calloc(count, sizeof(*run->times)),
		.walls = calloc(count / GROUP + 1, sizeof(*run->walls)),
		.cpus = calloc(count / GROUP + 1, sizeof(*run->cpus)),
	};
	load->sources += count;
	if (run->times && run->walls && run->cpus)
		error = wait_for_all(load, at_once);
	if (!error)
		sum_up(run, out);
	free(run->times);
	free(run->walls);
	free(run->cpus);
	return error;
}

int bench_load_fill(struct bench_load *load)
{
	int error = 0;

	for (uint32_t i = 0; !error; i++) {
		uint32_t address = 12U << 24 | i;
		struct addr source =
			addr_from_ipv4((struct in_addr){htonl(address)});

		if (verdicts_count(load->verdicts) == BENCH_VERDICTS)
			break;
		error = keep(load, &source, VERDICT_CLEAN);
	}
	if (error)
		warnx("can't keep a verdict: %s", strerror(-error));
	return error;
}

double bench_load_mib(const struct bench_load *load)
{
	return (double)(octets_allocated() - load->octets_before) / (1 << 20);
}

double bench_load_map_mib(const struct bench_load *load)
{
	return bench_map_mib(load->map);
}
