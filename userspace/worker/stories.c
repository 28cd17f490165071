/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ids for stories, and budgets for their lines. */

#include "worker/stories.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "core/log_budget.h"
#include "core/reason.h"
#include "tables/clock.h"
#include "worker/fnv.h"

#define TEXT_MAX  768
#define SUM_UP_NS (60 * NS_PER_S)

struct story {
	struct addr network;
	uint64_t since_ns; /* 0: free */
};

struct stories {
	uint64_t seed; /* so that nobody can choose who shares a place */
	struct log_budget events;
	struct log_budget steps; /* of debugging */
	uint64_t summed_up_ns;
	struct story of[STORIES_MAX];
};

struct stories *stories_create(void)
{
	struct stories *stories = calloc(1, sizeof(*stories));

	if (!stories)
		return NULL;
	/* Without a seed they only share places as anybody can foresee. */
	(void)!getrandom(&stories->seed, sizeof(stories->seed), GRND_NONBLOCK);
	stories->events = (struct log_budget){.per_second = 1, .at_once = 20};
	stories->steps = (struct log_budget){.per_second = 50, .at_once = 100};
	return stories;
}

void stories_free(struct stories *stories)
{
	free(stories);
}

static struct addr network_of(const struct addr *source)
{
	return addr_mask(source, addr_family(source) == FAMILY_IPV4
					 ? NETWORK_BITS_IPV4
					 : NETWORK_BITS_IPV6);
}

static uint64_t hash_of(const struct stories *stories, const void *data,
			size_t size)
{
	uint64_t hash = fnv_add(FNV_START ^ stories->seed, data, size);

	return hash ^ hash >> 32;
}

/* Another network may take its place: then its story goes on under a new id. */
const char *stories_id(struct stories *stories, const struct addr *source,
		       uint64_t now_ns, char id[static LOG_ID_TEXT])
{
	struct addr network = network_of(source);
	struct story *story =
		&stories->of[hash_of(stories, &network, sizeof(network)) %
			     STORIES_MAX];

	if (!story->since_ns || !addr_equal(&story->network, &network) ||
	    now_ns - story->since_ns >= STORY_S * NS_PER_S)
		*story = (struct story){network, now_ns};
	snprintf(id, LOG_ID_TEXT, "%08" PRIx32,
		 (uint32_t)hash_of(stories, story, sizeof(*story)));
	return id;
}

void stories_tell(struct stories *stories, enum log_level level,
		  const struct addr *source, enum reason reason,
		  uint64_t now_ns, const char *format, ...)
{
	struct log_budget *budget =
		level == LOG_LEVEL_DEBUG ? &stories->steps : &stories->events;
	char words[TEXT_MAX], text[ADDR_TEXT], id[LOG_ID_TEXT];
	const struct log_about about = {
		.source = addr_format(source, text),
		.reason = reason < REASON_MAX ? reason_name(reason) : NULL,
		.id = stories_id(stories, source, now_ns, id),
	};
	va_list args;

	if (!log_wants(level) || !log_budget_take(budget, now_ns / NS_PER_MS))
		return;
	va_start(args, format);
	if (vsnprintf(words, sizeof(words), format, args) < 0)
		words[0] = '\0';
	va_end(args);
	log_about(level, &about, "%s", words);
}

static void sum_up(struct log_budget *budget, enum log_level level,
		   const char *what)
{
	if (budget->omitted)
		log_write(level,
			  "%" PRIu64 " more %s within a minute, not named: too "
			  "many lines",
			  budget->omitted, what);
	budget->omitted = 0;
}

void stories_sum_up(struct stories *stories, uint64_t now_ns)
{
	if (now_ns - stories->summed_up_ns < SUM_UP_NS)
		return;
	stories->summed_up_ns = now_ns;
	sum_up(&stories->events, LOG_LEVEL_INFO, "attempts");
	sum_up(&stories->steps, LOG_LEVEL_DEBUG, "steps");
}
