/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of what was set by hand: whole, or put aside. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "worker/runtime_file.h"

#define NAME "lists.json"

static char directory[64];

static int make_directory(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/postern-state-XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static void path_of(const char *name, char path[static 128])
{
	snprintf(path, 128, "%s/%s", directory, name);
}

static int remove_directory(void **state)
{
	static const char *const names[] = {NAME, NAME ".new", NAME ".damaged"};
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		path_of(names[i], path);
		unlink(path);
	}
	return rmdir(directory);
}

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *out;

	path_of(name, path);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static bool is_there(const char *name)
{
	char path[128];

	path_of(name, path);
	return access(path, F_OK) == 0;
}

static void what_is_written_is_read(void **state)
{
	json_t *object = json_pack("{s:[s]}", "block", "192.0.2.1");
	json_t *read = NULL;

	(void)state;
	assert_int_equal(runtime_file_write(directory, NAME, object), 0);
	assert_false(is_there(NAME ".new"));
	assert_int_equal(runtime_file_read(directory, NAME, &read), 0);
	assert_true(json_equal(object, read));
	json_decref(read);
	/* What an interrupted write has left is in nobody's way. */
	put(NAME ".new", "{ half");
	assert_int_equal(runtime_file_read(directory, NAME, &read), 0);
	json_decref(read);
	assert_int_equal(runtime_file_write(directory, NAME, object), 0);
	assert_int_equal(runtime_file_read(directory, NAME, &read), 0);
	assert_true(json_equal(object, read));
	json_decref(read);
	json_decref(object);
}

static void no_file_is_no_error(void **state)
{
	json_t *read = (json_t *)directory;

	(void)state;
	assert_int_equal(runtime_file_read(directory, NAME, &read), 0);
	assert_null(read);
	assert_int_equal(runtime_file_read("/nonexistent", NAME, &read), 0);
	assert_null(read);
}

static void a_damaged_file_is_put_aside(void **state)
{
	static const char *const texts[] = {"",	    "{",    "[]",
					    "null", "{}{}", "\x01\x02"};
	const struct runtime_file file = {directory, NAME, "the lists", 0};
	json_t *read = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put(NAME, texts[i]);
		assert_int_equal(runtime_file_read(directory, NAME, &read),
				 -EBADMSG);
		assert_null(read);
		assert_int_equal(runtime_file_load(&file, &read), -EBADMSG);
		assert_null(read);
		assert_false(is_there(NAME));
		assert_true(is_there(NAME ".damaged"));
	}
}

/* Nor is it destroyed by what is written next. */
static void what_is_no_file_is_put_aside(void **state)
{
	struct runtime_file file = {directory, NAME, "the lists", 0};
	json_t *read = NULL;
	char path[128];

	(void)state;
	path_of(NAME, path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(runtime_file_load(&file, &read), -EINVAL);
	assert_false(is_there(NAME));
	assert_int_equal(runtime_file_save(&file, json_object()), 0);
	assert_int_equal(runtime_file_load(&file, &read), 0);
	json_decref(read);
	path_of(NAME ".damaged", path);
	assert_int_equal(rmdir(path), 0);
}

static void a_temporary_file_of_others_is_no_trap(void **state)
{
	struct runtime_file file = {directory, NAME, "the lists", 0};
	char path[128];

	(void)state;
	put(NAME ".damaged", "untouched");
	path_of(NAME ".new", path);
	assert_int_equal(symlink(NAME ".damaged", path), 0);
	assert_int_equal(runtime_file_save(&file, json_object()), 0);
	assert_false(is_there(NAME ".new"));
	path_of(NAME ".damaged", path);
	assert_int_equal(truncate(path, 9), 0);
	put(NAME ".new", "{}");
	path_of(NAME ".new", path);
	assert_int_equal(chmod(path, 0), 0);
	assert_int_equal(runtime_file_save(&file, json_object()), 0);
}

static void what_failed_is_due_again_later(void **state)
{
	struct runtime_file file = {"/nonexistent", NAME, "the lists", 0};

	(void)state;
	assert_false(runtime_file_is_due(&file));
	assert_int_equal(runtime_file_save(&file, json_object()), -ENOENT);
	assert_true(file.again_ns > 0);
	assert_false(runtime_file_is_due(&file));
	file.again_ns = 1;
	assert_true(runtime_file_is_due(&file));
	assert_int_equal(runtime_file_save(&file, NULL), -ENOMEM);
	file.directory = directory;
	assert_int_equal(runtime_file_save(&file, json_object()), 0);
	assert_false(runtime_file_is_due(&file));
}

static void a_missing_directory_is_told(void **state)
{
	json_t *object = json_object();

	(void)state;
	assert_int_equal(runtime_file_write("/nonexistent", NAME, object),
			 -ENOENT);
	json_decref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_written_is_read,
						make_directory,
						remove_directory),
		cmocka_unit_test_setup_teardown(
			no_file_is_no_error, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(a_damaged_file_is_put_aside,
						make_directory,
						remove_directory),
		cmocka_unit_test_setup_teardown(what_is_no_file_is_put_aside,
						make_directory,
						remove_directory),
		cmocka_unit_test_setup_teardown(
			a_temporary_file_of_others_is_no_trap, make_directory,
			remove_directory),
		cmocka_unit_test_setup_teardown(what_failed_is_due_again_later,
						make_directory,
						remove_directory),
		cmocka_unit_test(a_missing_directory_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
