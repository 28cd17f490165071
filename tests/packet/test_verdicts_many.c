/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A full table of verdicts, with a map of the kernel's: walked, forgotten,
 * taken back, and kept over a restart.  What a walk through a million takes is
 * printed.
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
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/log.h"
#include "tables/verdicts.h"
#include "worker/save.h"
#include "worker/save_file.h"
#include "worker/saved_state.h"
#include "worker/withdraw.h"

#define MANY	1000000
#define FEW	10000
#define BATCH	10000
#define HOUR_NS (3600 * NS_PER_S)

static const struct jiffies_clock jiffies = {.hz = 250, .jiffies = 5000};

static struct {
	int map;
	uint32_t count;
	struct verdict_table *table;
	uint8_t *seen; /* how often each was visited */
	uint32_t others;
} fixture;

static uint64_t after(uint64_t ns)
{
	return clock_jiffies_at(&jiffies, clock_monotonic_ns() + ns);
}

static struct addr nth(uint32_t n)
{
	return addr_from_ipv4((struct in_addr){htonl(0x0a000000 + n)});
}

/* Every tenth verdict has ended; of the others half are of listed sources. */
static bool is_valid(uint32_t n)
{
	return n % 10 != 0;
}

static struct source_verdict verdict_of(uint32_t n)
{
	return (struct source_verdict){
		.verdict = n % 2 ? VERDICT_LISTED : VERDICT_CLEAN,
		.score = (__s32)n,
		.expires = is_valid(n) ? after(HOUR_NS / 2) : after(0),
		.since = after(0),
		.causes = n % 2 ? 1 << n % 3 : 0,
	};
}

static int make_map(uint32_t max)
{
	int map = bpf_map_create(BPF_MAP_TYPE_HASH, "verdicts",
				 sizeof(struct addr),
				 sizeof(struct source_verdict), max, NULL);

	assert_true(map >= 0);
	return map;
}

static void fill(uint32_t count)
{
	static struct source_verdict values[BATCH];
	static struct addr keys[BATCH];

	for (uint32_t first = 0; first < count; first += BATCH) {
		__u32 n = BATCH;

		for (uint32_t i = 0; i < BATCH; i++) {
			keys[i] = nth(first + i);
			values[i] = verdict_of(first + i);
		}
		assert_int_equal(bpf_map_update_batch(fixture.map, keys, values,
						      &n, NULL),
				 0);
	}
}

static void set_up(uint32_t count)
{
	fixture.map = make_map(count);
	fixture.count = count;
	fixture.others = 0;
	fixture.seen = calloc(count, 1);
	fill(count);
	assert_int_equal(
		verdicts_open(fixture.map, count, &jiffies, &fixture.table), 0);
	assert_int_equal(verdicts_count(fixture.table), count);
}

static int set_up_few(void **state)
{
	(void)state;
	set_up(FEW);
	return 0;
}

static int set_up_many(void **state)
{
	(void)state;
	set_up(MANY);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	verdicts_close(fixture.table);
	close(fixture.map);
	free(fixture.seen);
	return 0;
}

static void see(void *context, const struct addr *source,
		const struct source_verdict *verdict)
{
	uint32_t n = (uint32_t)verdict->score;
	struct addr expected = nth(n);

	assert_ptr_equal(context, &fixture);
	if (n < fixture.count && addr_equal(&expected, source))
		fixture.seen[n]++;
	else
		fixture.others++;
}

static void walk(verdict_visit *visit)
{
	struct verdict_walk walk = {0};
	int more;

	do {
		more = verdicts_walk(fixture.table, &walk, visit, &fixture);
		assert_true(more >= 0);
	} while (more);
}

static void assert_all_seen_once(void)
{
	for (uint32_t i = 0; i < fixture.count; i++)
		assert_int_equal(fixture.seen[i], 1);
	assert_int_equal(fixture.others, 0);
}

static bool is_in_force(uint32_t n)
{
	struct addr source = nth(n);
	struct source_verdict found;

	return verdicts_get(fixture.table, &source, &found) == 0 &&
	       verdicts_is_valid(fixture.table, &found);
}

/* ---- walking ---- */

static void a_walk_visits_each_once(void **state)
{
	(void)state;
	walk(see);
	assert_all_seen_once();
}

static void an_empty_table_is_walked_at_once(void **state)
{
	struct verdict_walk walk = {0};
	struct verdict_table *table;
	int map = make_map(100);

	(void)state;
	assert_int_equal(verdicts_open(map, 100, &jiffies, &table), 0);
	assert_int_equal(verdicts_walk(table, &walk, see, &fixture), 0);
	assert_int_equal(fixture.others, 0);
	verdicts_close(table);
	close(map);
}

static void see_and_forget(void *context, const struct addr *source,
			   const struct source_verdict *verdict)
{
	see(context, source, verdict);
	verdicts_forget(fixture.table, source);
}

/* Others may come meanwhile, and the walk still comes to its end. */
static void a_walk_may_forget_what_it_visits(void **state)
{
	(void)state;
	walk(see_and_forget);
	assert_all_seen_once();
	for (uint32_t i = 0; i < fixture.count; i++)
		assert_false(is_in_force(i));
}

static void what_is_forgotten_can_be_known_again(void **state)
{
	struct source_verdict verdict = verdict_of(7);
	struct addr source = nth(7), stranger = nth(FEW);

	(void)state;
	assert_true(is_in_force(7));
	verdicts_forget(fixture.table, &source);
	assert_false(is_in_force(7));
	/* It is counted till its place is given back. */
	assert_int_equal(verdicts_count(fixture.table), FEW);
	assert_int_equal(verdicts_put(fixture.table, &source, &verdict), 0);
	assert_true(is_in_force(7));
	assert_int_equal(verdicts_count(fixture.table), FEW);
	/* Who is not there is none the wiser. */
	verdicts_forget(fixture.table, &stranger);
	assert_int_equal(verdicts_get(fixture.table, &stranger, &verdict),
			 -ENOENT);
}

/* ---- taking back ---- */

static double seconds_since(uint64_t start)
{
	return (double)(clock_monotonic_ns() - start) / (double)NS_PER_S;
}

static void what_a_zone_has_caused_is_taken_back(void **state)
{
	struct withdraw withdraw = {0};
	uint64_t start;
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	withdraw_init(&withdraw, &loop, fixture.table);
	start = clock_monotonic_ns();
	withdraw_start(&withdraw, 2);
	/* Another one fails meanwhile. */
	uv_run(&loop, UV_RUN_NOWAIT);
	withdraw_start(&withdraw, 4);
	uv_run(&loop, UV_RUN_DEFAULT);
	print_message("%u verdicts walked twice, a third taken back: %.2f s\n",
		      fixture.count, seconds_since(start));
	for (uint32_t i = 0; i < fixture.count; i++)
		assert_int_equal(is_in_force(i),
				 is_valid(i) && !(verdict_of(i).causes & 6));
	uv_close((uv_handle_t *)&withdraw.idle, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

/* ---- keeping ---- */

static struct neighbours *neighbours;
static char directory[64];

static void make_directory(void)
{
	strcpy(directory, "/tmp/postern-save-XXXXXX");
	assert_non_null(mkdtemp(directory));
}

static void remove_directory(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/dnsbl.state", directory);
	unlink(path);
	assert_int_equal(rmdir(directory), 0);
}

static struct save *open_save(uv_loop_t *loop, struct verdict_table *table,
			      const struct config_dnsbl *config)
{
	const struct save_of of = {
		.verdicts = table,
		.neighbours = neighbours,
		.clock = &jiffies,
		.directory = directory,
	};
	struct save *save;

	assert_int_equal(save_create(loop, &of, &save), 0);
	save_use(save, config, NULL);
	return save;
}

/* What a worker does from its start to its end. */
static void restore_and_save(struct verdict_table *table,
			     const struct config_dnsbl *config)
{
	struct save *save;
	uv_loop_t loop;
	uint64_t start;

	uv_loop_init(&loop);
	save = open_save(&loop, table, config);
	start = clock_monotonic_ns();
	save_restore(save, NULL);
	print_message("restored in %.2f s\n", seconds_since(start));
	start = clock_monotonic_ns();
	save_close(save);
	uv_run(&loop, UV_RUN_DEFAULT);
	print_message("saved in %.2f s\n", seconds_since(start));
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void a_full_table_is_kept_over_a_restart(void **state)
{
	struct verdict_table *before = fixture.table;
	struct config_dnsbl config = {.threshold = 1};
	int map = fixture.map;

	(void)state;
	neighbours = neighbours_create();
	make_directory();
	restore_and_save(fixture.table, &config);

	fixture.map = make_map(fixture.count);
	assert_int_equal(verdicts_open(fixture.map, fixture.count, &jiffies,
				       &fixture.table),
			 0);
	restore_and_save(fixture.table, &config);
	walk(see);
	for (uint32_t i = 0; i < fixture.count; i++)
		assert_int_equal(fixture.seen[i], is_valid(i));
	assert_int_equal(fixture.others, 0);

	verdicts_close(before);
	close(map);
	remove_directory();
	neighbours_free(neighbours);
}

static bool all_verdicts(void *context, uint64_t fingerprint)
{
	(void)context;
	(void)fingerprint;
	return true;
}

static void no_quota(void *context, const struct saved_quota *quota)
{
	(void)context;
	(void)quota;
	fail();
}

static void count_verdict(void *context, const struct saved_verdict *verdict)
{
	(void)context;
	(void)verdict;
	fixture.others++;
}

static void hurry(uv_handle_t *handle, void *context)
{
	uv_timer_t *timer = (uv_timer_t *)handle;

	(void)context;
	if (handle->type != UV_TIMER)
		return;
	assert_int_equal(uv_timer_get_repeat(timer), 300000);
	uv_timer_set_repeat(timer, 1);
	uv_timer_again(timer);
}

static bool is_saved(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/dnsbl.state", directory);
	return access(path, F_OK) == 0;
}

/* Should the machine lose its power. */
static void a_table_is_saved_from_time_to_time(void **state)
{
	const struct saved_visitor visitor = {
		.fingerprint = all_verdicts,
		.quota = no_quota,
		.verdict = count_verdict,
		.context = &fixture,
	};
	struct config_dnsbl config = {.threshold = 1};
	const char *why = NULL;
	struct save *save;
	size_t size = 0;
	uv_loop_t loop;
	void *data;

	(void)state;
	neighbours = neighbours_create();
	make_directory();
	uv_loop_init(&loop);
	save = open_save(&loop, fixture.table, &config);
	uv_walk(&loop, hurry, NULL);
	while (!is_saved())
		uv_run(&loop, UV_RUN_ONCE);
	assert_int_equal(save_file_read(directory, "dnsbl.state",
					SAVED_STATE_MAX, &data, &size),
			 0);
	assert_int_equal(saved_state_read(data, size, &visitor, &why), 0);
	assert_int_equal(fixture.others, FEW - FEW / 10);
	free(data);
	save_close(save);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	remove_directory();
	neighbours_free(neighbours);
}

#define CASE(test, before)                                                     \
	cmocka_unit_test_setup_teardown(test, before, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_walk_visits_each_once, set_up_few),
		CASE(an_empty_table_is_walked_at_once, set_up_few),
		CASE(a_walk_may_forget_what_it_visits, set_up_few),
		CASE(what_is_forgotten_can_be_known_again, set_up_few),
		CASE(a_table_is_saved_from_time_to_time, set_up_few),
		CASE(a_walk_visits_each_once, set_up_many),
		CASE(what_a_zone_has_caused_is_taken_back, set_up_many),
		CASE(a_full_table_is_kept_over_a_restart, set_up_many),
	};
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};

	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	log_init("test");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
