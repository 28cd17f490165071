/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The modules of userspace/tables with the kernel's own maps, the twin, the
 * clock, and how the maps look to people with bpftool.
 */

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
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "parent/twin.h"
#include "tables/counters.h"
#include "tables/settings.h"
#include "tables/verdicts.h"

/* Of the map that harness.c makes. */
#define VERDICTS 4096

#define BPFFS	 "/sys/fs/bpf"
#define DUMP_MAX (1 << 20)

static struct addr nth(uint32_t n)
{
	return addr_from_ipv4((struct in_addr){htonl(0x0a000000 + n)});
}

static struct verdict_table *open_verdicts(struct postern *skeleton)
{
	const struct jiffies_clock *clock = harness_clock();
	struct verdict_table *table;

	assert_int_equal(verdicts_open(bpf_map__fd(skeleton->maps.verdicts),
				       VERDICTS, clock, &table),
			 0);
	return table;
}

static void put(struct verdict_table *table, uint32_t n, __u64 expires)
{
	struct source_verdict verdict = {
		.verdict = VERDICT_CLEAN,
		.score = (__s32)n,
		.expires = expires,
	};
	struct addr source = nth(n);

	assert_int_equal(verdicts_put(table, &source, &verdict), 0);
}

static bool has(const struct verdict_table *table, uint32_t n)
{
	struct source_verdict verdict;
	struct addr source = nth(n);

	if (verdicts_get(table, &source, &verdict))
		return false;
	assert_int_equal(verdict.score, n);
	return true;
}

static void a_verdict_is_found_until_it_is_replaced(void **state)
{
	struct verdict_table *table;
	struct source_verdict verdict;
	struct addr source = nth(1);
	__u64 later;

	(void)state;
	table = open_verdicts(harness_fresh());
	later = harness_now() + harness_hour();
	assert_int_equal(verdicts_get(table, &source, &verdict), -ENOENT);
	put(table, 1, later);
	assert_true(has(table, 1));
	assert_int_equal(verdicts_count(table), 1);
	put(table, 1, later + 1);
	assert_int_equal(verdicts_get(table, &source, &verdict), 0);
	assert_true(verdict.expires == later + 1);
	assert_int_equal(verdicts_count(table), 1);
	verdicts_close(table);
}

static void a_full_table_makes_room_by_what_ends_first(void **state)
{
	struct verdict_table *table;
	__u64 later, tick;

	(void)state;
	table = open_verdicts(harness_fresh());
	tick = harness_hour() / 100;
	later = harness_now() + tick;
	for (uint32_t n = 0; n < VERDICTS; n++)
		put(table, n, n == 1234 ? later : later + tick);
	assert_int_equal(verdicts_count(table), VERDICTS);
	put(table, VERDICTS, later + 2 * tick);
	assert_int_equal(verdicts_count(table), VERDICTS);
	assert_true(has(table, VERDICTS));
	for (uint32_t n = 0; n < VERDICTS; n++)
		assert_int_equal(has(table, n), n != 1234);
	/* Replacing needs no room. */
	put(table, 77, later + 2 * tick);
	assert_int_equal(verdicts_count(table), VERDICTS);
	assert_true(has(table, VERDICTS));
	verdicts_close(table);
}

/* Who comes often has long been prolonged: a flood must not push him out. */
static void what_was_prolonged_does_not_go_first(void **state)
{
	struct verdict_table *table;
	__u64 soon, tick;

	(void)state;
	table = open_verdicts(harness_fresh());
	tick = harness_hour() / 100;
	soon = harness_now() + tick;
	for (uint32_t n = 0; n < VERDICTS; n++)
		put(table, n, n < 10 ? soon : soon + tick);
	for (uint32_t n = 0; n < 10; n++)
		put(table, n, soon + 10 * tick);
	for (uint32_t n = 0; n < 100; n++)
		put(table, VERDICTS + n, soon + 20 * tick);
	for (uint32_t n = 0; n < 10; n++)
		assert_true(has(table, n));
	verdicts_close(table);
}

static void sweeps_remove_what_has_ended_and_nothing_else(void **state)
{
	struct verdict_table *table;
	__u64 now;

	(void)state;
	table = open_verdicts(harness_fresh());
	now = harness_now();
	for (uint32_t n = 0; n < 1000; n++)
		put(table, n,
		    n % 2 ? now + harness_hour()
			  : now - 2 * harness_clock()->hz);
	/* One that has ended since is prolonged. */
	put(table, 500, now + harness_hour());
	for (int i = 0; i < 3; i++)
		verdicts_sweep(table);
	for (uint32_t n = 0; n < 1000; n++)
		assert_int_equal(has(table, n), n % 2 || n == 500);
	assert_int_equal(verdicts_count(table), 501);
	verdicts_close(table);
}

static void a_worker_that_is_restarted_finds_verdicts_in_place(void **state)
{
	struct verdict_table *table;
	struct postern *skeleton;
	__u64 now;

	(void)state;
	skeleton = harness_fresh();
	table = open_verdicts(skeleton);
	now = harness_now();
	for (uint32_t n = 0; n < 3000; n++)
		put(table, n, now + harness_hour());
	put(table, 3000, now - 2 * harness_clock()->hz);
	verdicts_close(table);
	table = open_verdicts(skeleton);
	assert_int_equal(verdicts_count(table), 3001);
	verdicts_sweep(table);
	assert_int_equal(verdicts_count(table), 3000);
	assert_false(has(table, 3000));
	verdicts_close(table);
}

static void counters_are_added_up_over_all_cpus(void **state)
{
	struct postern *skeleton = harness_fresh();
	int cpus = libbpf_num_possible_cpus();
	struct counters *all = calloc((size_t)cpus, sizeof(*all)), sum, zero;
	int map = bpf_map__fd(skeleton->maps.counters);
	__u32 key = 0;

	(void)state;
	assert_non_null(all);
	memset(&zero, 0, sizeof(zero));
	for (int cpu = 0; cpu < cpus; cpu++) {
		all[cpu].ipv4.allowed = 1;
		all[cpu].ipv4.bypass = (1ULL << 40) + (__u64)cpu;
		all[cpu].ipv6.bypass = 3;
	}
	assert_int_equal(bpf_map_update_elem(map, &key, all, BPF_ANY), 0);
	assert_int_equal(counters_read(map, &sum), 0);
	assert_true(counters_of(&sum.ipv4, REASON_ALLOWED) == (__u64)cpus);
	assert_true(counters_of(&sum.ipv4, REASON_BYPASS) ==
		    ((__u64)cpus << 40) + (__u64)(cpus * (cpus - 1) / 2));
	assert_true(counters_of(&sum.ipv6, REASON_BYPASS) == 3 * (__u64)cpus);
	assert_true(counters_of(&sum.ipv6, REASON_ALLOWED) == 0);
	free(all);
	sum = zero;
	assert_int_equal(counters_read(-1, &sum), -EBADF);
	assert_memory_equal(&sum, &zero, sizeof(sum));
}

static void settings_change_slots_and_keep_the_lease(void **state)
{
	struct postern *skeleton = harness_fresh();
	int map = bpf_map__fd(skeleton->maps.settings);
	struct settings_table *table;
	struct settings seen;
	struct rules rules;
	__u32 key = 0, slot = 2;

	(void)state;
	assert_int_equal(settings_open(map, &table), 0);
	settings_renew(table, 42);
	for (__u32 i = 1; i <= 4; i++) {
		memset(&rules, 0, sizeof(rules));
		rules.port_count = i;
		rules.ipv6[DOORS_MAX - 1].gate = i;
		settings_publish(table, &rules);
		assert_int_equal(bpf_map_lookup_elem(map, &key, &seen), 0);
		assert_int_not_equal(seen.current, slot);
		slot = seen.current;
		assert_in_range(slot, 0, 1);
		assert_memory_equal(&seen.rules[slot], &rules, sizeof(rules));
		assert_memory_equal(settings_rules(table), &rules,
				    sizeof(rules));
		assert_true(seen.lease == 42);
	}
	assert_true(settings_lease(table) == 42);
	settings_close(table);
}

static void the_twin_is_asked_by_addresses(void **state)
{
	struct postern *skeleton = harness_fresh();
	int program = bpf_program__fd(skeleton->progs.explain);
	struct decision decision;
	struct addr source, door;

	(void)state;
	harness_verdict(SOURCE_IPV6, VERDICT_LISTED, ~0ULL,
			harness_now() + harness_hour());
	addr_parse(SOURCE_IPV4, &source);
	addr_parse(DOOR_IPV4, &door);
	assert_int_equal(twin_explain(program, &source, &door, PORT, &decision),
			 0);
	assert_int_equal(decision.reason, REASON_HELD);
	assert_int_equal(twin_explain(program, &source, &door, 80, &decision),
			 0);
	assert_int_equal(decision.reason, REASON_MAX);
	addr_parse(SOURCE_IPV6, &source);
	addr_parse(DOOR_IPV6, &door);
	assert_int_equal(twin_explain(program, &source, &door, PORT, &decision),
			 0);
	assert_int_equal(decision.reason, REASON_LISTED);
	assert_int_equal(decision.action, ACTION_DROP);
	decision.reason = 42;
	assert_int_equal(twin_explain(-1, &source, &door, PORT, &decision),
			 -EBADF);
	assert_int_equal(decision.reason, 42);
}

/* With another HZ than the kernel's they drift apart by 2 % at least. */
static void the_clock_agrees_with_the_kernel_seconds_later(void **state)
{
	struct postern *skeleton = harness_fresh();
	struct timespec pause = {.tv_sec = 2};
	struct jiffies_clock clock;
	uint64_t before, now, after;

	(void)state;
	assert_int_equal(
		twin_calibrate(bpf_program__fd(skeleton->progs.clock), &clock),
		0);
	nanosleep(&pause, NULL);
	before = clock_jiffies_at(&clock, clock_monotonic_ns());
	now = harness_now();
	after = clock_jiffies_at(&clock, clock_monotonic_ns());
	print_message("HZ=%ju\n", (uintmax_t)clock.hz);
	assert_in_range(now, before - clock.hz / 50, after + clock.hz / 50);
}

/* A bpffs of our own, which is gone when the process is. */
static bool mount_bpffs(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("bpf", BPFFS, "bpf", 0, NULL) == 0;
}

/* Returns the exit status, 127 for a program that is not there. */
static int run_bpftool(const char *path, char *out, size_t size)
{
	size_t length = 0;
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		execlp("bpftool", "bpftool", "map", "dump", "pinned", path,
		       (char *)NULL);
		execl("/usr/sbin/bpftool", "bpftool", "map", "dump", "pinned",
		      path, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	while ((n = read(ends[0], out + length, size - 1 - length)) > 0)
		length += (size_t)n;
	close(ends[0]);
	out[length] = '\0';
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void expect_in_dump(const struct bpf_map *map, const char *const *words)
{
	static char dump[DUMP_MAX];
	char path[128];
	int status;

	snprintf(path, sizeof(path), BPFFS "/%s", bpf_map__name(map));
	assert_int_equal(bpf_obj_pin(bpf_map__fd(map), path), 0);
	status = run_bpftool(path, dump, sizeof(dump));
	if (status == 127) {
		print_message("skipped: bpftool is not installed\n");
		skip();
	}
	assert_int_equal(status, 0);
	for (; *words; words++)
		if (!strstr(dump, *words))
			fail_msg("no %s in\n%.2000s", *words, dump);
}

static void people_read_fields_and_names_with_bpftool(void **state)
{
	static const char *const of_verdicts[] = {
		"\"octets\":",
		"\"verdict\": \"VERDICT_LISTED\"",
		"\"score\": 7",
		"\"verdict\": \"VERDICT_CLEAN\"",
		"\"refresh\": ",
		"\"expires\": ",
		NULL,
	};
	static const char *const of_counters[] = {
		"\"ipv4\": {",
		"\"ipv6\": {",
#define NAME(NAME, name, words) "\"" #name "\": ",
		REASON_TABLE(NAME) NULL,
	};
	static const char *const of_lists[] = {
		"\"ipv4\": ", "\"ipv6\": ", NULL};
	static const char *const of_settings[] = {
		"\"abi\": ", "\"lease\": ", "\"unknown\": \"UNKNOWN_HOLD\"",
		"\"gate\": \"GATE_OPEN\"", NULL};
	static const char *const of_pending[] = {"\"since\": ", NULL};
	struct postern *skeleton = harness_fresh();
	__u64 later;

	(void)state;
	if (!mount_bpffs()) {
		print_message("skipped: can't mount a bpffs: %s\n",
			      strerror(errno));
		skip();
	}
	later = harness_now() + harness_hour();
	harness_verdict(SOURCE_IPV4, VERDICT_LISTED, later, later);
	harness_verdict(SOURCE_IPV6, VERDICT_CLEAN, later, later);
	harness_held_since(SOURCE_IPV4, later);
	expect_in_dump(skeleton->maps.verdicts, of_verdicts);
	expect_in_dump(skeleton->maps.counters, of_counters);
	expect_in_dump(skeleton->maps.list_counters, of_lists);
	expect_in_dump(skeleton->maps.settings, of_settings);
	expect_in_dump(skeleton->maps.pending, of_pending);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_verdict_is_found_until_it_is_replaced),
		cmocka_unit_test(a_full_table_makes_room_by_what_ends_first),
		cmocka_unit_test(what_was_prolonged_does_not_go_first),
		cmocka_unit_test(sweeps_remove_what_has_ended_and_nothing_else),
		cmocka_unit_test(
			a_worker_that_is_restarted_finds_verdicts_in_place),
		cmocka_unit_test(counters_are_added_up_over_all_cpus),
		cmocka_unit_test(settings_change_slots_and_keep_the_lease),
		cmocka_unit_test(the_twin_is_asked_by_addresses),
		cmocka_unit_test(
			the_clock_agrees_with_the_kernel_seconds_later),
		cmocka_unit_test(people_read_fields_and_names_with_bpftool),
	};

	return cmocka_run_group_tests(tests, NULL, harness_close);
}
