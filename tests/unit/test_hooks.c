/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands with a time limit, and hooks in their lanes, with real children: a
 * shell that writes down what it sees.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parent/command.h"
#include "parent/hooks.h"
#include "tables/clock.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

#define PATIENCE_NS (30 * NS_PER_S)

/* ---- commands ---- */

static char heard[8192];
static unsigned int lines;

static void on_line(void *context, const char *line)
{
	(void)context;
	lines++;
	strncat(heard, line, sizeof(heard) - strlen(heard) - 2);
	strcat(heard, "|");
}

/* As the parent's loop does; returns whether it has failed. */
static bool finish(struct command *command)
{
	uint64_t until = clock_monotonic_ns() + PATIENCE_NS;
	bool failed = false;
	int status;
	pid_t pid;

	while (command_runs(command)) {
		struct pollfd fd = {.fd = command->output, .events = POLLIN};

		assert_true(clock_monotonic_ns() < until);
		poll(&fd, command->output >= 0, 10);
		if (fd.revents)
			command_read(command);
		command_check(command);
		pid = waitpid(-1, &status, WNOHANG);
		if (pid > 0)
			assert_true(
				command_reaped(command, pid, status, &failed));
	}
	assert_int_equal(command->output, -1);
	return failed;
}

static bool run_shell(const char *script, uint64_t limit_ns)
{
	char *argv[] = {strdup("sh"), strdup("-c"), strdup(script), NULL};
	struct command command = command_idle();
	bool failed;

	command.on_line = on_line;
	heard[0] = '\0';
	lines = 0;
	assert_int_equal(command_start(&command, "test", argv, NULL, limit_ns),
			 0);
	failed = finish(&command);
	for (size_t i = 0; argv[i]; i++)
		free(argv[i]);
	return failed;
}

static void what_a_command_says_comes_line_by_line(void **state)
{
	(void)state;
	assert_false(
		run_shell("echo one; echo two >&2; printf three", PATIENCE_NS));
	assert_string_equal(heard, "one|two|three|");
	assert_false(run_shell(":", PATIENCE_NS));
	assert_string_equal(heard, "");
	/* 1200 octets without a newline. */
	assert_false(run_shell("printf '%01200d' 7", PATIENCE_NS));
	assert_int_equal(lines, 3);
	assert_int_equal(strlen(heard), 1203);
}

static void its_end_is_noticed(void **state)
{
	(void)state;
	assert_true(run_shell("exit 3", PATIENCE_NS));
	assert_true(run_shell("kill -9 $$", PATIENCE_NS));
	/* What it leaves behind is not waited for. */
	assert_false(run_shell("sleep 60 & echo done", PATIENCE_NS));
	assert_string_equal(heard, "done|");
}

static void it_is_killed_with_its_children_when_its_time_is_over(void **state)
{
	uint64_t begin = clock_monotonic_ns();

	(void)state;
	assert_true(run_shell("trap '' TERM; sleep 300", NS_PER_S / 10));
	assert_true(clock_monotonic_ns() - begin < PATIENCE_NS);
}

static void what_can_not_be_run_says_so(void **state)
{
	char *argv[] = {strdup("/nonexistent/x"), NULL};
	struct command command = command_idle();

	(void)state;
	command.on_line = on_line;
	heard[0] = '\0';
	assert_int_equal(
		command_start(&command, "test", argv, NULL, PATIENCE_NS), 0);
	assert_true(finish(&command));
	assert_string_equal(
		heard, "can't run /nonexistent/x: No such file or directory|");
	free(argv[0]);
}

static int count_to_two(const void *argument)
{
	dprintf(STDOUT_FILENO, "1\n%s\n", (const char *)argument);
	return 0;
}

static void a_function_may_be_run_so(void **state)
{
	struct command command = command_idle();

	(void)state;
	command.on_line = on_line;
	heard[0] = '\0';
	assert_int_equal(
		command_call(&command, "test", count_to_two, "2", PATIENCE_NS),
		0);
	assert_false(finish(&command));
	assert_string_equal(heard, "1|2|");
}

/* ---- hooks ---- */

static struct hooks *hooks;
static char record[] = "/tmp/postern-hooks-XXXXXX";
static char second_name[] = "second";
static struct config_guard second = {.name = second_name};
static struct config config;

static char **words_of(const char *script)
{
	char **words = calloc(4, sizeof(*words));

	words[0] = strdup("sh");
	words[1] = strdup("-c");
	assert_true(asprintf(&words[2], "exec >>%s; %s", record, script) > 0);
	return words;
}

static void free_words(char **words)
{
	for (size_t i = 0; words && words[i]; i++)
		free(words[i]);
	free(words);
}

static int begin(void **state)
{
	(void)state;
	strcpy(record, "/tmp/postern-hooks-XXXXXX");
	close(mkstemp(record));
	memset(&config, 0, sizeof(config));
	config.guards = &second;
	config.guard_count = 1;
	return hooks_create(&hooks);
}

static int end(void **state)
{
	(void)state;
	hooks_close(hooks);
	free_words(config.health.on_up);
	free_words(config.health.on_down);
	free_words(config.health.on_open);
	free_words(config.health.on_close);
	free_words(config.health.on_fail_open);
	return unlink(record);
}

static void run_hook_of(enum hook hook, uint32_t guard, enum family family,
			enum policy_why why)
{
	const struct hook_call call = {
		.hook = hook,
		.guard = guard,
		.family = family,
		.why = why,
	};

	hooks_run(hooks, &config, &call);
}

static void run_hook(enum hook hook, enum family family, enum policy_why why)
{
	run_hook_of(hook, 1, family, why);
}

/* Until `count` of them have ended. */
static void reap(unsigned int count)
{
	uint64_t until = clock_monotonic_ns() + PATIENCE_NS;
	int status;
	pid_t pid;

	while (count) {
		assert_true(clock_monotonic_ns() < until);
		pid = waitpid(-1, &status, WNOHANG);
		if (pid > 0) {
			assert_true(hooks_reaped(hooks, &config, pid, status));
			count--;
		} else {
			usleep(2000);
		}
	}
	assert_int_equal(waitpid(-1, &status, WNOHANG), -1);
}

static void expect_record(const char *expected)
{
	char text[4096];
	FILE *file = fopen(record, "r");
	size_t length = fread(text, 1, sizeof(text) - 1, file);

	text[length] = '\0';
	fclose(file);
	assert_string_equal(text, expected);
}

static void they_know_their_name_family_and_why(void **state)
{
	(void)state;
	config.health.on_open =
		words_of("echo $POSTERN_HOOK $POSTERN_GUARD $POSTERN_FAMILY: "
			 "$POSTERN_WHY");
	config.health.on_down = words_of(
		"echo $POSTERN_HOOK ${POSTERN_FAMILY-none}: $POSTERN_WHY");
	config.health.on_fail_open = words_of("echo $POSTERN_HOOK");
	run_hook(HOOK_OPEN, FAMILY_IPV6, POLICY_DOWN);
	reap(1);
	run_hook(HOOK_DOWN, FAMILY_IPV4, POLICY_DOWN);
	reap(1);
	run_hook(HOOK_FAIL_OPEN, FAMILY_IPV4, 0);
	reap(1);
	expect_record("on-open second ipv6: the primary is down\n"
		      "on-down none: the primary is down\n"
		      "on-fail-open\n");
}

static void opposites_run_one_after_the_other(void **state)
{
	(void)state;
	config.health.on_open =
		words_of("echo open $POSTERN_FAMILY; sleep 0.2; echo opened");
	config.health.on_close =
		words_of("echo close $POSTERN_FAMILY; sleep 0.1; echo closed");
	run_hook(HOOK_OPEN, FAMILY_IPV4, POLICY_DOWN);
	run_hook(HOOK_OPEN, FAMILY_IPV6, POLICY_DOWN);
	run_hook(HOOK_CLOSE, FAMILY_IPV4, POLICY_UP);
	run_hook(HOOK_OPEN, FAMILY_IPV4, POLICY_DOWN);
	reap(4);
	expect_record("open ipv4\nopened\nopen ipv6\nopened\n"
		      "close ipv4\nclosed\nopen ipv4\nopened\n");
}

static void one_that_runs_is_run_once_more_and_no_oftener(void **state)
{
	(void)state;
	config.health.on_up = words_of("echo up; sleep 0.2; echo done");
	for (int i = 0; i < 5; i++)
		run_hook(HOOK_UP, FAMILY_IPV4, POLICY_UP);
	reap(2);
	expect_record("up\ndone\nup\ndone\n");
}

static void more_changes_than_can_wait_are_given_up(void **state)
{
	(void)state;
	config.health.on_open = words_of("echo open; sleep 0.05");
	config.health.on_close = words_of("echo close; sleep 0.05");
	for (int i = 0; i < 100; i++)
		run_hook(i % 2 ? HOOK_CLOSE : HOOK_OPEN, FAMILY_IPV4, 0);
	reap(9);
	expect_record("open\nopen\nclose\nopen\nclose\nopen\nclose\nopen\n"
		      "close\n");
}

/* The first guard goes and another comes: what waits keeps to its own. */
static void what_waits_keeps_to_its_guard_over_a_reload(void **state)
{
	char third_name[] = "third", new_name[] = "new";
	struct config_guard before[] = {second, {.name = third_name}};
	struct config_guard after[] = {
		{.name = new_name}, {.name = new_name}, {.name = third_name}};
	struct config next;

	(void)state;
	config.guards = before;
	config.guard_count = 2;
	config.health.on_open = words_of("echo $POSTERN_GUARD; sleep 0.2");
	for (uint32_t guard = 0; guard < 3; guard++)
		run_hook_of(HOOK_OPEN, guard, FAMILY_IPV4, POLICY_DOWN);
	run_hook_of(HOOK_OPEN, 1, FAMILY_IPV6, POLICY_DOWN);
	next = config;
	next.guards = after;
	next.guard_count = 3;
	hooks_carry(hooks, &config, &next);
	config = next;
	reap(2);
	expect_record("\nthird\n");
}

static void without_a_command_nothing_runs(void **state)
{
	int status;

	(void)state;
	for (enum hook hook = 0; hook < HOOKS; hook++)
		run_hook(hook, FAMILY_IPV4, 0);
	assert_int_equal(waitpid(-1, &status, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_command_says_comes_line_by_line),
		cmocka_unit_test(its_end_is_noticed),
		cmocka_unit_test(
			it_is_killed_with_its_children_when_its_time_is_over),
		cmocka_unit_test(what_can_not_be_run_says_so),
		cmocka_unit_test(a_function_may_be_run_so),
		cmocka_unit_test_setup_teardown(
			they_know_their_name_family_and_why, begin, end),
		cmocka_unit_test_setup_teardown(
			opposites_run_one_after_the_other, begin, end),
		cmocka_unit_test_setup_teardown(
			one_that_runs_is_run_once_more_and_no_oftener, begin,
			end),
		cmocka_unit_test_setup_teardown(
			more_changes_than_can_wait_are_given_up, begin, end),
		cmocka_unit_test_setup_teardown(
			what_waits_keeps_to_its_guard_over_a_reload, begin,
			end),
		cmocka_unit_test_setup_teardown(without_a_command_nothing_runs,
						begin, end),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
