/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Holding, events and their budgets.  Limits are hours; the past is written
 * into the maps.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <string.h>

#include "harness.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* More than the ring buffer has room for: 1 MiB, 32 octets an event. */
#define MORE_THAN_FITS 40000

static const struct packet plain = {.from = SOURCE_IPV4};
static const struct packet plain_ipv6 = {.from = SOURCE_IPV6};

static void check_event(const struct result *out, enum event_kind kind,
			const struct packet *packet)
{
	struct addr source = packet_source(packet);

	assert_int_equal(out->event_count, 1);
	assert_int_equal(out->events[0].kind, kind);
	assert_true(addr_equal(&out->events[0].source, &source));
}

static void check_held(const struct packet *packet, size_t events,
		       struct result *out)
{
	harness_expect(packet, REASON_HELD, ACTION_DROP, out);
	assert_int_equal(out->event_count, events);
	assert_true(out->is_pending);
}

/* Refused by a budget: the twin, which has none, can't know. */
static void check_overload(const struct packet *packet)
{
	struct frame frame;
	struct result out;

	frame_build(packet, &frame);
	harness_run(&frame, &out);
	assert_int_equal(out.reason, REASON_OVERLOAD);
	assert_int_equal(out.returned, XDP_PASS);
	assert_int_equal(out.event_count, 0);
	assert_false(out.is_pending);
	assert_int_equal(out.twin.reason, REASON_HELD);
}

static void the_first_syn_is_held_and_asked_for_once(void **state)
{
	const struct packet *packets[] = {&plain, &plain_ipv6};
	struct result out;

	(void)state;
	harness_fresh();
	for (size_t i = 0; i < COUNT(packets); i++) {
		__u64 since, before = harness_now();

		check_held(packets[i], 1, &out);
		check_event(&out, EVENT_UNKNOWN, packets[i]);
		since = out.hold.since;
		assert_true(since >= before && since <= harness_now());
		/* A retransmission, and one more: neither begins anew. */
		check_held(packets[i], 0, &out);
		assert_true(out.hold.since == since);
		check_held(packets[i], 0, &out);
		assert_true(out.hold.since == since);
	}
}

static void what_is_held_is_described_for_a_nudge(void **state)
{
	static const struct packet packets[] = {
		{.from = SOURCE_IPV4},
		{.from = SOURCE_IPV6, .tags = {0x8100}},
		{.from = SOURCE_IPV6, .tags = {0x88a8, 0x8100}, .chain = "hd"},
		{.from = SOURCE_IPV4, .tags = {0x88a8, 0x8100}, .ihl = 15},
	};
	struct result out;

	(void)state;
	for (size_t i = 0; i < COUNT(packets); i++) {
		struct addr to = packet_destination(&packets[i]);
		struct frame frame;
		size_t link = 14;

		harness_fresh();
		check_held(&packets[i], 1, &out);
		for (size_t t = 0; t < PACKET_TAGS_MAX; t++)
			link += packets[i].tags[t] ? 4 : 0;
		frame_build(&packets[i], &frame);
		assert_true(addr_equal(&out.hold.destination, &to));
		assert_int_equal(out.hold.sequence, htonl(0x12345678));
		assert_int_equal(out.hold.port, htons(PORT));
		assert_int_equal(out.hold.client_port, htons(40000));
		assert_int_equal(out.hold.link_length, link);
		assert_memory_equal(out.hold.link, frame.octets, link);
		assert_true(out.hold.back == 0);
	}
}

static const struct {
	const char *name;
	int age_limits; /* in half hold limits, which are hours */
	enum reason reason;
	size_t events;
} ages[] = {
	{"half the limit", 1, REASON_HELD, 0},
	{"one and a half limits: late", 3, REASON_LATE, 0},
	{"limit and memory are over: a new one", 5, REASON_HELD, 1},
	{"long ago: a new one", 20, REASON_HELD, 1},
};

static void
a_hold_ends_at_its_limit_and_begins_anew_after_its_memory(void **state)
{
	struct result out;

	(void)state;
	for (size_t i = 0; i < COUNT(ages); i++) {
		__u64 since, half = harness_hour() / 2;

		print_message("%s\n", ages[i].name);
		harness_fresh();
		since = harness_now() - (__u64)ages[i].age_limits * half;
		harness_held_since(SOURCE_IPV4, since);
		harness_expect(&plain, ages[i].reason,
			       ages[i].reason == REASON_HELD ? ACTION_DROP
							     : ACTION_PASS,
			       &out);
		assert_int_equal(out.event_count, ages[i].events);
		assert_true(out.is_pending);
		assert_int_equal(out.hold.since == since, !ages[i].events);
	}
}

static void others_are_not_held_by_what_one_has_waited(void **state)
{
	struct result out;

	(void)state;
	harness_fresh();
	harness_held_since("198.51.100.8", harness_now());
	harness_held_since("2001:db8:77::", harness_now());
	check_held(&plain, 1, &out);
	check_held(&plain_ipv6, 1, &out);
}

static void a_verdict_ends_the_hold(void **state)
{
	__u64 later;
	struct result out;

	(void)state;
	harness_fresh();
	later = harness_now() + harness_hour();
	check_held(&plain, 1, &out);
	harness_verdict(SOURCE_IPV4, VERDICT_CLEAN, ~0ULL, later);
	harness_expect(&plain, REASON_CLEAN, ACTION_PASS, &out);
	harness_verdict(SOURCE_IPV4, VERDICT_LISTED, ~0ULL, later);
	harness_expect(&plain, REASON_LISTED, ACTION_DROP, &out);
	harness_verdict(SOURCE_IPV4, VERDICT_UNKNOWN, ~0ULL, later);
	harness_expect(&plain, REASON_UNKNOWN, ACTION_PASS, &out);
	assert_int_equal(out.event_count, 0);
}

static const struct {
	const char *name;
	int watched; /* half hours from now on */
	bool noted;
} watches[] = {
	{"within the time of watching", 1, true},
	{"once that is over", -1, false},
};

static void who_was_held_is_noted_once_when_he_comes_again(void **state)
{
	struct result out;
	__u64 first, half = harness_hour() / 2;

	(void)state;
	for (size_t i = 0; i < COUNT(watches); i++) {
		print_message("%s\n", watches[i].name);
		harness_fresh();
		check_held(&plain, 1, &out);
		harness_verdict(SOURCE_IPV4, VERDICT_CLEAN, ~0ULL,
				harness_now() + half);
		harness_watch_until(SOURCE_IPV4,
				    harness_now() +
					    (__u64)watches[i].watched * half);
		harness_expect(&plain, REASON_CLEAN, ACTION_PASS, &out);
		assert_int_equal(out.hold.back != 0, watches[i].noted);
		first = out.hold.back;
		harness_expect(&plain, REASON_CLEAN, ACTION_PASS, &out);
		assert_true(out.hold.back == first);
		if (watches[i].noted)
			assert_true(harness_verdict_of(SOURCE_IPV4).watch == 0);
	}
}

static void unknown_sources_that_may_pass_do_so_with_an_event(void **state)
{
	struct result out;

	(void)state;
	harness_fresh();
	harness_rules()->unknown = UNKNOWN_PASS;
	harness_publish();
	for (int i = 0; i < 3; i++) {
		harness_expect(&plain, REASON_UNKNOWN, ACTION_PASS, &out);
		check_event(&out, EVENT_UNKNOWN, &plain);
		assert_false(out.is_pending);
	}
}

static void who_exceeds_the_budget_of_holds_passes(void **state)
{
	struct result out;

	(void)state;
	harness_fresh();
	harness_rules()->holds_per_cpu = 2;
	harness_publish();
	check_held(&(struct packet){.from = "198.51.100.1"}, 1, &out);
	check_held(&(struct packet){.from = "198.51.100.2"}, 1, &out);
	check_overload(&(struct packet){.from = "198.51.100.3"});
	check_overload(&plain_ipv6);
	/* Who is being held already is not concerned. */
	check_held(&(struct packet){.from = "198.51.100.1"}, 0, &out);
	/* And a second later there is a new budget. */
	harness_spent(&(struct cpu_budget){
		.start = harness_now() - harness_hour() - 1,
		.holds = 2,
		.events = 2,
	});
	check_held(&(struct packet){.from = "198.51.100.3"}, 1, &out);
}

static void who_exceeds_the_budget_of_events_passes(void **state)
{
	struct result out;

	(void)state;
	harness_fresh();
	harness_rules()->events_per_cpu = 1;
	harness_publish();
	check_held(&(struct packet){.from = "198.51.100.1"}, 1, &out);
	check_overload(&(struct packet){.from = "198.51.100.2"});
	check_held(&(struct packet){.from = "198.51.100.1"}, 0, &out);
	harness_spent(&(struct cpu_budget){
		.start = harness_now() - harness_hour() - 1, .events = 1});
	check_held(&(struct packet){.from = "198.51.100.2"}, 1, &out);
}

static void who_can_not_be_asked_for_spends_no_hold(void **state)
{
	struct result out;

	(void)state;
	harness_fresh();
	harness_rules()->events_per_cpu = 0;
	harness_rules()->holds_per_cpu = 1;
	harness_publish();
	for (int i = 0; i < 5; i++)
		check_overload(&plain);
	harness_rules()->events_per_cpu = 1;
	harness_publish();
	check_held(&plain, 1, &out);
}

static void close_gates(void)
{
	harness_rules()->ipv4[0].gate = GATE_CLOSED;
	harness_rules()->ipv6[0].gate = GATE_CLOSED;
	harness_publish();
}

static void a_full_ring_buffer_lets_pass_and_leaves_nothing(void **state)
{
	struct frame frame;
	struct result out;

	(void)state;
	harness_fresh();
	close_gates();
	/* Fills it by knocking; the twin reads it empty, so only `live`. */
	harness_repeat(&plain, MORE_THAN_FITS);
	harness_rules()->ipv4[0].gate = GATE_OPEN;
	harness_publish();
	frame_build(&plain, &frame);
	harness_run_live(&frame, &out);
	assert_int_equal(out.reason, REASON_OVERLOAD);
	assert_int_equal(out.returned, XDP_PASS);
	/* Only of a knock is there a trace. */
	assert_true(out.hold.asked == 0);
	/* Once it has been read, holding goes on. */
	assert_true(out.event_count > 1000);
	check_held(&plain, 1, &out);
}

static void every_knock_is_told_within_the_budget(void **state)
{
	struct result out;

	(void)state;
	harness_fresh();
	harness_rules()->events_per_cpu = 0;
	harness_rules()->knocks_per_cpu = 3;
	close_gates();
	for (int i = 0; i < 6; i++) {
		harness_expect(&plain, REASON_BYPASS, ACTION_DROP, &out);
		if (i < 3)
			check_event(&out, EVENT_BYPASS, &plain);
		else
			assert_int_equal(out.event_count, 0);
	}
}

static const struct {
	const char *name;
	enum verdict verdict;
	enum reason reason;
} verdicts[] = {
	{"a clean source", VERDICT_CLEAN, REASON_CLEAN},
	{"a listed source", VERDICT_LISTED, REASON_LISTED},
	{"a source nobody could tell of", VERDICT_UNKNOWN, REASON_UNKNOWN},
};

static void verdicts_near_their_end_are_asked_for_once(void **state)
{
	struct result out;

	(void)state;
	for (size_t i = 0; i < COUNT(verdicts); i++) {
		enum action action = verdicts[i].reason == REASON_LISTED
					     ? ACTION_DROP
					     : ACTION_PASS;
		__u64 now, later;

		print_message("%s\n", verdicts[i].name);
		harness_fresh();
		now = harness_now();
		later = now + harness_hour();
		harness_verdict(SOURCE_IPV4, verdicts[i].verdict, later, later);
		harness_expect(&plain, verdicts[i].reason, action, &out);
		assert_int_equal(out.event_count, 0);
		assert_true(harness_verdict_of(SOURCE_IPV4).refresh == later);

		harness_verdict(SOURCE_IPV4, verdicts[i].verdict, now, later);
		harness_expect(&plain, verdicts[i].reason, action, &out);
		check_event(&out, EVENT_REFRESH, &plain);
		assert_true(harness_verdict_of(SOURCE_IPV4).refresh == ~0ULL);
		assert_true(harness_verdict_of(SOURCE_IPV4).expires == later);

		harness_expect(&plain, verdicts[i].reason, action, &out);
		assert_int_equal(out.event_count, 0);
	}
}

static void a_refresh_that_could_not_be_told_is_tried_again(void **state)
{
	struct result out;
	__u64 now;

	(void)state;
	harness_fresh();
	now = harness_now();
	harness_rules()->events_per_cpu = 0;
	harness_publish();
	harness_verdict(SOURCE_IPV4, VERDICT_CLEAN, now, now + harness_hour());
	harness_expect(&plain, REASON_CLEAN, ACTION_PASS, &out);
	assert_int_equal(out.event_count, 0);
	assert_true(harness_verdict_of(SOURCE_IPV4).refresh == now);
	harness_rules()->events_per_cpu = 1;
	harness_publish();
	harness_expect(&plain, REASON_CLEAN, ACTION_PASS, &out);
	check_event(&out, EVENT_REFRESH, &plain);
}

static void a_refresh_is_for_the_source_not_for_its_network(void **state)
{
	struct result out;
	__u64 now;

	(void)state;
	harness_fresh();
	now = harness_now();
	harness_verdict("2001:db8:77::", VERDICT_CLEAN, now,
			now + harness_hour());
	harness_expect(&plain_ipv6, REASON_CLEAN, ACTION_PASS, &out);
	check_event(&out, EVENT_REFRESH, &plain_ipv6);
	harness_expect(&plain_ipv6, REASON_CLEAN, ACTION_PASS, &out);
	assert_int_equal(out.event_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_syn_is_held_and_asked_for_once),
		cmocka_unit_test(what_is_held_is_described_for_a_nudge),
		cmocka_unit_test(
			a_hold_ends_at_its_limit_and_begins_anew_after_its_memory),
		cmocka_unit_test(others_are_not_held_by_what_one_has_waited),
		cmocka_unit_test(a_verdict_ends_the_hold),
		cmocka_unit_test(
			who_was_held_is_noted_once_when_he_comes_again),
		cmocka_unit_test(
			unknown_sources_that_may_pass_do_so_with_an_event),
		cmocka_unit_test(who_exceeds_the_budget_of_holds_passes),
		cmocka_unit_test(who_exceeds_the_budget_of_events_passes),
		cmocka_unit_test(who_can_not_be_asked_for_spends_no_hold),
		cmocka_unit_test(
			a_full_ring_buffer_lets_pass_and_leaves_nothing),
		cmocka_unit_test(every_knock_is_told_within_the_budget),
		cmocka_unit_test(verdicts_near_their_end_are_asked_for_once),
		cmocka_unit_test(
			a_refresh_that_could_not_be_told_is_tried_again),
		cmocka_unit_test(
			a_refresh_is_for_the_source_not_for_its_network),
	};

	return cmocka_run_group_tests(tests, NULL, harness_close);
}
