/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps of a self-test; each says what its answer means, and what is next. */

#include "sources/zone_test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sources/dnsbl_code.h"
#include "sources/dnsbl_name.h"

enum step {
	STEP_LOOPBACK,	/* 127.0.0.1 must not be listed */
	STEP_FRESH,	/* nor an address that no cache knows */
	STEP_ANYBODY,	/* if it is, others tell whether all are */
	STEP_LOOPBACK6, /* nor ::ffff:7f00:1 */
	STEP_TEST,	/* 127.0.0.2 must be */
	STEP_TEST6,	/* or else ::ffff:7f00:2 */
	STEP_OWN,	/* one of our own addresses should not be */
	STEP_END,
};

/*
 * A list may have reasons to name some of 127/8.  It names the whole world
 * when so many addresses at random are on it, too: the largest ones, of
 * dial-up networks, name a third of all.
 */
#define ANYBODY 12

static const char *const world_remedy =
	"see whether the list is still kept, or remove it";

/*
 * ::ffff:7f00:1 is a mapped address, so a struct addr can't tell it from
 * 127.0.0.1: its name is given as such.
 */
#define MAPPED ".0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.%s"

static void make_name(const struct zone_test *test,
		      char name[static SITE_ZONE_MAX])
{
	switch ((enum step)test->step) {
	case STEP_LOOPBACK:
		snprintf(name, SITE_ZONE_MAX, "1.0.0.127.%s", test->zone);
		break;
	case STEP_FRESH:
		snprintf(name, SITE_ZONE_MAX, "%u.%u.%u.127.%s",
			 test->nonce & 0xff, test->nonce >> 8 & 0xff,
			 1 + (test->nonce >> 16) % 254, test->zone);
		break;
	case STEP_ANYBODY:
		/* 11/8 to 99/8: nothing but unicast. */
		snprintf(name, SITE_ZONE_MAX, "%u.%u.%u.%u.%s",
			 test->nonce & 0xff, test->nonce >> 8 & 0xff,
			 test->nonce >> 16 & 0xff,
			 11 + (test->nonce >> 24) % 89, test->zone);
		break;
	case STEP_LOOPBACK6:
		snprintf(name, SITE_ZONE_MAX, "1.0.0.0" MAPPED, test->zone);
		break;
	case STEP_TEST:
		snprintf(name, SITE_ZONE_MAX, "2.0.0.127.%s", test->zone);
		break;
	case STEP_TEST6:
		snprintf(name, SITE_ZONE_MAX, "2.0.0.0" MAPPED, test->zone);
		break;
	case STEP_OWN:
	case STEP_END:
		dnsbl_name(&test->own, test->zone, name);
		break;
	}
}

static void finish(struct zone_test *test, const struct zone_finding *finding)
{
	test->running = false;
	test->waiting = false;
	test->done(test, finding);
}

/* Of what must not be listed.  Returns whether all is well. */
static bool judge_unlisted(const struct answer *answer,
			   struct zone_finding *finding, const char *why)
{
	if (answer->kind != ANSWER_RECORDS)
		return finding->state == ZONE_OK;
	if (finding->state == ZONE_BLOCKED)
		return false;
	if (finding->state == ZONE_OK) {
		finding->why = why;
		finding->remedy = world_remedy;
	}
	finding->state = ZONE_WORLD;
	return false;
}

static void after_fresh(struct zone_test *test)
{
	test->step =
		test->kind == ZONE_TEST_CONFIRM ? STEP_END : STEP_LOOPBACK6;
}

static bool judge_fresh(struct zone_test *test, const struct answer *answer,
			struct zone_finding *finding)
{
	if (answer->kind == ANSWER_RECORDS && finding->state == ZONE_OK) {
		test->anybody = 0;
		test->step = STEP_ANYBODY;
		return true;
	}
	after_fresh(test);
	return judge_unlisted(answer, finding, NULL);
}

static bool judge_anybody(struct zone_test *test, const struct answer *answer,
			  struct zone_finding *finding)
{
	if (answer->kind != ANSWER_RECORDS) {
		after_fresh(test);
		return finding->state == ZONE_OK;
	}
	/* A linear congruence: any other number will do. */
	test->nonce = test->nonce * 1664525 + 1013904223;
	if (finding->state == ZONE_OK && ++test->anybody < ANYBODY)
		return true;
	return judge_unlisted(answer, finding,
			      "lists addresses at random: it lists anybody");
}

static bool judge_listed(struct zone_test *test, const struct answer *answer,
			 struct zone_finding *finding)
{
	if (answer->kind == ANSWER_RECORDS && finding->state == ZONE_OK) {
		test->step = STEP_OWN;
		return true;
	}
	if (answer->kind == ANSWER_NONE && test->step == STEP_TEST) {
		test->step = STEP_TEST6;
		return true;
	}
	if (test->step == STEP_TEST6 && finding->state != ZONE_BLOCKED) {
		finding->state = ZONE_EMPTY;
		finding->why = "does not list 127.0.0.2, as every list does";
		finding->remedy = world_remedy;
	}
	return false;
}

/* Returns whether to go on, with the next step; or else *finding is final. */
static bool judge(struct zone_test *test, const struct answer *answer,
		  struct zone_finding *finding)
{
	bool well;

	switch ((enum step)test->step) {
	case STEP_LOOPBACK:
		well = judge_unlisted(
			answer, finding,
			"lists 127.0.0.1, as no list does: it lists anybody");
		test->step = STEP_FRESH;
		return well;
	case STEP_FRESH:
		return judge_fresh(test, answer, finding);
	case STEP_ANYBODY:
		return judge_anybody(test, answer, finding);
	case STEP_LOOPBACK6:
		well = judge_unlisted(
			answer, finding,
			"lists ::ffff:7f00:1, as no list does: it lists "
			"anybody");
		test->step = STEP_TEST;
		return well || finding->state == ZONE_FAILING;
	case STEP_TEST:
	case STEP_TEST6:
		return judge_listed(test, answer, finding);
	case STEP_OWN:
	case STEP_END:
		break;
	}
	test->own_listed =
		answer->kind == ANSWER_RECORDS && finding->state == ZONE_OK;
	if (test->own_listed)
		memcpy(test->own_code, answer->addresses[0].octets + 12,
		       sizeof(test->own_code));
	test->step = STEP_END;
	return true;
}

static void ask(struct zone_test *test);

static void on_answer(void *context, const struct answer *answer)
{
	static const struct zone_finding well = {.state = ZONE_OK};
	struct zone_test *test = context;
	struct zone_finding finding;

	if (test->stopped) {
		finish(test, NULL);
		return;
	}
	dnsbl_code_judge(test->zone, test->sites, test->site_count, answer,
			 &finding);
	finding.doubtful = false;
	if (!judge(test, answer, &finding)) {
		finish(test, &finding);
		return;
	}
	if (test->step == STEP_OWN && !test->has_own)
		test->step = STEP_END;
	if (test->step == STEP_END)
		finish(test, &well);
	else
		ask(test);
}

static void ask(struct zone_test *test)
{
	char name[SITE_ZONE_MAX];
	int error;

	make_name(test, name);
	error = resolver_ask(test->resolver, name, QUESTION_A, on_answer, test);
	test->waiting = error != 0;
	if (!error)
		test->questions++;
}

void zone_test_start(struct zone_test *test, enum zone_test_kind kind,
		     uint32_t nonce, const struct addr *own)
{
	if (test->running)
		return;
	test->running = true;
	test->kind = kind;
	test->nonce = nonce;
	test->step = STEP_LOOPBACK;
	test->questions = 0;
	test->own_listed = false;
	test->has_own = own != NULL;
	if (own)
		test->own = *own;
	ask(test);
}

void zone_test_resume(struct zone_test *test)
{
	if (test->running && test->waiting)
		ask(test);
}

bool zone_test_stop(struct zone_test *test)
{
	if (test->waiting)
		test->running = false;
	test->waiting = false;
	test->stopped = true;
	return test->running;
}
