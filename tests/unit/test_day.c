/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two days of events of the kernel, by a clock that the test turns on, through
 * what the worker keeps of them: the second day takes no memory that the first
 * one did not.  And the same of lookups, with a nameserver, though not for so
 * long.
 *
 * Sanitizers and valgrind have an allocator that tells nothing: they look for
 * leaks by themselves.
 */

#include "dnsbl_fixture.h"

#include <inttypes.h>
#include <malloc.h>

#include "core/attempts.h"
#include "core/knockers.h"
#include "sources/patience.h"
#include "tables/expiry.h"
#include "worker/history.h"
#include "worker/neighbours.h"

#define EVENTS	   1000000 /* a day */
#define DAY_S	   86400
#define START_S	   (20000 * (uint64_t)DAY_S)
#define SECOND_NS  UINT64_C(1000000000)
#define MERCY_NS   (3600 * SECOND_NS)
#define VERDICTS   65536
#define VERDICT_S  3600
#define KNOWN_OF   4096 /* networks that come again and again */
#define ASKED_ONCE 250
#define WAVES	   20

/* What the worker keeps. */
static struct {
	struct history *history;
	struct knockers *knockers;
	struct attempts *attempts;
	struct neighbours *neighbours;
	struct patience *patience;
	struct expiry *verdicts;
	uint64_t random;
	uint64_t now_s;
	size_t kept; /* verdicts */
} day;

static uint64_t draw(uint64_t limit)
{
	uint64_t z = day.random += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	return (z ^ z >> 31) % limit;
}

/* Half of them from networks that are known, the others from anywhere. */
static struct addr draw_source(void)
{
	uint64_t network = draw(2) ? draw(KNOWN_OF) : draw(UINT64_C(1) << 32);
	struct in_addr in = {.s_addr = (in_addr_t)(network << 8 | draw(256))};
	struct addr addr = {{0x20, 0x01, 0x0d, 0xb8}};

	if (draw(2))
		return addr_from_ipv4(in);
	memcpy(&addr.octets[4], &network, 4);
	addr.octets[15] = (uint8_t)draw(256);
	return addr;
}

static void on_refused(const struct addr *source, enum reason reason)
{
	const struct history_attempt attempt = {
		.source = *source,
		.reason = reason,
		.watched = draw(8) == 0,
		.listed = draw(2),
		.witnesses = draw(2),
	};

	history_note(day.history, &attempt, (time_t)day.now_s);
	if (draw(16) == 0)
		history_note_passed(day.history, &attempt, (time_t)day.now_s);
	if (draw(16) == 0)
		history_note_opened(day.history, source, (time_t)day.now_s);
}

static void on_knock(const struct addr *source)
{
	struct prefix network = history_network(source);
	uint64_t now_ns = day.now_s * SECOND_NS;
	enum verdict verdict = (enum verdict)draw(3);

	on_refused(source, REASON_BYPASS);
	attempts_note(day.attempts, source, verdict == VERDICT_LISTED, false,
		      now_ns);
	if (knockers_knock(day.knockers, &network.addr, verdict, now_ns,
			   MERCY_NS) == KNOCK_ASK)
		knockers_clean(day.knockers, &network.addr, now_ns, MERCY_NS);
}

static void on_verdict(const struct addr *source)
{
	struct source_verdict verdict = {
		.verdict = draw(2) ? VERDICT_LISTED : VERDICT_CLEAN,
		.expires = day.now_s + VERDICT_S,
	};
	struct source_verdict of_network;

	neighbours_note(day.neighbours, source, &verdict, day.now_s,
			&of_network);
	if (day.kept < VERDICTS &&
	    expiry_add(day.verdicts, source, verdict.expires) == 0)
		day.kept++;
}

static void on_visit(const struct addr *source)
{
	struct prefix network = history_network(source);
	uint64_t until_ns;

	patience_spend(day.patience, &network.addr, 100, MERCY_NS,
		       day.now_s * SECOND_NS, &until_ns);
}

static void on_event(void)
{
	struct addr source = draw_source();

	switch (draw(10)) {
	case 0:
		on_visit(&source);
		break;
	case 1:
	case 2:
		on_verdict(&source);
		break;
	case 3:
	case 4:
		on_refused(&source, REASON_BLOCKED + (enum reason)draw(4));
		break;
	default:
		on_knock(&source);
	}
}

static void on_second(void)
{
	struct addr ended;

	while (expiry_take_due(day.verdicts, day.now_s, &ended))
		day.kept--;
	for (enum family family = 0; family < FAMILY_MAX; family++)
		knockers_crowd(day.knockers, family, true,
			       day.now_s * SECOND_NS, 50);
}

/* Also what is written once in a while. */
static void on_hour(void)
{
	void *octets = NULL;
	size_t size = 0;

	assert_int_equal(history_encode(day.history, &octets, &size), 0);
	assert_true(size > 0 && size <= HISTORY_FILE_MAX);
	free(octets);
}

static void live_a_day(void)
{
	uint64_t start_s = day.now_s;

	for (uint64_t i = 0; i < EVENTS; i++) {
		uint64_t now_s = start_s + i * DAY_S / EVENTS;

		if (now_s > day.now_s && now_s % 3600 == 0)
			on_hour();
		if (now_s > day.now_s) {
			day.now_s = now_s;
			on_second();
		}
		on_event();
	}
	day.now_s = start_s + DAY_S;
}

static size_t in_use(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static int begin(void **state)
{
	(void)state;
	memset(&day, 0, sizeof(day));
	day.now_s = START_S;
	day.history = history_create((time_t)START_S);
	day.knockers = knockers_create(17);
	day.attempts = attempts_create(17);
	day.neighbours = neighbours_create();
	return day.history && day.knockers && day.attempts && day.neighbours &&
			       patience_create(&day.patience) == 0 &&
			       expiry_create(VERDICTS, START_S,
					     &day.verdicts) == 0
		       ? 0
		       : -1;
}

static int end(void **state)
{
	(void)state;
	history_free(day.history);
	knockers_free(day.knockers);
	attempts_free(day.attempts);
	neighbours_free(day.neighbours);
	patience_free(day.patience);
	expiry_free(day.verdicts);
	return 0;
}

static void a_second_day_of_events_takes_no_more_memory(void **state)
{
	size_t first, second;

	(void)state;
	live_a_day();
	first = in_use();
	live_a_day();
	second = in_use();
	print_message("%d events a day; in use after one: %zu octets, after "
		      "two: %zu\n",
		      EVENTS, first, second);
	assert_true(second <= first);
	assert_true(history_changes(day.history) > EVENTS / 2);
	assert_true(attempts_status(day.attempts).strict > EVENTS / 4);
}

/* Each source once: who is asked for twice at a time is answered once. */
static void ask_in_waves(void)
{
	static uint32_t host = 0x0b000000; /* 11.0.0.0 */

	for (int wave = 0; wave < WAVES; wave++) {
		result_count = 0;
		for (int i = 0; i < ASKED_ONCE; i++) {
			const struct in_addr in = {.s_addr = htonl(host++)};
			struct addr source = addr_from_ipv4(in);

			asking = true;
			assert_int_equal(dnsbl_ask(dnsbl, &source, DNSBL_HELD),
					 0);
			asking = false;
		}
		wait_for_results(ASKED_ONCE);
	}
}

static void lookups_leave_nothing_behind(void **state)
{
	size_t first, second;

	(void)state;
	create("even.test*2");
	dnsbl_limit(dnsbl, 0, 0);
	wait_for_state("even.test", "ok");
	ask_in_waves();
	first = in_use();
	ask_in_waves();
	second = in_use();
	print_message("%d lookups; in use after half of them: %zu octets, "
		      "after all: %zu\n",
		      2 * WAVES * ASKED_ONCE, first, second);
	/* Questions of tests may be under way: a few, not one a lookup. */
	assert_true(second <= first + (size_t)WAVES * ASKED_ONCE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_second_day_of_events_takes_no_more_memory, begin,
			end),
		CASE(lookups_leave_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
