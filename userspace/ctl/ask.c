/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A loop, a resolver, and a count of what is under way. */

#include "ctl/ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "sources/zone_test.h"

struct ask {
	uv_loop_t loop;
	struct resolver *resolver;
};

/* Gives the context of a callback what it needs of the whole. */
struct pending {
	struct ask_question *question;
	size_t *count;
};

int ask_open(const struct config_nameserver *nameservers,
	     size_t nameserver_count, struct ask **out)
{
	struct ask *ask = calloc(1, sizeof(*ask));
	int error;

	if (!ask)
		return -ENOMEM;
	error = uv_loop_init(&ask->loop);
	if (error) {
		free(ask);
		return error;
	}
	error = resolver_create(&ask->loop, nameservers, nameserver_count,
				&ask->resolver);
	if (error) {
		uv_loop_close(&ask->loop);
		free(ask);
		return error;
	}
	*out = ask;
	return 0;
}

void ask_close(struct ask *ask)
{
	if (!ask)
		return;
	resolver_close(ask->resolver);
	uv_run(&ask->loop, UV_RUN_DEFAULT);
	uv_loop_close(&ask->loop);
	free(ask);
}

/* Questions */

static void on_answer(void *context, const struct answer *answer)
{
	struct pending *pending = context;

	pending->question->answer = *answer;
	--*pending->count;
	free(pending);
}

/* Returns what resolver_ask() does, or -ENOMEM. */
static int ask_one(struct ask *ask, struct ask_question *question,
		   size_t *count)
{
	struct pending *pending = malloc(sizeof(*pending));
	int error;

	if (!pending)
		return -ENOMEM;
	*pending = (struct pending){.question = question, .count = count};
	error = resolver_ask(ask->resolver, question->name, question->type,
			     on_answer, pending);
	if (error)
		free(pending);
	else
		++*count;
	return error;
}

void ask_all(struct ask *ask, struct ask_question *questions, size_t count)
{
	size_t pending = 0;

	for (size_t i = 0; i < count; i++) {
		int error = ask_one(ask, &questions[i], &pending);

		while (error == -EAGAIN) {
			uv_run(&ask->loop, UV_RUN_ONCE);
			error = ask_one(ask, &questions[i], &pending);
		}
		if (error)
			answer_fail(&questions[i].answer, questions[i].type,
				    "it could not be asked");
	}
	while (pending > 0)
		uv_run(&ask->loop, UV_RUN_ONCE);
}

/* Lists */

struct zone_question {
	struct zone_test test;
	struct ask_zone *zone;
	size_t *pending;
};

static void on_tested(struct zone_test *test,
		      const struct zone_finding *finding)
{
	struct zone_question *question = test->context;

	question->zone->finding = *finding;
	--*question->pending;
}

static uint32_t random_number(void)
{
	uint32_t number = 0;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		number = (uint32_t)uv_hrtime();
	return number;
}

static void resume(struct zone_question *tests, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (tests[i].test.waiting)
			zone_test_resume(&tests[i].test);
}

int ask_zones(struct ask *ask, const struct site *sites, size_t site_count,
	      struct ask_zone *zones, size_t count)
{
	struct zone_question *tests = calloc(count ? count : 1, sizeof(*tests));
	size_t pending = count;

	if (!tests)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		tests[i] = (struct zone_question){
			.test = {.resolver = ask->resolver,
				 .zone = zones[i].zone,
				 .sites = sites,
				 .site_count = site_count,
				 .done = on_tested,
				 .context = &tests[i]},
			.zone = &zones[i],
			.pending = &pending,
		};
		zone_test_start(&tests[i].test, ZONE_TEST_FULL, random_number(),
				NULL);
	}
	while (pending > 0) {
		uv_run(&ask->loop, UV_RUN_ONCE);
		resume(tests, count);
	}
	free(tests);
	return 0;
}
