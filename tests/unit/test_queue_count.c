/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counting a queue made of empty files. */

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
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "parent/queue_count.h"

static char directory[64];

static void path_of(const char *name, char path[static 160])
{
	snprintf(path, 160, "%s/%s", directory, name);
}

static void make(const char *name)
{
	char path[160];
	int fd;

	path_of(name, path);
	if (name[strlen(name) - 1] == '/') {
		assert_int_equal(mkdir(path, 0700), 0);
		return;
	}
	fd = open(path, O_CREAT | O_WRONLY | O_EXCL, 0700);
	assert_true(fd >= 0);
	close(fd);
}

static int begin(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/postern-queue-XXXXXX");
	assert_non_null(mkdtemp(directory));
	return 0;
}

static int end(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

static void files_of_three_queues_are_counted(void **state)
{
	static const char *const names[] = {
		"incoming/",   "active/",      "deferred/",	 "hold/",
		"corrupt/",    "incoming/1",   "active/2",	 "deferred/A/",
		"deferred/B/", "deferred/A/3", "deferred/A/4",	 "deferred/B/5",
		"hold/6",      "corrupt/7",    "active/.hidden",
	};
	struct queue_count count;
	char path[160];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		make(names[i]);
	/* Links lead nowhere. */
	path_of("active/link", path);
	assert_int_equal(symlink(directory, path), 0);
	path_of("deferred/loop", path);
	assert_int_equal(symlink("..", path), 0);
	assert_int_equal(queue_count(directory, &count), 0);
	assert_int_equal(count.length, 5);
	/* Where the file system knows it. */
	if (count.oldest_unix)
		assert_in_range(count.oldest_unix, time(NULL) - 60, time(NULL));
}

static void an_empty_queue_has_no_oldest(void **state)
{
	struct queue_count count;

	(void)state;
	make("incoming/");
	make("active/");
	make("deferred/");
	assert_int_equal(queue_count(directory, &count), 0);
	assert_int_equal(count.length, 0);
	assert_int_equal(count.oldest_unix, 0);
}

static void what_is_no_queue_is_told(void **state)
{
	struct queue_count count = {.length = 42};

	(void)state;
	assert_int_equal(queue_count("/nonexistent", &count), -ENOENT);
	make("incoming/");
	assert_int_equal(queue_count(directory, &count), -ENOENT);
	assert_int_equal(count.length, 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			files_of_three_queues_are_counted, begin, end),
		cmocka_unit_test_setup_teardown(an_empty_queue_has_no_oldest,
						begin, end),
		cmocka_unit_test_setup_teardown(what_is_no_queue_is_told, begin,
						end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
