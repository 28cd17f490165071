/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines for the journal, as a socket in its place gets them; and who they are
 * about.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/journal.h"
#include "core/log.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

#define TEXT_MAX 4096

static char directory[] = "/tmp/postern-journal-XXXXXX";
static char path[64];
static int listener = -1;

/* stderr while a test runs: a pipe. */
static int stderr_before, pipe_end;

static void listen_anew(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (listener >= 0)
		close(listener);
	unlink(path);
	listener =
		socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(listener >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(
		bind(listener, (struct sockaddr *)&address, sizeof(address)),
		0);
}

static int set_up(void **state)
{
	struct stat stream;
	char text[64];
	int ends[2];

	(void)state;
	listen_anew();
	fflush(stderr);
	if (pipe2(ends, O_NONBLOCK | O_CLOEXEC))
		return -1;
	stderr_before = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	pipe_end = ends[0];
	if (fstat(STDERR_FILENO, &stream))
		return -1;
	snprintf(text, sizeof(text), "%llu:%llu",
		 (unsigned long long)stream.st_dev,
		 (unsigned long long)stream.st_ino);
	setenv("JOURNAL_STREAM", text, 1);
	log_set_threshold(LOG_LEVEL_DEBUG);
	log_init_at("test[worker]", path);
	return 0;
}

/* Where stderr is no journal the descriptor is given up. */
static int tear_down(void **state)
{
	(void)state;
	dup2(stderr_before, STDERR_FILENO);
	close(stderr_before);
	close(pipe_end);
	unsetenv("JOURNAL_STREAM");
	log_init_at("test", path);
	return 0;
}

/* The next record, or "". */
static const char *record(void)
{
	static char text[TEXT_MAX];
	ssize_t size = recv(listener, text, sizeof(text) - 1, 0);

	text[size > 0 ? size : 0] = '\0';
	return text;
}

static const char *said(void)
{
	static char text[TEXT_MAX];
	ssize_t size = read(pipe_end, text, sizeof(text) - 1);

	text[size > 0 ? size : 0] = '\0';
	return text;
}

static void a_line_is_a_record_with_fields(void **state)
{
	const struct log_about about = {"192.0.2.1", "bypass", "5b0c77ae"};

	(void)state;
	log_warning("the %s is %d", "answer", 42);
	assert_string_equal(record(), "PRIORITY=4\n"
				      "SYSLOG_FACILITY=3\n"
				      "SYSLOG_IDENTIFIER=test\n"
				      "MESSAGE=the answer is 42\n");
	log_about(LOG_LEVEL_INFO, &about, "refused %s", about.source);
	assert_string_equal(record(), "PRIORITY=6\n"
				      "SYSLOG_FACILITY=3\n"
				      "SYSLOG_IDENTIFIER=test\n"
				      "POSTERN_SOURCE=192.0.2.1\n"
				      "POSTERN_REASON=bypass\n"
				      "POSTERN_ID=5b0c77ae\n"
				      "MESSAGE=refused 192.0.2.1 reason=bypass "
				      "id=5b0c77ae\n");
	assert_string_equal(said(), "");
}

static void nobody_can_add_a_field(void **state)
{
	(void)state;
	log_info("%s", "a\nPRIORITY=0\nMESSAGE=b");
	assert_non_null(strstr(record(), "MESSAGE=a?PRIORITY=0?MESSAGE=b\n"));
}

static void what_is_not_known_is_left_out(void **state)
{
	const struct log_about about = {.id = "5b0c77ae"};

	(void)state;
	log_about(LOG_LEVEL_DEBUG, &about, "x");
	assert_string_equal(record(), "PRIORITY=7\n"
				      "SYSLOG_FACILITY=3\n"
				      "SYSLOG_IDENTIFIER=test\n"
				      "POSTERN_ID=5b0c77ae\n"
				      "MESSAGE=x id=5b0c77ae\n");
	log_set_threshold(LOG_LEVEL_INFO);
	log_about(LOG_LEVEL_DEBUG, &about, "x");
	assert_string_equal(record(), "");
	assert_false(log_wants(LOG_LEVEL_DEBUG));
	assert_true(log_wants(LOG_LEVEL_INFO));
}

static void the_id_survives_a_line_that_is_cut(void **state)
{
	const struct log_about about = {.reason = "bypass", .id = "5b0c77ae"};
	char given[TEXT_MAX];
	const char *text;

	(void)state;
	memset(given, 'x', sizeof(given) - 1);
	given[sizeof(given) - 1] = '\0';
	log_about(LOG_LEVEL_INFO, &about, "%s", given);
	text = record();
	assert_true(strlen(text) < JOURNAL_RECORD_MAX);
	assert_non_null(strstr(text, "xx reason=bypass id=5b0c77ae\n"));
}

/* A full queue, too, is no reason to wait, nor to lose a line. */
static void without_the_journal_it_goes_to_stderr(void **state)
{
	bool fell_back = false;

	(void)state;
	for (int i = 0; i < 100000 && !fell_back; i++) {
		log_info("y");
		fell_back = said()[0] != '\0';
	}
	assert_true(fell_back);
	close(listener);
	listener = -1;
	log_info("z");
	assert_string_equal(said(), "<6>test[worker]: z\n");
}

static void the_worker_keeps_the_descriptor(void **state)
{
	int descriptor = log_descriptor();

	(void)state;
	assert_true(descriptor > STDERR_FILENO);
	assert_true(fcntl(descriptor, F_GETFD) & FD_CLOEXEC);
	log_init_at("another", path);
	assert_int_equal(log_descriptor(), descriptor);
	log_info("x");
	assert_non_null(strstr(record(), "SYSLOG_IDENTIFIER=another\n"));
}

static void without_a_socket_there_is_stderr(void **state)
{
	(void)state;
	unsetenv("JOURNAL_STREAM");
	log_init_at("test", path);
	assert_int_equal(log_descriptor(), STDERR_FILENO);
	log_info("x");
	assert_string_equal(record(), "");
	assert_non_null(strstr(said(), " test: info: x\n"));
}

static void records_have_bounds(void **state)
{
	char large[JOURNAL_RECORD_MAX + 1], text[JOURNAL_RECORD_MAX];
	const struct journal_field fits[] = {{"A", large}, {"B", NULL}};
	const struct journal_field lines[] = {{"A", "a\nb"}};

	(void)state;
	memset(large, 'x', sizeof(large));
	large[sizeof(large) - 1] = '\0';
	assert_int_equal(journal_format(fits, COUNT(fits), text), 0);
	/* "A=", "\n" and a NUL beside it. */
	large[JOURNAL_RECORD_MAX - 4] = '\0';
	assert_int_equal(journal_format(fits, COUNT(fits), text),
			 JOURNAL_RECORD_MAX - 1);
	assert_int_equal(journal_format(lines, COUNT(lines), text), 0);
	assert_int_equal(journal_open("/nowhere/at/all"), -ENOENT);
	assert_int_equal(journal_open(large), -ENAMETOOLONG);
}

#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static int make_directory(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/socket", directory);
	return 0;
}

static int remove_directory(void **state)
{
	(void)state;
	if (listener >= 0)
		close(listener);
	unlink(path);
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_is_a_record_with_fields),
		TEST(nobody_can_add_a_field),
		TEST(what_is_not_known_is_left_out),
		TEST(the_id_survives_a_line_that_is_cut),
		TEST(without_the_journal_it_goes_to_stderr),
		TEST(the_worker_keeps_the_descriptor),
		TEST(without_a_socket_there_is_stderr),
		TEST(records_have_bounds),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
