/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts lists in force, beside the event loop. */

#include "worker/publisher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Who waits for one publication. */
struct waiter {
	struct waiter *next;
	publisher_done *done;
	void *context;
};

struct job {
	struct lists_plan plan;
	bool wanted[FAMILY_MAX];
	uint64_t generation;
	uint32_t missing[FAMILY_MAX]; /* pages, with -ENOSPC */
	int error;
	bool grown; /* the tables have been enlarged for it */
	struct waiter *waiters;
};

struct publisher {
	uv_loop_t *loop;
	struct ranges_map *maps[FAMILY_MAX];
	publisher_grow *grow;
	void *context;
	struct lists_plan plan;
	bool changed[FAMILY_MAX];
	struct waiter *waiters; /* for the next job */
	uv_work_t work;
	struct job job;
	bool busy;
	bool wanted; /* another job, after this one */
	bool closing;

	/* Guarded by the lock: the maps, and what is in them. */
	uv_mutex_t lock;
	uint64_t generation; /* of the plan */
	uint64_t published;
};

int publisher_create(uv_loop_t *loop,
		     struct ranges_map *const maps[static FAMILY_MAX],
		     publisher_grow *grow, void *context,
		     struct publisher **out)
{
	struct publisher *publisher = calloc(1, sizeof(*publisher));

	if (!publisher)
		return -ENOMEM;
	if (uv_mutex_init(&publisher->lock) != 0) {
		free(publisher);
		return -ENOMEM;
	}
	publisher->loop = loop;
	publisher->grow = grow;
	publisher->context = context;
	memcpy(publisher->maps, maps, sizeof(publisher->maps));
	*out = publisher;
	return 0;
}

void publisher_use(struct publisher *publisher,
		   struct ranges_map *const maps[static FAMILY_MAX])
{
	memcpy(publisher->maps, maps, sizeof(publisher->maps));
}

static bool has_family(const struct ranges_set *set, enum family family)
{
	return set && ranges_set_count(set, family) > 0;
}

void publisher_set(struct publisher *publisher, unsigned int number,
		   struct ranges_set *set, const struct list *meaning)
{
	struct lists_plan *plan = &publisher->plan;
	bool other =
		memcmp(&plan->meanings[number], meaning, sizeof(*meaning)) != 0;

	for (enum family family = 0; family < FAMILY_MAX; family++)
		if (other || has_family(plan->sets[number], family) ||
		    has_family(set, family))
			publisher->changed[family] = true;
	plan->meanings[number] = *meaning;
	ranges_set_put(plan->sets[number]);
	plan->sets[number] = set;
}

const struct ranges_set *publisher_get(const struct publisher *publisher,
				       unsigned int number)
{
	return publisher->plan.sets[number];
}

/* In a thread of the pool. */
static void run(uv_work_t *work)
{
	struct publisher *publisher = work->data;
	struct job *job = &publisher->job;

	uv_mutex_lock(&publisher->lock);
	/* Unless publisher_apply() has overtaken it. */
	if (job->generation > publisher->published) {
		job->error = lists_put(&job->plan, publisher->maps, job->wanted,
				       job->missing);
		if (!job->error)
			publisher->published = job->generation;
	}
	uv_mutex_unlock(&publisher->lock);
}

static void start(struct publisher *publisher);
static int queue(struct publisher *publisher);

static void finish(struct publisher *publisher)
{
	while (publisher->waiters) {
		struct waiter *waiter = publisher->waiters;

		publisher->waiters = waiter->next;
		free(waiter);
	}
	lists_plan_clear(&publisher->plan);
	uv_mutex_destroy(&publisher->lock);
	free(publisher);
}

/* The same job once more, with larger tables. */
static bool try_again(struct publisher *publisher)
{
	struct job *job = &publisher->job;

	if (job->error != -ENOSPC || job->grown || publisher->closing)
		return false;
	job->grown = true;
	/* No other thread has the maps: this job has ended. */
	job->error = publisher->grow(publisher->context, job->missing);
	return job->error == 0 && queue(publisher) == 0;
}

static void on_done(uv_work_t *work, int status)
{
	struct publisher *publisher = work->data;
	struct job *job = &publisher->job;
	struct waiter *waiters = job->waiters;
	int error;

	if (status == 0 && try_again(publisher))
		return;
	error = status ? status : job->error;
	job->waiters = NULL;
	lists_plan_clear(&job->plan);
	publisher->busy = false;
	/* What has failed is tried again with the next change. */
	for (enum family family = 0; family < FAMILY_MAX && error; family++)
		publisher->changed[family] |= job->wanted[family];
	while (waiters) {
		struct waiter *waiter = waiters;

		waiters = waiter->next;
		if (waiter->done && !publisher->closing)
			waiter->done(waiter->context, error);
		free(waiter);
	}
	if (publisher->closing)
		finish(publisher);
	else if (publisher->wanted && !publisher->busy)
		start(publisher);
}

static int queue(struct publisher *publisher)
{
	publisher->work.data = publisher;
	return uv_queue_work(publisher->loop, &publisher->work, run, on_done);
}

static void start(struct publisher *publisher)
{
	struct job *job = &publisher->job;

	memset(job, 0, sizeof(*job));
	memcpy(job->plan.meanings, publisher->plan.meanings,
	       sizeof(job->plan.meanings));
	for (unsigned int n = 0; n < LISTS_MAX; n++)
		job->plan.sets[n] = ranges_set_get(publisher->plan.sets[n]);
	memcpy(job->wanted, publisher->changed, sizeof(job->wanted));
	memset(publisher->changed, 0, sizeof(publisher->changed));
	job->generation = ++publisher->generation;
	job->waiters = publisher->waiters;
	publisher->waiters = NULL;
	publisher->wanted = false;
	publisher->busy = true;
	queue(publisher);
}

void publisher_publish(struct publisher *publisher, publisher_done *done,
		       void *context)
{
	struct waiter **last = &publisher->waiters;
	struct waiter *waiter = calloc(1, sizeof(*waiter));

	if (waiter) {
		waiter->done = done;
		waiter->context = context;
		while (*last)
			last = &(*last)->next;
		*last = waiter;
	}
	publisher->wanted = true;
	if (!publisher->busy)
		start(publisher);
}

int publisher_apply(struct publisher *publisher, const struct config *config)
{
	static const bool both[FAMILY_MAX] = {true, true};
	struct lists_plan *plan = &publisher->plan;
	struct ranges_set *before[LIST_NUMBERS];
	uint32_t missing[FAMILY_MAX];
	int error;

	for (unsigned int n = 0; n < LIST_NUMBERS; n++)
		before[n] = ranges_set_get(plan->sets[n]);
	error = lists_plan_config(plan, config);
	/* A job that is compiling just now is soon done. */
	uv_mutex_lock(&publisher->lock);
	if (!error)
		error = lists_put(plan, publisher->maps, both, missing);
	if (error == -ENOSPC) {
		error = publisher->grow(publisher->context, missing);
		if (!error)
			error = lists_put(plan, publisher->maps, both, missing);
	}
	if (!error) {
		publisher->published = ++publisher->generation;
		memset(publisher->changed, 0, sizeof(publisher->changed));
	}
	uv_mutex_unlock(&publisher->lock);
	for (unsigned int n = 0; n < LIST_NUMBERS; n++) {
		if (!error) {
			ranges_set_put(before[n]);
			continue;
		}
		ranges_set_put(plan->sets[n]);
		plan->sets[n] = before[n];
	}
	return error;
}

void publisher_close(struct publisher *publisher)
{
	publisher->closing = true;
	if (!publisher->busy)
		finish(publisher);
}
