/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is told of a file, by the kernel and without it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "sources/file_watch.h"

#define NEVER_MS     3600000
#define PATIENCE_MS  20000
#define POLL_FAST_MS 100

static char directory[64];

struct fixture {
	uv_loop_t loop;
	struct file_watch *watch;
	unsigned int count; /* of what was told */
	int status;
	uint64_t size;
	uint64_t inode;
};

static void on_seen(void *context, int status, const uv_stat_t *now)
{
	struct fixture *fixture = context;

	fixture->count++;
	fixture->status = status;
	fixture->size = status ? 0 : now->st_size;
	fixture->inode = status ? 0 : now->st_ino;
}

static const char *path_of(const char *name)
{
	static char path[2][256];
	static unsigned int turn;

	turn ^= 1;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", directory, name);
	return path[turn];
}

static void put(const char *name, const char *text, const char *mode)
{
	FILE *file = fopen(path_of(name), mode);

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void on_limit(uv_timer_t *timer)
{
	bool *over = timer->data;

	*over = true;
}

/* Lets the loop run until something more was told, or so long. */
static bool run(struct fixture *fixture, uint64_t limit_ms)
{
	unsigned int before = fixture->count;
	bool over = false;
	uv_timer_t limit;

	uv_timer_init(&fixture->loop, &limit);
	limit.data = &over;
	uv_timer_start(&limit, on_limit, limit_ms, 0);
	while (!over && fixture->count == before)
		uv_run(&fixture->loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&limit, NULL);
	uv_run(&fixture->loop, UV_RUN_NOWAIT);
	return fixture->count != before;
}

/* Some events more than are needed may come. */
static void expect_size(struct fixture *fixture, uint64_t size)
{
	while (fixture->status != 0 || fixture->size != size)
		assert_true(run(fixture, PATIENCE_MS));
}

static void expect_status(struct fixture *fixture, int status)
{
	while (fixture->status != status)
		assert_true(run(fixture, PATIENCE_MS));
}

static void start(struct fixture *fixture, const char *name, uint64_t poll_ms)
{
	*fixture = (struct fixture){0};
	assert_int_equal(uv_loop_init(&fixture->loop), 0);
	assert_int_equal(file_watch_start(&fixture->loop, path_of(name),
					  poll_ms, on_seen, fixture,
					  &fixture->watch),
			 0);
	/* Not before the start has returned. */
	assert_int_equal(fixture->count, 0);
	assert_true(run(fixture, PATIENCE_MS));
}

static void finish(struct fixture *fixture)
{
	unsigned int before = fixture->count;

	file_watch_look(fixture->watch);
	file_watch_close(fixture->watch);
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(fixture->count, before);
	assert_int_equal(uv_loop_close(&fixture->loop), 0);
}

static void writing_in_place_is_told(void **state)
{
	struct fixture fixture;

	(void)state;
	put("one", "1", "w");
	start(&fixture, "one", NEVER_MS);
	assert_true(file_watch_is_told(fixture.watch));
	expect_size(&fixture, 1);
	put("one", "23", "a");
	expect_size(&fixture, 3);
	put("one", "", "w");
	expect_size(&fixture, 0);
	finish(&fixture);
}

static void renaming_into_place_is_told(void **state)
{
	struct fixture fixture;
	uint64_t inode;

	(void)state;
	put("one", "1", "w");
	start(&fixture, "one", NEVER_MS);
	inode = fixture.inode;
	put("one.new", "12", "w");
	assert_int_equal(rename(path_of("one.new"), path_of("one")), 0);
	expect_size(&fixture, 2);
	assert_true(fixture.inode != inode);
	assert_int_equal(unlink(path_of("one")), 0);
	expect_status(&fixture, UV_ENOENT);
	put("one", "again", "w");
	expect_size(&fixture, 5);
	finish(&fixture);
}

static void other_files_are_of_no_interest(void **state)
{
	struct fixture fixture;

	(void)state;
	put("one", "1", "w");
	start(&fixture, "one", NEVER_MS);
	put("two", "2", "w");
	put("one.new", "2", "w");
	put("on", "2", "w");
	assert_false(run(&fixture, 300));
	finish(&fixture);
}

static void directories_may_come_and_go(void **state)
{
	struct fixture fixture;

	(void)state;
	start(&fixture, "a/b/one", NEVER_MS);
	assert_int_equal(fixture.status, UV_ENOENT);
	for (unsigned int turn = 1; turn <= 3; turn++) {
		assert_int_equal(mkdir(path_of("a"), 0700), 0);
		/* It may be seen, or come with the next one. */
		run(&fixture, turn == 2 ? 200 : 0);
		assert_int_equal(mkdir(path_of("a/b"), 0700), 0);
		run(&fixture, turn == 3 ? 200 : 0);
		put("a/b/one", &"123456"[turn], "w");
		expect_size(&fixture, 6 - turn);
		put("a/b/one", "more", "a");
		expect_size(&fixture, 10 - turn);
		assert_int_equal(unlink(path_of("a/b/one")), 0);
		expect_status(&fixture, UV_ENOENT);
		assert_int_equal(rmdir(path_of("a/b")), 0);
		assert_int_equal(rmdir(path_of("a")), 0);
		run(&fixture, 200);
	}
	finish(&fixture);
}

static void a_directory_may_be_replaced(void **state)
{
	struct fixture fixture;

	(void)state;
	assert_int_equal(mkdir(path_of("a"), 0700), 0);
	assert_int_equal(mkdir(path_of("b"), 0700), 0);
	put("a/one", "1", "w");
	put("b/one", "12", "w");
	start(&fixture, "a/one", NEVER_MS);
	assert_int_equal(rename(path_of("a"), path_of("c")), 0);
	expect_status(&fixture, UV_ENOENT);
	assert_int_equal(rename(path_of("b"), path_of("a")), 0);
	expect_size(&fixture, 2);
	put("a/one", "3", "a");
	expect_size(&fixture, 3);
	finish(&fixture);
}

/* Of a link to another directory only its name is watched here. */
static void what_is_not_told_is_found(void **state)
{
	struct fixture fixture;

	(void)state;
	assert_int_equal(mkdir(path_of("a"), 0700), 0);
	put("a/real", "1", "w");
	assert_int_equal(symlink("a/real", path_of("one")), 0);
	start(&fixture, "one", POLL_FAST_MS);
	put("a/real", "2", "a");
	expect_size(&fixture, 2);
	finish(&fixture);
}

/* No more descriptors: so none for inotify, as if its limit were reached. */
static void without_events_it_is_looked_for(void **state)
{
	struct rlimit before, none;
	struct fixture fixture = {0};
	char path[256];

	(void)state;
	put("one", "1", "w");
	snprintf(path, sizeof(path), "%s", path_of("one"));
	assert_int_equal(uv_loop_init(&fixture.loop), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(file_watch_start(&fixture.loop, path, POLL_FAST_MS,
					  on_seen, &fixture, &fixture.watch),
			 0);
	assert_false(file_watch_is_told(fixture.watch));
	expect_size(&fixture, 1);
	assert_false(file_watch_is_told(fixture.watch));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	put("one", "2", "a");
	expect_size(&fixture, 2);
	/* And once there is room again, it is used. */
	while (!file_watch_is_told(fixture.watch))
		assert_true(run(&fixture, PATIENCE_MS));
	finish(&fixture);
}

static int make_directory(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/postern-watch-XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	static const char *const names[] = {
		"one",	 "two",	   "one.new", "on", "a/one", "b/one",
		"c/one", "a/real", "a/b",     "a",  "b",     "c"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		remove(path_of(names[i]));
	return rmdir(directory);
}

#define CASE(test)                                                             \
	cmocka_unit_test_setup_teardown(test, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(writing_in_place_is_told),
		CASE(renaming_into_place_is_told),
		CASE(other_files_are_of_no_interest),
		CASE(directories_may_come_and_go),
		CASE(a_directory_may_be_replaced),
		CASE(what_is_not_told_is_found),
		CASE(without_events_it_is_looked_for),
	};

	log_set_threshold(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
