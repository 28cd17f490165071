/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events of the program become lookups, and their results verdicts. */

#include <string.h>

#include "core/log.h"
#include "worker/state.h"

/* How long the program looks out for a source that was held. */
#define WATCH_NS (10 * NS_PER_S)

void lookups_on_event(void *context, const struct event *event)
{
	struct worker *worker = context;

	switch (event->kind) {
	case EVENT_UNKNOWN:
		if (worker->dnsbl)
			dnsbl_ask(worker->dnsbl, &event->source, DNSBL_HELD);
		break;
	case EVENT_REFRESH:
		if (worker->dnsbl)
			dnsbl_ask(worker->dnsbl, &event->source, DNSBL_REFRESH);
		break;
	case EVENT_BYPASS:
		if (worker->health)
			health_hint(worker->health,
				    addr_family(&event->source));
		break;
	}
}

/* The verdict that is valid now, or VERDICT_UNKNOWN. */
static enum verdict valid_verdict(const struct worker *worker,
				  const struct addr *source, uint64_t now_ns)
{
	uint64_t now = clock_jiffies_at(&worker->start.clock, now_ns);
	struct source_verdict found;

	if (verdicts_get(worker->verdicts, source, &found) ||
	    found.expires <= now)
		return VERDICT_UNKNOWN;
	return found.verdict;
}

/* A hold has ended well: its client need not wait for its own timer. */
static void nudge(struct worker *worker, const struct addr *source)
{
	struct message message = {.kind = MESSAGE_NUDGE, .source = *source};

	if (worker->config->mode == MODE_ENFORCE &&
	    worker->config->dnsbl.nudge &&
	    worker->config->dnsbl.unknown == UNKNOWN_HOLD)
		worker_tell(worker, &message);
}

static void on_result(void *context, const struct dnsbl_result *result)
{
	struct worker *worker = context;
	const struct jiffies_clock *clock = &worker->start.clock;
	struct policy_lifetime life = policy_lifetime(result->ttl_s);
	uint64_t now_ns = clock_monotonic_ns();
	bool held = result->priority == DNSBL_HELD;
	struct source_verdict next = {
		.verdict = result->verdict,
		.score = result->score,
		.refresh = clock_jiffies_at(clock, now_ns + life.refresh_ns),
		.expires = clock_jiffies_at(clock, now_ns + life.expires_ns),
		.watch = held ? clock_jiffies_at(clock, now_ns + WATCH_NS) : 0,
	};
	enum verdict valid = valid_verdict(worker, &result->source, now_ns);
	char text[ADDR_TEXT];
	int error;

	answers_put(worker->answers, result, now_ns);
	if (!policy_replaces(next.verdict, valid))
		return;
	error = verdicts_put(worker->verdicts, &result->source, &next);
	if (error)
		log_warning("can't keep the verdict of %s: %s",
			    addr_format(&result->source, text),
			    strerror(-error));
	else if (next.verdict == VERDICT_LISTED && valid != VERDICT_LISTED)
		dnsbl_log_listing(worker->dnsbl, result);
	if (held && next.verdict != VERDICT_LISTED)
		nudge(worker, &result->source);
}

int lookups_start(struct worker *worker, const struct config *config,
		  struct dnsbl **out)
{
	return dnsbl_create(&worker->loop, &config->dnsbl, worker->resolver,
			    on_result, worker, out);
}
