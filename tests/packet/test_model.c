/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real program against the model: random frames in random states, and what
 * becomes of each.  SEED=N repeats a run, ROUNDS=N makes it longer: in each
 * round another state meets FRAMES frames.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/reason.h"
#include "model_draw.h"

#define ROUNDS 30
#define FRAMES 200

/* What is being compared, for whoever has to find out why it differs. */
static struct {
	bool running;
	struct model_state state;
	struct model_syn syn;
	struct frame frame;
} now;

static unsigned long long number_of(const char *name, unsigned long long usual)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : usual;
}

static void say(const char *who, const struct model_answer *answer)
{
	static const char *const returned[] = {"aborted", "drop", "pass",
					       "reset"};
	static const char *const actions[] = {"pass", "drop", "reset", "defer"};

	fprintf(stderr, "%s: %s, %s, list %u; frame: %s\n", who,
		reason_name(answer->reason), actions[answer->action],
		answer->list, returned[answer->returned]);
}

/* The program, and its twin, which has no budgets and does nothing. */
static void check(const struct result *result)
{
	struct model_answer live, explained;

	model_decide(&now.state, &now.syn, false, &live);
	model_decide(&now.state, &now.syn, true, &explained);
	if (result->reason == live.reason &&
	    result->returned == live.returned &&
	    result->twin.reason == explained.reason &&
	    result->twin.action == explained.action &&
	    result->twin.list == explained.list)
		return;
	say("model", &live);
	say("program", &(struct model_answer){
			       .reason = result->reason,
			       .action = result->twin.action,
			       .returned = result->returned,
			       .list = result->twin.list,
		       });
	say("model of explain", &explained);
	fprintf(stderr, "explain: %s\n", reason_name(result->twin.reason));
	fail();
}

static void run_round(struct draw *draw, unsigned long long seen[])
{
	struct result result;

	draw_knowledge(draw, &now.state);
	model_install_knowledge(&now.state);
	for (int i = 0; i < FRAMES; i++) {
		draw_frame(draw, &now.frame);
		model_read(&now.frame, &now.syn);
		draw_rules(draw, &now.state);
		draw_pending(draw, &now.syn, &now.state);
		model_install_rules(&now.state, &now.syn);
		harness_run(&now.frame, &result);
		check(&result);
		seen[result.reason]++;
	}
}

/* A whole run that has not seen something proves nothing of it. */
static void check_seen(const unsigned long long seen[], bool whole)
{
	for (enum reason reason = 0; reason <= REASON_MAX; reason++) {
		print_message("  %s: %llu\n", reason_name(reason),
			      seen[reason]);
		assert_true(seen[reason] > 0 || !whole);
	}
}

static void the_program_does_what_the_model_says(void **state)
{
	unsigned long long seed = number_of("SEED", (uint64_t)time(NULL));
	unsigned long long rounds = number_of("ROUNDS", ROUNDS);
	unsigned long long seen[REASON_MAX + 1] = {0};
	struct draw draw = {.state = seed};

	(void)state;
	harness_fresh();
	print_message("SEED=%llu ROUNDS=%llu\n", seed, rounds);
	now.running = true;
	for (unsigned long long i = 0; i < rounds; i++)
		run_round(&draw, seen);
	now.running = false;
	print_message("%llu frames, by reason:\n", rounds * FRAMES);
	check_seen(seen, rounds >= ROUNDS);
}

/* Also when it was the harness that found something. */
static int show_what_failed(void **state)
{
	(void)state;
	if (!now.running)
		return 0;
	model_print_frame(&now.frame, &now.syn);
	model_print_state(&now.state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_program_does_what_the_model_says,
					  show_what_failed),
	};

	return cmocka_run_group_tests(tests, NULL, harness_close);
}
