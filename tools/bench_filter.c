/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading the filters as a daemon would, and filling them. */

#include "bench_filter.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../tests/packet/frame.h"
#include "bench_maps.skel.h"
#include "core/config.h"
#include "parent/loader.h"
#include "tables/counters.h"
#include "tables/lists.h"
#include "tables/rules.h"
#include "tables/settings.h"
#include "tables/verdicts.h"

#define FEEDS	 4
#define CAPACITY 1024 /* the least that the configuration accepts */

struct bench_filter {
	struct config *config;
	struct loader *loader;	 /* Postern's */
	struct bench_maps *peer; /* the others' */
	int program;
	int counters;
	int pending;
	struct ring_buffer *events;
	struct settings_table *settings;
	struct verdict_table *verdicts;
	struct jiffies_clock clock;
	struct rules rules;
	struct ranges *ranges;
	struct bench_effort effort;
};

static double ms_since(uint64_t start)
{
	return (double)(clock_monotonic_ns() - start) / NS_PER_MS;
}

double bench_map_mib(int map)
{
	unsigned long long octets = 0;
	char path[64], line[128];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", map);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "memlock: %llu", &octets) == 1)
			break;
	fclose(file);
	return (double)octets / (1 << 20);
}

/* The defaults of a daemon, but for what this is about. */
static int configure(size_t entries, size_t verdicts, struct config **out)
{
	char error[CONFIG_ERROR_TEXT] = "no memory";
	int fd, rc = -ENOMEM;

	fd = memfd_create("bench.conf", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (dprintf(fd,
		    "interface = { \"lo\" }\n"
		    "protect = { \"" DOOR_IPV4 "\", \"" DOOR_IPV6 "\" }\n"
		    "mode = enforce\n"
		    "list-capacity = %zu\n"
		    "primary \"mx1.example.net\" {\n"
		    "    address = { \"192.0.2.5\" }\n"
		    "}\n"
		    "bypass {\n    policy = strict\n    action = drop\n}\n"
		    "dnsbl {\n    sites = { \"bl.example\" }\n"
		    "    cache = %zu\n}\n",
		    entries < CAPACITY ? CAPACITY : entries,
		    verdicts < CAPACITY ? CAPACITY : verdicts) > 0)
		rc = config_load(fd, "bench.conf", out, error);
	close(fd);
	if (rc)
		warnx("can't configure: %s", error);
	return rc;
}

static int read_event(void *context, void *data, size_t size)
{
	(void)context;
	(void)data;
	(void)size;
	return 0;
}

/* What a daemon publishes while the primary is up. */
static int rule(struct bench_filter *filter, int settings, int events)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int error;

	error = settings_open(settings, &filter->settings);
	if (error)
		return error;
	filter->events = ring_buffer__new(events, read_event, NULL, NULL);
	if (!filter->events)
		return -errno;
	rules_make(filter->config, &filter->clock, (unsigned int)cpus,
		   &filter->rules);
	for (size_t i = 0; i < filter->config->protect_count; i++)
		rules_protect(&filter->rules, &filter->config->protect[i]);
	for (enum family family = 0; family < FAMILY_MAX; family++)
		rules_set_gate(&filter->rules, family, GATE_CLOSED);
	bench_filter_publish(filter);
	settings_renew(filter->settings, ~0ULL);
	return 0;
}

static int compile(struct bench_filter *filter, const struct bench_list *list)
{
	struct ranges_input *input = NULL;
	uint64_t start;
	int error;

	error = ranges_input_create(&input);
	for (size_t i = 0; i < list->count && !error; i++)
		error = ranges_input_prefix(input, 1 + i % FEEDS,
					    &list->entries[i]);
	start = clock_monotonic_ns();
	if (!error)
		error = ranges_compile(input, list->family, &filter->ranges);
	filter->effort.compile_ms = ms_since(start);
	ranges_input_free(input);
	return error;
}

static int publish(struct bench_filter *filter, enum family family,
		   const struct maps *maps)
{
	struct ranges_map *opened[FAMILY_MAX];
	struct list meanings[LISTS_MAX] = {0};
	uint64_t start;
	int error;

	/* With a deadline, as those have that a daemon reads. */
	for (size_t i = 1; i <= FEEDS; i++)
		meanings[i] = (struct list){
			.kind = LIST_FEED,
			.action = ACTION_DROP,
			.expires = INT64_MAX,
		};
	error = lists_open(maps, opened);
	if (error)
		return error;
	start = clock_monotonic_ns();
	error = ranges_publish(opened[family], filter->ranges, meanings);
	filter->effort.publish_ms = ms_since(start);
	lists_close(opened);
	for (size_t i = 0; i < 2; i++)
		filter->effort.mib +=
			bench_map_mib(maps->ranges[family].inner[i]);
	return error;
}

static int open_postern(struct bench_filter *filter,
			const struct bench_list *list, size_t verdicts)
{
	struct maps maps;
	int error;

	error = configure(list->count, verdicts, &filter->config);
	if (!error)
		error = loader_open_private(filter->config, &filter->loader);
	if (error)
		return error;
	loader_maps(filter->loader, &maps);
	filter->program = loader_program(filter->loader);
	filter->pending = loader_pending(filter->loader);
	filter->counters = maps.counters;
	filter->clock = *loader_clock(filter->loader);
	error = rule(filter, maps.settings, maps.events);
	if (!error)
		error = verdicts_open(maps.verdicts,
				      filter->config->dnsbl.cache,
				      &filter->clock, &filter->verdicts);
	if (!error)
		error = compile(filter, list);
	if (!error)
		error = publish(filter, list->family, &maps);
	return error;
}

int bench_filter_postern(const struct bench_list *list, size_t verdicts,
			 struct bench_filter **out)
{
	struct bench_filter *filter = calloc(1, sizeof(*filter));
	int error = filter ? open_postern(filter, list, verdicts) : -ENOMEM;

	if (error) {
		warnx("Postern with %zu entries: %s", list->count,
		      strerror(-error));
		bench_filter_close(filter);
		return error;
	}
	*out = filter;
	return 0;
}

/* Rules without deadlines: any clock will do for them. */
static int open_peer(struct bench_filter *filter, enum bench_peer peer,
		     const struct bench_list *list)
{
	uint64_t start;
	int error;

	filter->clock.hz = 1000;
	error = configure(0, 0, &filter->config);
	if (!error)
		error = bench_peer_load(peer, list, &filter->peer);
	if (error)
		return error;
	start = clock_monotonic_ns();
	error = bench_peer_fill(peer, list, FEEDS, filter->peer);
	if (error)
		return error;
	filter->effort.publish_ms = ms_since(start);
	filter->effort.mib =
		bench_map_mib(bench_peer_map(peer, list, filter->peer));
	filter->program = bpf_program__fd(filter->peer->progs.postern);
	filter->pending = bpf_map__fd(filter->peer->maps.pending);
	filter->counters = bpf_map__fd(filter->peer->maps.counters);
	return rule(filter, bpf_map__fd(filter->peer->maps.settings),
		    bpf_map__fd(filter->peer->maps.events));
}

int bench_filter_peer(enum bench_peer peer, const struct bench_list *list,
		      struct bench_filter **out)
{
	struct bench_filter *filter = calloc(1, sizeof(*filter));
	int error = filter ? open_peer(filter, peer, list) : -ENOMEM;

	if (error) {
		warnx("%s with %zu entries: %s", bench_peer_name(peer),
		      list->count, strerror(-error));
		bench_filter_close(filter);
		return error;
	}
	*out = filter;
	return 0;
}

int bench_filter_program(const struct bench_filter *filter)
{
	return filter->program;
}

const struct bench_effort *
bench_filter_effort(const struct bench_filter *filter)
{
	return &filter->effort;
}

void bench_filter_maps(const struct bench_filter *filter, struct maps *out)
{
	loader_maps(filter->loader, out);
}

const struct ranges *bench_filter_ranges(const struct bench_filter *filter)
{
	return filter->ranges;
}

struct rules *bench_filter_rules(struct bench_filter *filter)
{
	return &filter->rules;
}

void bench_filter_publish(struct bench_filter *filter)
{
	settings_publish(filter->settings, &filter->rules);
}

int bench_filter_know(struct bench_filter *filter, const struct addr *sources,
		      size_t count, enum verdict verdict)
{
	struct source_verdict value = {
		.verdict = verdict,
		.refresh = ~0ULL,
		.expires = ~0ULL,
	};
	int error = 0;

	for (size_t i = 0; i < count && !error; i++)
		error = verdicts_put(filter->verdicts, &sources[i], &value);
	return error;
}

uint64_t bench_filter_counted(const struct bench_filter *filter,
			      enum family family, enum reason reason)
{
	struct counters counters;

	if (counters_read(filter->counters, &counters))
		return 0;
	return counters_of(family == FAMILY_IPV4 ? &counters.ipv4
						 : &counters.ipv6,
			   reason);
}

void bench_filter_drain(void *context)
{
	struct bench_filter *filter = context;

	ring_buffer__consume(filter->events);
}

void bench_filter_forget(void *context)
{
	struct bench_filter *filter = context;
	struct addr key;

	bench_filter_drain(filter);
	while (bpf_map_get_next_key(filter->pending, NULL, &key) == 0)
		bpf_map_delete_elem(filter->pending, &key);
}

void bench_filter_close(struct bench_filter *filter)
{
	if (!filter)
		return;
	ranges_free(filter->ranges);
	verdicts_close(filter->verdicts);
	settings_close(filter->settings);
	ring_buffer__free(filter->events);
	bench_maps__destroy(filter->peer);
	loader_close(filter->loader);
	config_free(filter->config);
	free(filter);
}
