/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Knocking at the closed gate: who does is remembered, so that it can be made
 * to try again, and held in place of a refusal while the primary is in doubt.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>

#include "core/stage.h"
#include "harness.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static const struct packet packets[] = {
	{.from = SOURCE_IPV4},
	{.from = SOURCE_IPV6},
};

static void set_gates(enum gate gate, enum action action)
{
	struct rules *rules = harness_rules();

	rules->bypass = action;
	rules->ipv4[0].gate = gate;
	rules->ipv6[0].gate = gate;
	harness_publish();
}

static void check_knock(const struct packet *packet, enum reason reason,
			enum action action, struct result *out)
{
	harness_expect(packet, reason, action, out);
	assert_int_equal(out->event_count, 1);
	assert_int_equal(out->events[0].kind, EVENT_BYPASS);
	assert_true(out->is_pending);
	assert_true(out->hold.asked == 0);
}

static void who_knocks_is_described_for_a_nudge(void **state)
{
	static const enum action actions[] = {ACTION_DROP, ACTION_RESET};
	struct result out;

	(void)state;
	for (size_t i = 0; i < COUNT(packets) * COUNT(actions); i++) {
		const struct packet *packet = &packets[i % COUNT(packets)];
		enum action action = actions[i / COUNT(packets)];
		struct addr to = packet_destination(packet);
		__u64 before;

		harness_fresh();
		set_gates(GATE_CLOSED, action);
		before = harness_now();
		check_knock(packet, REASON_BYPASS, action, &out);
		assert_true(out.hold.since >= before);
		assert_true(addr_equal(&out.hold.destination, &to));
		assert_int_equal(out.hold.sequence, htonl(0x12345678));
		assert_int_equal(out.hold.port, htons(PORT));
		assert_int_equal(out.hold.link_length, 14);
	}
}

/* Only the first one can be nudged. */
static void a_retransmission_is_told_but_makes_it_no_younger(void **state)
{
	struct result out;
	__u64 long_ago;

	(void)state;
	harness_fresh();
	set_gates(GATE_CLOSED, ACTION_DROP);
	check_knock(&packets[0], REASON_BYPASS, ACTION_DROP, &out);
	long_ago = harness_now() - harness_hour() / 2;
	harness_held_since(SOURCE_IPV4, long_ago);
	check_knock(&packets[0], REASON_BYPASS, ACTION_DROP, &out);
	assert_true(out.hold.since == long_ago);
}

static void another_attempt_is_a_first_one_again(void **state)
{
	struct result out;
	__u64 long_ago;
	struct frame frame;

	(void)state;
	harness_fresh();
	set_gates(GATE_CLOSED, ACTION_DROP);
	check_knock(&packets[0], REASON_BYPASS, ACTION_DROP, &out);
	long_ago = harness_now() - harness_hour() / 2;
	harness_held_since(SOURCE_IPV4, long_ago);
	frame_build(&packets[0], &frame);
	frame.octets[14 + 20 + 4] ^= 1; /* of its sequence number */
	harness_run(&frame, &out);
	assert_int_equal(out.reason, REASON_BYPASS);
	assert_true(out.hold.since > long_ago);
	assert_int_equal(out.hold.sequence, htonl(0x13345678));
}

static void what_exceeds_the_budget_leaves_no_trace(void **state)
{
	struct cpu_budget spent = {0};
	struct result out;

	(void)state;
	harness_fresh();
	set_gates(GATE_CLOSED, ACTION_DROP);
	spent.start = harness_now();
	spent.knocks = harness_rules()->knocks_per_cpu;
	harness_spent(&spent);
	harness_expect(&packets[0], REASON_BYPASS, ACTION_DROP, &out);
	assert_int_equal(out.event_count, 0);
	assert_false(out.is_pending);
}

/* Not as late, which would let it in unchecked. */
static void when_the_gate_opens_a_knock_is_no_hold(void **state)
{
	struct result out;

	(void)state;
	for (size_t i = 0; i < COUNT(packets); i++) {
		harness_fresh();
		set_gates(GATE_CLOSED, ACTION_DROP);
		check_knock(&packets[i], REASON_BYPASS, ACTION_DROP, &out);
		harness_held_since(packets[i].from,
				   harness_now() - harness_hour() * 3 / 2);
		set_gates(GATE_OPEN, ACTION_DROP);
		harness_expect(&packets[i], REASON_HELD, ACTION_DROP, &out);
		assert_int_equal(out.event_count, 1);
		assert_int_equal(out.events[0].kind, EVENT_UNKNOWN);
		assert_true(out.hold.asked != 0);
	}
}

static void in_doubt_a_drop_stays_a_drop(void **state)
{
	struct result out;

	(void)state;
	harness_fresh();
	set_gates(GATE_DOUBTED, ACTION_DROP);
	for (size_t i = 0; i < COUNT(packets); i++)
		check_knock(&packets[i], REASON_BYPASS, ACTION_DROP, &out);
}

static void in_doubt_nobody_is_told_of_a_refusal(void **state)
{
	struct result out;

	(void)state;
	harness_fresh();
	set_gates(GATE_DOUBTED, ACTION_RESET);
	for (size_t i = 0; i < COUNT(packets); i++) {
		check_knock(&packets[i], REASON_HELD, ACTION_DROP, &out);
		check_knock(&packets[i], REASON_HELD, ACTION_DROP, &out);
	}
	/* The doubt was in vain. */
	set_gates(GATE_CLOSED, ACTION_RESET);
	for (size_t i = 0; i < COUNT(packets); i++)
		harness_expect(&packets[i], REASON_BYPASS, ACTION_RESET, &out);
}

static void no_doubt_holds_for_longer_than_the_limit(void **state)
{
	struct frame frame;
	struct result out;

	(void)state;
	harness_fresh();
	set_gates(GATE_DOUBTED, ACTION_RESET);
	check_knock(&packets[0], REASON_HELD, ACTION_DROP, &out);
	harness_held_since(SOURCE_IPV4, harness_now() - harness_hour() * 3 / 2);
	/* The twin knows no source that was here before. */
	frame_build(&packets[0], &frame);
	harness_run_live(&frame, &out);
	assert_int_equal(out.reason, REASON_BYPASS);
	assert_int_equal(out.returned, XDP_TX);
}

static void in_doubt_what_is_listed_is_refused_as_ever(void **state)
{
	struct result out;

	(void)state;
	harness_fresh();
	harness_verdict(SOURCE_IPV4, VERDICT_LISTED, ~0ULL,
			harness_now() + harness_hour());
	set_gates(GATE_DOUBTED, ACTION_RESET);
	harness_expect(&packets[0], REASON_LISTED, ACTION_DROP, &out);
	assert_int_equal(out.event_count, 0);
}

static void in_doubt_what_can_not_be_told_of_is_refused(void **state)
{
	struct cpu_budget spent = {0};
	struct frame frame;
	struct result out;

	(void)state;
	harness_fresh();
	set_gates(GATE_DOUBTED, ACTION_RESET);
	spent.start = harness_now();
	spent.knocks = harness_rules()->knocks_per_cpu;
	harness_spent(&spent);
	frame_build(&packets[0], &frame);
	harness_run_live(&frame, &out);
	assert_int_equal(out.reason, REASON_BYPASS);
	assert_int_equal(out.returned, XDP_TX);
	assert_false(out.is_pending);
}

/* As long as it may still turn out to be a witness. */
static void who_may_be_a_witness_is_held_for_a_while(void **state)
{
	struct result out;

	(void)state;
	for (size_t i = 0; i < COUNT(packets); i++) {
		harness_fresh();
		harness_rules()->witness_wait = harness_hour();
		set_gates(GATE_CLOSED, ACTION_RESET);
		check_knock(&packets[i], REASON_HELD, ACTION_DROP, &out);
		check_knock(&packets[i], REASON_HELD, ACTION_DROP, &out);
		set_gates(GATE_CLOSED, ACTION_DROP);
		check_knock(&packets[i], REASON_BYPASS, ACTION_DROP, &out);
		harness_rules()->witness_wait = 0;
		set_gates(GATE_CLOSED, ACTION_RESET);
		check_knock(&packets[i], REASON_BYPASS, ACTION_RESET, &out);
	}
}

/* Who waits at the gate does not wait for a verdict. */
static void watched_verdicts_let_nobody_through_the_gate(void **state)
{
	struct result out;

	(void)state;
	for (size_t i = 0; i < COUNT(packets); i++) {
		harness_fresh();
		harness_rules()->watched = stage_reasons(STAGE_VERDICTS);
		set_gates(GATE_DOUBTED, ACTION_RESET);
		check_knock(&packets[i], REASON_HELD, ACTION_DROP, &out);
		harness_rules()->flags = RULES_SHOW;
		harness_publish();
		check_knock(&packets[i], REASON_HELD, ACTION_DROP, &out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_knocks_is_described_for_a_nudge),
		cmocka_unit_test(
			a_retransmission_is_told_but_makes_it_no_younger),
		cmocka_unit_test(another_attempt_is_a_first_one_again),
		cmocka_unit_test(what_exceeds_the_budget_leaves_no_trace),
		cmocka_unit_test(when_the_gate_opens_a_knock_is_no_hold),
		cmocka_unit_test(in_doubt_a_drop_stays_a_drop),
		cmocka_unit_test(in_doubt_nobody_is_told_of_a_refusal),
		cmocka_unit_test(no_doubt_holds_for_longer_than_the_limit),
		cmocka_unit_test(in_doubt_what_is_listed_is_refused_as_ever),
		cmocka_unit_test(in_doubt_what_can_not_be_told_of_is_refused),
		cmocka_unit_test(who_may_be_a_witness_is_held_for_a_while),
		cmocka_unit_test(watched_verdicts_let_nobody_through_the_gate),
	};

	return cmocka_run_group_tests(tests, NULL, harness_close);
}
