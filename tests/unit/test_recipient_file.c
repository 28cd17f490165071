/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of recipients: what is one, and where it goes on. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sources/recipient_file.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static char path[64];
static struct recipient_file file;

static int begin(void **state)
{
	(void)state;
	strcpy(path, "/tmp/postern-recipients-XXXXXX");
	close(mkstemp(path));
	file = (struct recipient_file){0};
	return 0;
}

static int end(void **state)
{
	(void)state;
	return unlink(path);
}

static void put(const char *text)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static void expect(const char *recipient)
{
	char got[RECIPIENT_MAX + 1] = "";

	assert_int_equal(recipient_file_next(&file, path, got), 1);
	assert_string_equal(got, recipient);
}

static void expect_none(int result)
{
	char got[RECIPIENT_MAX + 1];

	assert_int_equal(recipient_file_next(&file, path, got), result);
}

static void the_first_word_of_a_line_is_one(void **state)
{
	(void)state;
	put("# comment\n\n   \na@example.net\nb@example.net\tOK\n"
	    "c+d@example.net  x y\r\nlast@example.net");
	expect("a@example.net");
	expect("b@example.net");
	expect("c+d@example.net");
	expect("last@example.net");
	expect_none(0);
	/* And again. */
	expect("a@example.net");
	assert_int_equal(file.skipped, 0);
}

static const char *const no_addresses[] = {
	"user",
	"@example.net",
	"a b@example.net",
	"@",
	" indented@example.net",
	"a@b@",
	"<a@b.example>",
	"a@example.net>\x01",
	"\"a b\"@example.net",
	"\xff\xfe@example.net",
};

static void what_is_none_is_skipped_and_counted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(no_addresses); i++) {
		char text[128], got[RECIPIENT_MAX + 1] = "";
		int result;

		snprintf(text, sizeof(text), "%s\n", no_addresses[i]);
		put(text);
		file = (struct recipient_file){0};
		result = recipient_file_next(&file, path, got);
		if (result != 0 || file.skipped != 1)
			fail_msg("%s: %d, \"%s\"", no_addresses[i], result,
				 got);
	}
}

static void long_lines_and_many_bad_ones_do_no_harm(void **state)
{
	FILE *out = fopen(path, "w");

	(void)state;
	for (int i = 0; i < 3000; i++)
		putc('x', out);
	fputs("@example.net\nok@example.net\n", out);
	for (int i = 0; i < 300; i++)
		fputs("bad\n", out);
	fputs("after@example.net\n", out);
	fclose(out);
	expect("ok@example.net");
	expect_none(-EAGAIN);
	expect("after@example.net");
	expect_none(0);
	assert_int_equal(file.skipped, 301);
}

static void a_file_that_was_replaced_is_read_from_its_start(void **state)
{
	char other[80];

	(void)state;
	put("a@example.net\nb@example.net\n");
	expect("a@example.net");
	snprintf(other, sizeof(other), "%s.new", path);
	rename(path, other);
	put("c@example.net\nd@example.net\n");
	expect("c@example.net");
	/* Or cut. */
	put("e@e.example\n");
	expect("e@e.example");
	unlink(other);
}

static void what_can_not_be_read_is_told(void **state)
{
	char got[RECIPIENT_MAX + 1];

	(void)state;
	assert_int_equal(recipient_file_next(&file, "/nonexistent", got),
			 -ENOENT);
	assert_int_equal(recipient_file_next(&file, "/tmp", got), -EINVAL);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(recipient_file_next(&file, path, got), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_first_word_of_a_line_is_one,
						begin, end),
		cmocka_unit_test_setup_teardown(
			what_is_none_is_skipped_and_counted, begin, end),
		cmocka_unit_test_setup_teardown(
			long_lines_and_many_bad_ones_do_no_harm, begin, end),
		cmocka_unit_test_setup_teardown(
			a_file_that_was_replaced_is_read_from_its_start, begin,
			end),
		cmocka_unit_test_setup_teardown(what_can_not_be_read_is_told,
						begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
