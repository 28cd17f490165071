/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads the program and fills its maps. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness_run.h"
#include "parent/twin.h"
#include "tables/counters.h"
#include "tables/ranges.h"
#include "tables/ranges_room.h"
#include "tables/settings.h"
#include "tables/verdicts.h"

#define VERDICTS 4096

/* Far from all of them, so that the twin's traces are found quickly. */
#define PENDING 4096

static struct {
	struct postern *skeleton;
	struct settings_table *settings;
	struct verdict_table *verdicts;
	struct ranges_map *ranges[FAMILY_MAX];
	struct ranges_input *input;
	struct rules rules;
	struct jiffies_clock clock;
	bool ready;
	bool listing; /* something is on a list */
} harness;

static int open_ranges(void)
{
	const struct postern *skeleton = harness.skeleton;
	const int ipv4[] = {bpf_map__fd(skeleton->maps.ranges_ipv4_a),
			    bpf_map__fd(skeleton->maps.ranges_ipv4_b)};
	const int ipv6[] = {bpf_map__fd(skeleton->maps.ranges_ipv6_a),
			    bpf_map__fd(skeleton->maps.ranges_ipv6_b)};
	int error;

	error = ranges_map_open(FAMILY_IPV4,
				bpf_map__fd(skeleton->maps.ranges_ipv4), ipv4,
				&harness.ranges[FAMILY_IPV4]);
	if (error)
		return error;
	return ranges_map_open(FAMILY_IPV6,
			       bpf_map__fd(skeleton->maps.ranges_ipv6), ipv6,
			       &harness.ranges[FAMILY_IPV6]);
}

static int load(void)
{
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	struct ranges_room room = ranges_room_for(1000);
	struct postern *skeleton;
	int error;

	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	skeleton = postern__open();
	if (!skeleton)
		return -errno;
	harness.skeleton = skeleton;
	bpf_map__set_max_entries(skeleton->maps.verdicts, VERDICTS);
	bpf_map__set_max_entries(skeleton->maps.pending, PENDING);
	bpf_map__set_max_entries(skeleton->maps.ranges_ipv4_a, room.ipv4_pages);
	bpf_map__set_max_entries(skeleton->maps.ranges_ipv4_b, room.ipv4_pages);
	bpf_map__set_max_entries(skeleton->maps.ranges_ipv6_a, room.ipv6_pages);
	bpf_map__set_max_entries(skeleton->maps.ranges_ipv6_b, room.ipv6_pages);
	error = ranges_room_create(skeleton->obj, &room);
	if (!error)
		error = postern__load(skeleton);
	return error;
}

static int open_verdicts(void)
{
	return verdicts_open(bpf_map__fd(harness.skeleton->maps.verdicts),
			     VERDICTS, &harness.clock, &harness.verdicts);
}

static int open_tables(void)
{
	const struct postern *skeleton = harness.skeleton;
	int error;

	error = twin_calibrate(bpf_program__fd(skeleton->progs.clock),
			       &harness.clock);
	if (!error)
		error = settings_open(bpf_map__fd(skeleton->maps.settings),
				      &harness.settings);
	if (!error)
		error = open_verdicts();
	if (!error)
		error = open_ranges();
	if (error)
		return error;
	return harness_watch(bpf_map__fd(skeleton->maps.events));
}

/* Budgets are per CPU: all frames are run on one. */
static int stay_on_this_cpu(void)
{
	int cpu = sched_getcpu();
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu < 0 ? 0 : (size_t)cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

/* Root alone is not enough: a container may know no BPF. */
static bool may_load(void)
{
	if (geteuid() != 0)
		print_message("skipped: needs root\n");
	else if (libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_XDP, NULL) != 1)
		print_message("skipped: this system runs no XDP programs\n");
	else
		return true;
	return false;
}

static void start(void)
{
	int error = load();

	if (error)
		fail_msg("can't load the program: %s", strerror(-error));
	error = open_tables();
	if (!error)
		error = stay_on_this_cpu();
	if (error)
		fail_msg("can't use its maps: %s", strerror(-error));
	harness.ready = true;
}

__u64 harness_now(void)
{
	struct frame frame = {.size = 64}, out;
	struct clock_sample sample;

	assert_int_equal(harness_run_program(harness.skeleton->progs.clock,
					     &frame, &out),
			 XDP_PASS);
	memcpy(&sample, out.octets, sizeof(sample));
	return sample.jiffies;
}

const struct jiffies_clock *harness_clock(void)
{
	return &harness.clock;
}

__u64 harness_hour(void)
{
	return 3600 * 1000; /* with HZ=1000; more than that otherwise */
}

static void empty(const struct bpf_map *map)
{
	struct flow key; /* the largest */

	while (bpf_map_get_next_key(bpf_map__fd(map), NULL, &key) == 0)
		bpf_map_delete_elem(bpf_map__fd(map), &key);
}

static void reset_rules(void)
{
	struct rules rules = {
		.unknown = UNKNOWN_HOLD,
		.bypass = ACTION_DROP,
		.listed = ACTION_DROP,
		.hold_limit = harness_hour(),
		.hold_memory = harness_hour(),
		.second = harness_hour(),
		.holds_per_cpu = 1000000,
		.events_per_cpu = 1000000,
		.knocks_per_cpu = 1000000,
		.replies_per_cpu = 1000000,
		.defers_per_cpu = 1000000,
		.shown_per_cpu = 60000,
		.port_count = 1,
		.ipv4_count = 1,
		.ipv6_count = 1,
		.ports = {htons(PORT)},
	};
	struct addr ipv4, ipv6;

	assert_int_equal(addr_parse(DOOR_IPV4, &ipv4), 0);
	assert_int_equal(addr_parse(DOOR_IPV6, &ipv6), 0);
	memcpy(&rules.ipv4[0].address, ipv4.octets + 12, sizeof(__be32));
	rules.ipv6[0].address = ipv6;
	harness.rules = rules;
	harness_publish();
}

static void reset_lists(void)
{
	struct list meanings[LISTS_MAX];

	/* A swap waits for the programs that run: not for nothing. */
	if (harness.input && !harness.listing)
		return;
	harness.listing = false;
	ranges_input_free(harness.input);
	harness.input = NULL;
	assert_int_equal(ranges_input_create(&harness.input), 0);
	harness_meanings(meanings);
	harness_lists(meanings);
}

struct postern *harness_fresh(void)
{
	const struct cpu_budget nothing = {.start = 0};

	if (!harness.ready && !may_load())
		skip();
	if (!harness.ready)
		start();
	empty(harness.skeleton->maps.verdicts);
	verdicts_close(harness.verdicts);
	harness.verdicts = NULL;
	assert_int_equal(open_verdicts(), 0);
	empty(harness.skeleton->maps.pending);
	empty(harness.skeleton->maps.replies);
	empty(harness.skeleton->maps.networks);
	empty(harness.skeleton->maps.deferred);
	harness_spent(&nothing);
	harness_forget_events();
	reset_rules();
	reset_lists();
	harness_lease(harness_now() + harness_hour());
	return harness.skeleton;
}

struct rules *harness_rules(void)
{
	return &harness.rules;
}

void harness_publish(void)
{
	settings_publish(harness.settings, &harness.rules);
	assert_memory_equal(settings_rules(harness.settings), &harness.rules,
			    sizeof(harness.rules));
}

void harness_lease(__u64 until)
{
	settings_renew(harness.settings, until);
	assert_true(settings_lease(harness.settings) == until);
}

void harness_list(unsigned int number, const char *text)
{
	struct prefix prefix;

	if (prefix_parse(text, &prefix))
		fail_msg("no prefix: %s", text);
	assert_int_equal(ranges_input_prefix(harness.input, number, &prefix),
			 0);
	harness.listing = true;
}

void harness_meanings(struct list meanings[static LISTS_MAX])
{
	static const enum list_kind kinds[LIST_NUMBERS] = {
		[LIST_NUMBER_ALLOWED] = LIST_ALLOW,
		[LIST_NUMBER_BLOCKED] = LIST_BLOCK,
		[LIST_NUMBER_FED] = LIST_FEED,
		[LIST_NUMBER_FED_TOO] = LIST_FEED,
	};

	memset(meanings, 0, LISTS_MAX * sizeof(*meanings));
	for (size_t i = 1; i < LIST_NUMBERS; i++) {
		meanings[i].kind = kinds[i];
		meanings[i].action =
			kinds[i] == LIST_ALLOW ? ACTION_PASS : ACTION_DROP;
	}
}

void harness_lists(const struct list meanings[static LISTS_MAX])
{
	for (enum family family = 0; family < FAMILY_MAX; family++) {
		struct ranges *compiled;

		assert_int_equal(
			ranges_compile(harness.input, family, &compiled), 0);
		assert_int_equal(ranges_publish(harness.ranges[family],
						compiled, meanings),
				 0);
		ranges_free(compiled);
	}
}

static struct addr addr_of(const char *text)
{
	struct addr addr;

	if (addr_parse(text, &addr))
		fail_msg("no address: %s", text);
	return addr;
}

void harness_verdict(const char *source, enum verdict verdict, __u64 refresh,
		     __u64 expires)
{
	struct addr addr = addr_of(source);
	struct source_verdict value = {
		.verdict = verdict,
		.score = verdict == VERDICT_LISTED ? 7 : -2,
		.refresh = refresh,
		.expires = expires,
	};

	assert_int_equal(verdicts_put(harness.verdicts, &addr, &value), 0);
}

struct postern *harness_skeleton(void)
{
	return harness.skeleton;
}

struct source_verdict harness_verdict_of(const char *source)
{
	struct source_verdict value = {0};
	struct addr addr = addr_of(source);

	verdicts_get(harness.verdicts, &addr, &value);
	return value;
}

void harness_watch_until(const char *source, __u64 until)
{
	struct source_verdict value = harness_verdict_of(source);
	struct addr addr = addr_of(source);

	value.watch = until;
	assert_int_equal(verdicts_put(harness.verdicts, &addr, &value), 0);
}

void harness_held_since(const char *source, __u64 since)
{
	int map = bpf_map__fd(harness.skeleton->maps.pending);
	struct addr addr = addr_of(source);
	struct hold hold = {0};

	/* One that only knocked stays one that did. */
	if (bpf_map_lookup_elem(map, &addr, &hold) || hold.asked)
		hold.asked = harness_now();
	hold.since = since;
	assert_int_equal(bpf_map_update_elem(map, &addr, &hold, BPF_ANY), 0);
}

void harness_network(const char *network, __u64 witness, __u64 weary)
{
	const struct network value = {.witness = witness, .weary = weary};
	struct addr addr = addr_of(network);

	assert_int_equal(bpf_map_update_elem(
				 bpf_map__fd(harness.skeleton->maps.networks),
				 &addr, &value, BPF_ANY),
			 0);
}

void harness_spent(const struct cpu_budget *budget)
{
	int cpus = libbpf_num_possible_cpus();
	struct cpu_budget *all;
	__u32 zero = 0;

	assert_true(cpus > 0);
	all = calloc((size_t)cpus, sizeof(*all));
	assert_non_null(all);
	for (int i = 0; i < cpus; i++)
		all[i] = *budget;
	assert_int_equal(
		bpf_map_update_elem(bpf_map__fd(harness.skeleton->maps.budgets),
				    &zero, all, BPF_ANY),
		0);
	free(all);
}

struct list_counters harness_list_counters(unsigned int number)
{
	struct list_counters counters;

	assert_int_equal(
		counters_read_list(
			bpf_map__fd(harness.skeleton->maps.list_counters),
			number, &counters),
		0);
	return counters;
}

int harness_close(void **state)
{
	(void)state;
	harness_unwatch();
	for (enum family family = 0; family < FAMILY_MAX; family++)
		ranges_map_close(harness.ranges[family]);
	ranges_input_free(harness.input);
	verdicts_close(harness.verdicts);
	settings_close(harness.settings);
	postern__destroy(harness.skeleton);
	return 0;
}
