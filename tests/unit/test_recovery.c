/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parent is told to do after an outage, and over a restart. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "load_config.h"
#include "worker/recovery.h"

#define NAME "recovery.json"

static char directory[64];
static uv_loop_t loop;
static struct recovery *recovery;
static struct config *config;
static char told[256];

static void on_told(void *context, const struct message *message)
{
	char text[32];

	assert_ptr_equal(context, &loop);
	if (message->kind == MESSAGE_HOOK)
		snprintf(text, sizeof(text), "%s ",
			 message->hook.hook == HOOK_UP ? "up" : "down");
	else
		snprintf(text, sizeof(text), "%u ", message->id);
	strcat(told, text);
}

static void begin(void)
{
	told[0] = '\0';
	assert_int_equal(
		recovery_create(&loop, directory, on_told, &loop, &recovery),
		0);
	recovery_use(recovery, config);
}

static void end(void)
{
	recovery_close(recovery);
	uv_run(&loop, UV_RUN_DEFAULT);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/postern-recovery-XXXXXX");
	assert_non_null(mkdtemp(directory));
	uv_loop_init(&loop);
	config = expect_loaded(LEAST "health { settle = 0s }\n"
				     "queue { flush = { a.example, b.example }"
				     " flush-delay = 0s }");
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = {NAME, NAME ".damaged"};
	char path[128];

	(void)state;
	config_free(config);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	assert_int_equal(uv_loop_close(&loop), 0);
	return rmdir(directory);
}

static void expect_told(const char *text)
{
	for (int i = 0; i < 200 && strcmp(told, text) != 0; i++) {
		uv_run(&loop, UV_RUN_NOWAIT);
		usleep(10000);
	}
	assert_string_equal(told, text);
}

static void done(uint32_t index)
{
	const struct message message = {.kind = MESSAGE_FLUSHED, .id = index};

	recovery_flushed(recovery, &message);
}

static void an_outage_is_followed_by_hooks_and_flushes(void **state)
{
	(void)state;
	begin();
	recovery_follow(recovery, POLICY_HEALTH_UNKNOWN);
	recovery_follow(recovery, POLICY_HEALTH_UP);
	for (int i = 0; i < 40; i++) {
		uv_run(&loop, UV_RUN_NOWAIT);
		usleep(10000);
	}
	expect_told("");
	recovery_follow(recovery, POLICY_HEALTH_DOWN);
	recovery_follow(recovery, POLICY_HEALTH_DOWN);
	expect_told("down ");
	recovery_follow(recovery, POLICY_HEALTH_UP);
	expect_told("down up 0 ");
	done(7); /* not of this flush */
	done(0);
	expect_told("down up 0 1 ");
	done(1);
	expect_told("down up 0 1 ");
	end();
}

/* One family's probes saw it, and the site never counted as down. */
static void a_gate_that_closes_again_is_followed_by_them_too(void **state)
{
	(void)state;
	begin();
	recovery_follow(recovery, POLICY_HEALTH_UP);
	recovery_came_back(recovery);
	recovery_follow(recovery, POLICY_HEALTH_UP);
	expect_told("up 0 ");
	done(0);
	expect_told("up 0 1 ");
	done(1);
	end();
}

static void a_restart_loses_no_flush(void **state)
{
	json_t *owed;

	(void)state;
	begin();
	recovery_follow(recovery, POLICY_HEALTH_DOWN);
	end();
	begin();
	owed = recovery_json(recovery);
	assert_int_equal(json_integer_value(json_object_get(owed, "owed")), 2);
	assert_true(json_is_true(json_object_get(owed, "on_up")));
	json_decref(owed);
	recovery_follow(recovery, POLICY_HEALTH_UNKNOWN);
	recovery_follow(recovery, POLICY_HEALTH_UP);
	expect_told("up 0 ");
	end();
	/* One was done, but nobody knows: rather twice than not at all. */
	begin();
	recovery_follow(recovery, POLICY_HEALTH_UP);
	expect_told("up 0 ");
	done(0);
	expect_told("up 0 1 ");
	done(1);
	for (int i = 0; i < 40; i++) {
		uv_run(&loop, UV_RUN_NOWAIT);
		usleep(10000);
	}
	end();
	begin();
	recovery_follow(recovery, POLICY_HEALTH_UP);
	owed = recovery_json(recovery);
	assert_true(json_is_null(owed));
	end();
}

/* Rather once too often than not at all. */
static void in_doubt_the_queue_is_flushed(void **state)
{
	static const char *const texts[] = {"", "[]", "{\"owed\": 3}", "{}"};
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/" NAME, directory);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		FILE *out = fopen(path, "w");

		assert_non_null(out);
		fputs(texts[i], out);
		fclose(out);
		begin();
		recovery_follow(recovery, POLICY_HEALTH_UP);
		expect_told("up 0 ");
		done(0);
		expect_told("up 0 1 ");
		done(1);
		end();
	}
}

/* It comes while larger tables are waited for, before any configuration. */
static void an_answer_to_an_earlier_worker_is_ignored(void **state)
{
	(void)state;
	told[0] = '\0';
	assert_int_equal(
		recovery_create(&loop, directory, on_told, &loop, &recovery),
		0);
	done(0);
	recovery_use(recovery, config);
	expect_told("");
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			an_outage_is_followed_by_hooks_and_flushes, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			a_gate_that_closes_again_is_followed_by_them_too,
			set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_restart_loses_no_flush,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(in_doubt_the_queue_is_flushed,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			an_answer_to_an_earlier_worker_is_ignored, set_up,
			tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
