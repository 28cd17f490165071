/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the history of refusals keeps, counts, and lets go. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "worker/history_keeper.h"

#define DAY   ((time_t)HISTORY_DAY_S)
#define START (20000 * DAY)

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static struct history *history;
static struct history_day found[HISTORY_DAYS];

static int set_up(void **state)
{
	(void)state;
	history = history_create(START);
	return history ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	history_free(history);
	return 0;
}

static struct addr addr_of(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

static bool note(const char *source, enum reason reason, time_t at)
{
	const struct history_attempt attempt = {
		.source = addr_of(source),
		.reason = reason,
	};

	return history_note(history, &attempt, at);
}

static size_t find(const char *source, time_t now)
{
	struct addr addr = addr_of(source);

	return history_find(history, &addr, now, found);
}

static uint32_t attempts(size_t day, enum reason reason)
{
	return found[day].attempts[reason - REASON_BLOCKED];
}

static const struct {
	const char *name;
	const char *second; /* who comes after 192.0.2.1 */
	enum reason reason;
	time_t after_s;
	uint32_t count; /* of 192.0.2.1's network, for that reason */
} cases[] = {
	{"a retransmission is no attempt", "192.0.2.1", REASON_LISTED, 63, 1},
	{"after two minutes it is one", "192.0.2.1", REASON_LISTED, 120, 2},
	{"another host of the network counts", "192.0.2.2", REASON_LISTED, 1,
	 2},
	{"another reason counts apart", "192.0.2.2", REASON_FEED, 1, 1},
	{"another network does not count", "192.0.3.1", REASON_LISTED, 1, 1},
	{"who was let in was not refused", "192.0.2.2", REASON_CLEAN, 1, 1},
	{"who is held was not refused", "192.0.2.2", REASON_HELD, 1, 1},
	{"what is no reason is ignored", "192.0.2.2", REASON_MAX, 1, 1},
};

static void attempts_are_counted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		history_free(history);
		history = history_create(START);
		note("192.0.2.1", REASON_LISTED, START);
		note(cases[i].second, cases[i].reason,
		     START + cases[i].after_s);
		print_message("%s\n", cases[i].name);
		assert_int_equal(find("192.0.2.77", START), 1);
		assert_int_equal(
			attempts(0, REASON_LISTED),
			cases[i].reason == REASON_LISTED ? cases[i].count : 1);
		if (cases[i].reason == REASON_FEED)
			assert_int_equal(attempts(0, REASON_FEED), 1);
	}
}

static void days_are_kept_apart_and_the_latest_is_first(void **state)
{
	(void)state;
	note("2001:db8::1", REASON_BYPASS, START + 5);
	note("2001:db8::2", REASON_EVASION, START + DAY + 1);
	note("2001:db8::3", REASON_EVASION, START + DAY + 9);
	assert_int_equal(find("2001:db8::77", START + DAY + 10), 2);
	assert_int_equal(found[0].first_s, START + DAY + 1);
	assert_int_equal(found[0].last_s, START + DAY + 9);
	assert_int_equal(attempts(0, REASON_EVASION), 2);
	assert_int_equal(attempts(1, REASON_BYPASS), 1);
	assert_int_equal(find("2001:db8:0:1::1", START + DAY), 0);
}

static void weeks_later_it_is_forgotten(void **state)
{
	(void)state;
	note("192.0.2.1", REASON_FEED, START);
	assert_int_equal(find("192.0.2.1", START + (HISTORY_DAYS - 1) * DAY),
			 1);
	assert_int_equal(find("192.0.2.1", START + HISTORY_DAYS * DAY), 0);
	assert_int_equal(history_since(history, START + 40 * DAY),
			 START + (40 - HISTORY_DAYS + 1) * DAY);
}

/* As many networks, from 10.0.0.0/24 on. */
static void flood(unsigned int count, time_t at)
{
	char text[ADDR_TEXT];

	for (unsigned int i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "10.%u.%u.1", i / 256, i % 256);
		note(text, REASON_LISTED, at);
	}
}

static void a_flood_takes_no_more_than_its_share(void **state)
{
	(void)state;
	note("192.0.2.1", REASON_LISTED, START);
	flood(HISTORY_DAY_MAX + 10, START + DAY);
	assert_int_equal(find("192.0.2.1", START + DAY), 1);
	assert_int_equal(history_left_out(history, START + DAY), 10);
	assert_int_equal(find("10.0.0.1", START + DAY), 1);
	assert_int_equal(find("10.64.9.1", START + DAY), 0);
	/* Those who have a place are counted on. */
	note("10.0.0.2", REASON_LISTED, START + DAY + 1);
	assert_int_equal(find("10.0.0.2", START + DAY), 1);
	assert_int_equal(attempts(0, REASON_LISTED), 2);
	assert_int_equal(
		history_left_out(history, START + (1 + HISTORY_DAYS) * DAY), 0);
}

static void the_oldest_make_room(void **state)
{
	(void)state;
	note("192.0.2.1", REASON_LISTED, START);
	for (int day = 1; day <= 4; day++)
		flood(HISTORY_DAY_MAX, START + day * DAY);
	assert_int_equal(find("192.0.2.1", START + 4 * DAY), 0);
	assert_int_equal(find("10.0.0.1", START + 4 * DAY), 4);
	assert_int_equal(history_left_out(history, START + 4 * DAY), 0);
}

static void what_was_written_comes_back(void **state)
{
	struct history *copy = history_create(START + DAY);
	const char *why = NULL;
	void *data;
	size_t size;

	(void)state;
	note("192.0.2.1", REASON_BYPASS, START + 7);
	flood(HISTORY_DAY_MAX + 1, START + DAY);
	assert_int_equal(history_encode(history, &data, &size), 0);
	for (size_t cut = 0; cut < size; cut += 1 + size / 50)
		assert_int_not_equal(history_decode(copy, data, cut, &why), 0);
	((uint8_t *)data)[size / 2] ^= 1;
	assert_int_not_equal(history_decode(copy, data, size, &why), 0);
	((uint8_t *)data)[size / 2] ^= 1;
	assert_int_equal(history_decode(copy, data, size, &why), 0);
	free(data);
	history_free(history);
	history = copy;
	assert_int_equal(history_since(history, START + DAY), START);
	assert_int_equal(history_left_out(history, START + DAY), 1);
	assert_int_equal(find("192.0.2.1", START + DAY), 1);
	assert_int_equal(found[0].first_s, START + 7);
	assert_int_equal(attempts(0, REASON_BYPASS), 1);
	/* The share of that day is taken still. */
	note("172.16.0.1", REASON_FEED, START + DAY);
	assert_int_equal(find("172.16.0.1", START + DAY), 0);
}

static void it_survives_a_restart(void **state)
{
	char directory[] = "/tmp/postern-history-XXXXXX", path[64];
	struct history_keeper *keeper;
	const struct history_attempt attempt = {
		.source = addr_of("192.0.2.1"),
		.reason = REASON_LISTED,
	};
	time_t now = time(NULL);
	uv_loop_t loop;

	(void)state;
	assert_non_null(mkdtemp(directory));
	uv_loop_init(&loop);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(
			history_keeper_create(&loop, directory, &keeper), 0);
		assert_int_equal(history_find(history_keeper_store(keeper),
					      &attempt.source, now, found),
				 i);
		assert_true(history_note(history_keeper_store(keeper), &attempt,
					 now));
		history_keeper_close(keeper);
		uv_run(&loop, UV_RUN_DEFAULT);
	}
	assert_int_equal(uv_loop_close(&loop), 0);
	snprintf(path, sizeof(path), "%s/refusals.state", directory);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(directory), 0);
}

#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(attempts_are_counted),
		TEST(days_are_kept_apart_and_the_latest_is_first),
		TEST(weeks_later_it_is_forgotten),
		TEST(a_flood_takes_no_more_than_its_share),
		TEST(the_oldest_make_room),
		TEST(what_was_written_comes_back),
		TEST(it_survives_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
