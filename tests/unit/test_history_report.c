/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the history says of some days: modes, policies, suspects, zones. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "worker/fnv.h"
#include "worker/history.h"

#define DAY   ((time_t)HISTORY_DAY_S)
#define START (20000 * DAY)

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static struct history *history;
static struct history_report *report;

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
	free(report);
	report = NULL;
	return 0;
}

static struct addr addr_of(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

/* Flags of an attempt, as a test names them. */
#define WATCHED	  1U
#define LISTED	  2U
#define WITNESSES 4U
#define PASSES	  8U

static struct history_attempt attempt_of(const char *source, enum reason reason,
					 unsigned int flags)
{
	return (struct history_attempt){
		.source = addr_of(source),
		.reason = reason,
		.watched = flags & WATCHED,
		.listed = flags & LISTED,
		.witnesses = flags & WITNESSES,
		.passes = flags & PASSES,
	};
}

static bool note(const char *source, enum reason reason, unsigned int flags,
		 time_t at)
{
	struct history_attempt attempt = attempt_of(source, reason, flags);

	return history_note(history, &attempt, at);
}

static void pass(const char *source, unsigned int flags, time_t at)
{
	struct history_attempt attempt =
		attempt_of(source, REASON_BYPASS, flags | PASSES);

	history_note_passed(history, &attempt, at);
}

static void reach(const char *source, bool mercy, time_t at)
{
	struct addr addr = addr_of(source);

	history_note_reached(history, &addr, mercy, at);
}

static void look(time_t since, time_t now)
{
	free(report);
	assert_int_equal(history_report(history, since, now, &report), 0);
}

static uint64_t attempts(enum reason reason)
{
	return report->attempts[reason - REASON_BLOCKED];
}

static uint64_t watched(enum reason reason)
{
	return report->watched[reason - REASON_BLOCKED];
}

static void monitor_and_enforce_count_the_same_attempts(void **state)
{
	(void)state;
	/* Dropped: a SYN after 1, 3, 7, 15, 31 s.  Let in: one. */
	for (int s = 0; s < 32; s = s * 2 + 1)
		note("192.0.2.1", REASON_LISTED, 0, START + s);
	note("198.51.100.1", REASON_LISTED, WATCHED, START);
	look(START, START + DAY);
	assert_int_equal(attempts(REASON_LISTED), 2);
	assert_int_equal(watched(REASON_LISTED), 1);
	assert_int_equal(report->networks, 2);
}

static const struct {
	const char *name;
	unsigned int flags;
	bool passed;
	uint64_t off;
	uint64_t witness;
	uint64_t known;
} policies[] = {
	{"with another policy nobody knows of witnesses", 0, false, 0, 0, 0},
	{"who is no witness is refused", WITNESSES, false, 0, 1, 1},
	{"who is a witness is not", WITNESSES, true, 0, 0, 1},
	{"unless it is listed", WITNESSES | LISTED, true, 1, 1, 1},
	{"who is listed is refused by all", WITNESSES | LISTED, false, 1, 1, 1},
	{"... which is known without that policy", LISTED, false, 1, 0, 0},
};

static void each_policy_has_its_count(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(policies); i++) {
		print_message("%s\n", policies[i].name);
		history_free(history);
		history = history_create(START);
		if (policies[i].passed)
			pass("192.0.2.1", policies[i].flags, START);
		else
			note("192.0.2.1", REASON_BYPASS, policies[i].flags,
			     START);
		look(START, START);
		assert_int_equal(report->policies.strict, 1);
		assert_int_equal(report->policies.off, policies[i].off);
		assert_int_equal(report->policies.witness, policies[i].witness);
		assert_int_equal(report->policies.witness_known,
				 policies[i].known);
		assert_int_equal(attempts(REASON_BYPASS),
				 policies[i].passed ? 0 : 1);
	}
}

static void what_came_through_in_the_end_was_not_refused(void **state)
{
	(void)state;
	note("192.0.2.1", REASON_BYPASS, WITNESSES | WATCHED, START);
	note("192.0.2.2", REASON_BYPASS, WITNESSES, START);
	pass("192.0.2.1", WITNESSES, START + 3);
	look(START, START);
	assert_int_equal(attempts(REASON_BYPASS), 1);
	assert_int_equal(watched(REASON_BYPASS), 0);
	assert_int_equal(report->policies.strict, 2);
	assert_int_equal(report->policies.witness, 1);
	assert_int_equal(report->busiest[0].total, 1);
	/* Once is enough; and the next attempt is another one. */
	pass("192.0.2.1", WITNESSES, START + 4);
	pass("192.0.2.2", WITNESSES, START + HISTORY_ATTEMPT_S);
	look(START, START);
	assert_int_equal(attempts(REASON_BYPASS), 1);
	assert_int_equal(report->policies.strict, 3);
}

static void what_found_the_gate_open_was_not_refused(void **state)
{
	struct addr first = addr_of("192.0.2.1"), third = addr_of("192.0.2.3");

	(void)state;
	note("192.0.2.1", REASON_BYPASS, WITNESSES, START);
	note("192.0.2.2", REASON_BYPASS, WITNESSES, START);
	note("192.0.2.3", REASON_FEED, 0, START);
	assert_true(history_note_opened(history, &first, START + 1));
	assert_false(history_note_opened(history, &first, START + 2));
	assert_false(history_note_opened(history, &third, START + 2));
	look(START, START);
	assert_int_equal(attempts(REASON_BYPASS), 1);
	assert_int_equal(attempts(REASON_FEED), 1);
	assert_int_equal(report->policies.strict, 1);
	assert_int_equal(report->policies.witness, 1);
	assert_int_equal(report->policies.witness_known, 1);
	/* A later attempt is another one. */
	first = addr_of("192.0.2.2");
	assert_false(history_note_opened(history, &first,
					 START + HISTORY_ATTEMPT_S));
}

static void a_network_that_was_never_refused_is_not_shown(void **state)
{
	struct history_day found[HISTORY_DAYS];
	struct addr source = addr_of("192.0.2.1");

	(void)state;
	note("192.0.2.1", REASON_BYPASS, WITNESSES, START);
	pass("192.0.2.1", WITNESSES, START + 3);
	reach("192.0.2.1", false, START + 4);
	look(START, START);
	assert_int_equal(report->networks, 0);
	assert_int_equal(report->suspects, 0);
	assert_int_equal(history_find(history, &source, START, found), 0);
}

static const struct {
	const char *name;
	time_t after_s; /* it reaches the primary */
	bool suspect;
} reached[] = {
	{"a moment later", 5, true},
	{"the next morning", DAY - 60, true},
	{"more than a day later", DAY + 3600, false},
};

static void who_reached_the_primary_is_suspect(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(reached); i++) {
		print_message("%s\n", reached[i].name);
		history_free(history);
		history = history_create(START);
		note("192.0.2.1", REASON_LISTED, 0, START + 100);
		note("198.51.100.1", REASON_FEED, 0, START + 100);
		reach("192.0.2.99", false, START + 100 + reached[i].after_s);
		look(START, START + DAY);
		assert_int_equal(report->networks, 2);
		assert_int_equal(report->suspects, reached[i].suspect);
		if (!reached[i].suspect)
			continue;
		assert_int_equal(report->suspect[0].reached_s,
				 START + 100 + reached[i].after_s);
		assert_int_equal(report->suspect[0].mercy_s, 0);
		assert_int_equal(report->suspect_attempts[REASON_LISTED -
							  REASON_BLOCKED],
				 1);
	}
}

static void so_is_who_had_reached_it_before(void **state)
{
	(void)state;
	note("192.0.2.1", REASON_LISTED, WITNESSES | PASSES, START);
	note("198.51.100.1", REASON_LISTED, WITNESSES, START);
	look(START, START);
	assert_int_equal(report->suspects, 1);
	assert_int_equal(report->suspect[0].reached_s, START);
}

static void mercy_is_told_apart(void **state)
{
	(void)state;
	note("192.0.2.1", REASON_BYPASS, 0, START);
	reach("192.0.2.1", true, START + 7200);
	/* For a week after that, it is why it passes. */
	note("192.0.2.1", REASON_FEED, PASSES, START + 3 * DAY);
	look(START, START + 3 * DAY);
	assert_int_equal(report->suspects, 1);
	assert_int_equal(report->suspect[0].reached_s, 0);
	assert_int_equal(report->suspect[0].mercy_s, START + 3 * DAY);
	assert_int_equal(report->suspect[0].total, 2);
	look(START + 3 * DAY, START + 3 * DAY);
	assert_int_equal(report->suspect[0].total, 1);
}

static void only_the_days_asked_for_count(void **state)
{
	(void)state;
	for (int day = 0; day < 40; day++)
		note("2001:db8::1", REASON_EVASION, 0, START + day * DAY + 9);
	look(START + 33 * DAY, START + 39 * DAY);
	assert_int_equal(attempts(REASON_EVASION), 7);
	assert_int_equal(report->busiest[0].total, 7);
	assert_int_equal(report->busiest[0].first_s, START + 33 * DAY + 9);
	/* No more than are kept. */
	look(0, START + 39 * DAY);
	assert_int_equal(attempts(REASON_EVASION), HISTORY_DAYS);
}

static void the_busiest_come_first(void **state)
{
	char text[ADDR_TEXT];

	(void)state;
	for (unsigned int i = 0; i < 2 * HISTORY_BUSIEST_MAX; i++)
		for (unsigned int k = 0; k <= (i * 7) % 40; k++) {
			snprintf(text, sizeof(text), "10.0.%u.%u", i, k);
			note(text, REASON_LISTED, 0, START);
		}
	look(START, START);
	assert_int_equal(report->networks, 2 * HISTORY_BUSIEST_MAX);
	assert_int_equal(report->busiest_count, HISTORY_BUSIEST_MAX);
	for (size_t i = 0; i < HISTORY_BUSIEST_MAX; i++)
		assert_int_equal(report->busiest[i].total, 40 - i);
}

static void sums_hold_where_networks_have_no_room(void **state)
{
	char text[ADDR_TEXT];

	(void)state;
	for (unsigned int i = 0; i < HISTORY_DAY_MAX + 10; i++) {
		snprintf(text, sizeof(text), "10.%u.%u.1", i / 256, i % 256);
		note(text, REASON_LISTED, 0, START);
	}
	look(START, START);
	assert_int_equal(attempts(REASON_LISTED), HISTORY_DAY_MAX + 10);
	assert_int_equal(report->networks, HISTORY_DAY_MAX);
	assert_int_equal(report->left_out, 10);
}

static void zones(const char *first, const char *second, time_t at)
{
	const char *const names[] = {first, second};
	size_t count = 0;

	while (count < COUNT(names) && names[count])
		count++;
	history_note_zones(history, names, count, at);
}

static void zones_have_their_share(void **state)
{
	(void)state;
	zones("a.example", "b.example", START);
	zones("b.example", NULL, START + DAY);
	zones(NULL, NULL, START + DAY);
	look(START, START + DAY);
	assert_int_equal(report->zones_known, 2);
	assert_int_equal(report->zone_count, 2);
	assert_string_equal(report->zone[0].zone, "b.example");
	assert_int_equal(report->zone[0].attempts, 2);
	assert_int_equal(report->zone[0].alone, 1);
	assert_string_equal(report->zone[1].zone, "a.example");
	assert_int_equal(report->zone[1].alone, 0);
	look(START + DAY, START + DAY);
	assert_int_equal(report->zone_count, 1);
}

static void zones_of_the_past_make_room(void **state)
{
	char name[32];

	(void)state;
	for (int i = 0; i < HISTORY_ZONES + 1; i++) {
		snprintf(name, sizeof(name), "z%d.example", i);
		zones(name, NULL, START);
	}
	look(START, START);
	assert_int_equal(report->zone_count, HISTORY_ZONES);
	zones("new.example", NULL, START + HISTORY_DAYS * DAY);
	look(START + DAY, START + HISTORY_DAYS * DAY);
	assert_int_equal(report->zone_count, 1);
	assert_string_equal(report->zone[0].zone, "new.example");
	assert_int_equal(report->zone[0].attempts, 1);
}

static void gate(const char *guard, enum gate state, enum policy_why why,
		 time_t at)
{
	const struct policy_gate now = {.gate = state, .why = why};

	history_note_gate(history, guard, FAMILY_IPV4, now, at);
}

static void openings_have_begin_end_and_reason(void **state)
{
	(void)state;
	gate("", GATE_OPEN, POLICY_UNKNOWN, START); /* a start */
	gate("", GATE_CLOSED, POLICY_UP, START + 2);
	gate("", GATE_OPEN, POLICY_UNKNOWN, START + 100);
	gate("", GATE_OPEN, POLICY_DOWN, START + 110);
	gate("x", GATE_OPEN, POLICY_NO_DOOR, START + 120); /* ordinary */
	gate("x", GATE_OPEN, POLICY_BY_HAND, START + 130);
	gate("", GATE_CLOSED, POLICY_UP, START + 400);
	look(START, START + 500);
	assert_int_equal(report->opening_count, 2);
	assert_string_equal(report->opening[0].guard, "");
	assert_int_equal(report->opening[0].why, POLICY_DOWN);
	assert_int_equal(report->opening[0].since_s, START + 100);
	assert_int_equal(report->opening[0].until_s, START + 400);
	assert_string_equal(report->opening[1].guard, "x");
	assert_int_equal(report->opening[1].until_s, 0);
	/* One that goes on is told of always. */
	look(START + 9 * DAY, START + 9 * DAY);
	assert_int_equal(report->opening_count, 1);
}

static void another_reason_is_another_opening(void **state)
{
	(void)state;
	gate("", GATE_OPEN, POLICY_BY_HAND, START);
	gate("", GATE_OPEN, POLICY_DOWN, START + 100);
	gate("", GATE_OPEN, POLICY_UNKNOWN, START + 110);
	gate("", GATE_OPEN, POLICY_DOWN, START + 120);
	look(START, START + 500);
	assert_int_equal(report->opening_count, 2);
	assert_int_equal(report->opening[0].until_s, START + 100);
	assert_int_equal(report->opening[1].since_s, START + 100);
	assert_int_equal(report->opening[1].until_s, 0);
}

static void the_oldest_openings_make_room(void **state)
{
	(void)state;
	for (int i = 0; i < HISTORY_OPENINGS + 5; i++) {
		gate("", GATE_OPEN, POLICY_CROWD, START + i * 10);
		gate("", GATE_CLOSED, POLICY_UP, START + i * 10 + 5);
	}
	look(START, START);
	assert_int_equal(report->opening_count, HISTORY_OPENINGS);
	assert_int_equal(report->opening[0].since_s, START + 50);
}

/* ---- the file ---- */

static void fill(void)
{
	note("192.0.2.1", REASON_BYPASS, WITNESSES | WATCHED, START + 7);
	note("2001:db8::1", REASON_LISTED, LISTED, START + DAY);
	zones("a.example", "b.example", START + DAY);
	reach("192.0.2.1", false, START + 8);
	reach("2001:db8::1", true, START + DAY + 9);
	gate("wall \"\xc3\xa4\"", GATE_OPEN, POLICY_DOWN, START + 10);
	gate("", GATE_OPEN, POLICY_CROWD, START + 10);
	gate("", GATE_CLOSED, POLICY_UP, START + 20);
}

static void all_of_it_comes_back(void **state)
{
	struct history_report *before;
	const char *why;
	void *data;
	size_t size;

	(void)state;
	fill();
	look(START, START + DAY);
	before = report;
	report = NULL;
	assert_int_equal(history_encode(history, &data, &size), 0);
	history_free(history);
	history = history_create(START + DAY);
	assert_int_equal(history_decode(history, data, size, &why), 0);
	assert_null(why);
	look(START, START + DAY);
	assert_int_equal(report->suspects, 2);
	assert_int_equal(report->opening_count, 2);
	assert_string_equal(report->opening[0].guard, "wall \"??\"");
	assert_memory_equal(report, before, sizeof(*report));
	free(before);
	free(data);
}

static void seal(uint8_t *data, size_t size)
{
	uint64_t hash = fnv_add(FNV_START, data, size - 8);

	for (size_t i = 0; i < 8; i++)
		data[size - 8 + i] = (uint8_t)(hash >> (8 * (7 - i)));
}

static const struct {
	const char *name;
	size_t at; /* which octet becomes `octet` */
	uint8_t octet;
	const char *why;
} files[] = {
	{"another file", 0, 'x', "is no history of refusals"},
	{"an earlier version", 11, 1, "is of another version of posternd"},
	{"more zones than there is room for", 19, 255, "is damaged"},
	{"a zone without a name", 20, 0, "is damaged"},
	{"a zone that steers a terminal", 21, 27, "is damaged"},
};

static void what_is_not_ours_is_refused(void **state)
{
	const char *why;
	uint8_t *data;
	void *octets;
	size_t size;

	(void)state;
	fill();
	for (size_t i = 0; i < COUNT(files); i++) {
		struct history *copy = history_create(START);

		print_message("%s\n", files[i].name);
		assert_int_equal(history_encode(history, &octets, &size), 0);
		data = octets;
		data[files[i].at] = files[i].octet;
		seal(data, size);
		assert_int_not_equal(history_decode(copy, data, size, &why), 0);
		assert_string_equal(why, files[i].why);
		assert_int_equal(history_since(copy, START), START);
		free(data);
		history_free(copy);
	}
}

#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(monitor_and_enforce_count_the_same_attempts),
		TEST(each_policy_has_its_count),
		TEST(what_came_through_in_the_end_was_not_refused),
		TEST(what_found_the_gate_open_was_not_refused),
		TEST(a_network_that_was_never_refused_is_not_shown),
		TEST(who_reached_the_primary_is_suspect),
		TEST(so_is_who_had_reached_it_before),
		TEST(mercy_is_told_apart),
		TEST(only_the_days_asked_for_count),
		TEST(the_busiest_come_first),
		TEST(sums_hold_where_networks_have_no_room),
		TEST(zones_have_their_share),
		TEST(zones_of_the_past_make_room),
		TEST(openings_have_begin_end_and_reason),
		TEST(another_reason_is_another_opening),
		TEST(the_oldest_openings_make_room),
		TEST(all_of_it_comes_back),
		TEST(what_is_not_ours_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
