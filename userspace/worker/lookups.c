/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events of the program become lookups, and their results verdicts. */

#include <string.h>

#include "core/log.h"
#include "core/reason.h"
#include "worker/causes.h"
#include "worker/state.h"

/* How long the program looks out for a source that was held. */
#define WATCH_NS (10 * NS_PER_S)

/* Of the sources that bypass, one of so many is looked up ahead of time. */
#define PREWARM_SHARE 4

static uint64_t jiffies_after(const struct worker *worker, uint64_t ns)
{
	return clock_jiffies_at(&worker->start.clock,
				clock_monotonic_ns() + ns);
}

/* ---- events ---- */

bool lookups_find(const struct worker *worker, const struct addr *source,
		  struct source_verdict *out)
{
	struct addr network;

	if (verdicts_get(worker->verdicts, source, out) == 0 &&
	    verdicts_is_valid(worker->verdicts, out))
		return true;
	if (addr_family(source) == FAMILY_IPV4)
		return false;
	network = neighbours_key(source);
	return verdicts_get(worker->verdicts, &network, out) == 0 &&
	       verdicts_is_valid(worker->verdicts, out);
}

static bool is_long_clean(const struct worker *worker,
			  const struct addr *source)
{
	struct source_verdict found;

	return lookups_find(worker, source, &found) &&
	       policy_is_long_clean(
		       found.verdict,
		       clock_ns_at(&worker->start.clock, found.since),
		       clock_monotonic_ns());
}

static void refresh(const struct worker *worker, const struct addr *source)
{
	if (is_long_clean(worker, source))
		dnsbl_ask_trusted(worker->dnsbl, source, DNSBL_REFRESH);
	else
		dnsbl_ask(worker->dnsbl, source, DNSBL_REFRESH);
}

/*
 * An outage of the primary should begin with warm verdicts; and whoever has
 * knocked for long must be known before it is let in.
 */
static void on_knock(struct worker *worker, const struct event *event)
{
	struct source_verdict found = {.verdict = VERDICT_UNKNOWN};
	bool known = lookups_find(worker, &event->source, &found);
	bool wanted;

	/* Who will be refused anyway is no reason to doubt the primary. */
	if (!known || found.verdict != VERDICT_LISTED)
		gate_knock(worker, event);
	if (!worker->dnsbl)
		found.verdict = VERDICT_CLEAN;
	wanted = knocks_note(worker->knocked, &event->source, found.verdict);
	if (worker->dnsbl && !known &&
	    (wanted || worker->knock_count++ % PREWARM_SHARE == 0))
		dnsbl_ask(worker->dnsbl, &event->source, DNSBL_PREWARM);
}

static void on_witness(struct worker *worker, const struct addr *source)
{
	struct source_verdict found = {.verdict = VERDICT_UNKNOWN};

	lookups_find(worker, source, &found);
	knocks_passed(worker->knocked, source, found.verdict);
	remember_passed(worker, source);
}

static void on_unknown(struct worker *worker, const struct addr *source)
{
	bool holds = worker->config->dnsbl.unknown == UNKNOWN_HOLD;
	char text[ADDR_TEXT];

	stories_tell(worker->stories, LOG_LEVEL_DEBUG, source,
		     holds ? REASON_HELD : REASON_UNKNOWN, clock_monotonic_ns(),
		     "%s is not known: %s, and looked up",
		     addr_format(source, text), holds ? "held" : "let in");
	dnsbl_ask(worker->dnsbl, source, DNSBL_HELD);
}

void lookups_on_event(void *context, const struct event *event)
{
	struct worker *worker = context;

	switch (event->kind) {
	case EVENT_UNKNOWN:
		if (worker->dnsbl)
			on_unknown(worker, &event->source);
		break;
	case EVENT_REFRESH:
		if (worker->dnsbl)
			refresh(worker, &event->source);
		break;
	case EVENT_BYPASS:
		remember_refusal(worker, event);
		on_knock(worker, event);
		break;
	case EVENT_REFUSED:
		remember_refusal(worker, event);
		break;
	case EVENT_WITNESS:
		on_witness(worker, &event->source);
		break;
	case EVENT_SHOWN:
		watch_note(worker->watch, (const struct shown *)event);
		break;
	case EVENT_AT_PRIMARY:
		witnesses_note(worker, &event->source);
		break;
	}
}

/* ---- results ---- */

void lookups_nudge(struct worker *worker, const struct addr *source)
{
	struct message message = {.kind = MESSAGE_NUDGE, .source = *source};

	char text[ADDR_TEXT];

	if (gate_mode(worker) != MODE_ENFORCE || !worker->config->dnsbl.nudge)
		return;
	worker_tell(worker, &message);
	stories_tell(worker->stories, LOG_LEVEL_DEBUG, source, REASON_MAX,
		     clock_monotonic_ns(), "%s is asked to resend its SYN",
		     addr_format(source, text));
}

static struct source_verdict make_verdict(const struct worker *worker,
					  const struct dnsbl_result *result)
{
	struct policy_lifetime life = policy_lifetime(result->ttl_s);

	return (struct source_verdict){
		.verdict = result->verdict,
		.score = result->score,
		.refresh = jiffies_after(worker, life.refresh_ns),
		.expires = jiffies_after(worker, life.expires_ns),
		.watch = result->priority == DNSBL_HELD
				 ? jiffies_after(worker, WATCH_NS)
				 : 0,
		.since = jiffies_after(worker, 0),
		.causes =
			causes_of(&worker->dnsbl_config->dnsbl, result->causes),
	};
}

static bool keep(struct worker *worker, const struct addr *source,
		 const struct source_verdict *verdict)
{
	int error = verdicts_put(worker->verdicts, source, verdict);
	char text[ADDR_TEXT];

	if (error)
		stories_tell(worker->stories, LOG_LEVEL_WARNING, source,
			     REASON_MAX, clock_monotonic_ns(),
			     "can't keep the verdict of %s: %s",
			     addr_format(source, text), strerror(-error));
	return !error;
}

/* A listing is news; that there is none is what most lookups end in. */
static void log_result(struct worker *worker, const struct dnsbl_result *result,
		       enum verdict before)
{
	uint64_t now_ns = clock_monotonic_ns();
	char id[LOG_ID_TEXT], text[ADDR_TEXT];

	if (result->verdict != VERDICT_LISTED)
		stories_tell(worker->stories, LOG_LEVEL_DEBUG, &result->source,
			     result->verdict == VERDICT_CLEAN ? REASON_CLEAN
							      : REASON_UNKNOWN,
			     now_ns, "%s was looked up: %s score=%d",
			     addr_format(&result->source, text),
			     result->verdict == VERDICT_CLEAN
				     ? reason_words(REASON_CLEAN)
				     : "nothing is known of it",
			     result->score);
	else if (before != VERDICT_LISTED)
		dnsbl_log_listing(worker->dnsbl, result,
				  stories_id(worker->stories, &result->source,
					     now_ns, id));
}

/* What follows for the /64 of an IPv6 source. */
static void keep_network(struct worker *worker, const struct addr *source,
			 const struct source_verdict *verdict)
{
	struct source_verdict of_network;
	struct addr network;
	int follows;

	if (addr_family(source) == FAMILY_IPV4)
		return;
	network = neighbours_key(source);
	follows = neighbours_note(worker->neighbours, source, verdict,
				  jiffies_after(worker, 0), &of_network);
	if (follows > 0)
		keep(worker, &network, &of_network);
	else if (follows < 0)
		verdicts_forget(worker->verdicts, &network);
}

/* Nothing is known just now: what was known stays, and is asked for again. */
static void ask_again_later(struct worker *worker,
			    const struct dnsbl_result *result)
{
	struct source_verdict found;

	if (verdicts_get(worker->verdicts, &result->source, &found) ||
	    !verdicts_is_valid(worker->verdicts, &found))
		return;
	found.refresh = jiffies_after(worker, result->ttl_s * NS_PER_S);
	keep(worker, &result->source, &found);
}

static void on_result(void *context, const struct dnsbl_result *result)
{
	struct worker *worker = context;
	struct source_verdict next = make_verdict(worker, result);
	struct source_verdict before = {.verdict = VERDICT_UNKNOWN};
	bool known = lookups_find(worker, &result->source, &before);

	answers_put(worker->answers, result, clock_monotonic_ns());
	knocks_judged(worker->knocked, &result->source, result->verdict);
	/* It would stand for its whole network. */
	if (neighbours_is_key(&result->source))
		return;
	if (!policy_replaces(next.verdict, before.verdict)) {
		ask_again_later(worker, result);
		return;
	}
	if (known && before.verdict == next.verdict)
		next.since = before.since;
	if (!keep(worker, &result->source, &next))
		return;
	keep_network(worker, &result->source, &next);
	log_result(worker, result, before.verdict);
	if (result->priority == DNSBL_HELD && next.verdict != VERDICT_LISTED &&
	    worker->config->dnsbl.unknown == UNKNOWN_HOLD)
		lookups_nudge(worker, &result->source);
}

void lookups_welcome(struct worker *worker, const struct addr *source)
{
	struct source_verdict found;
	bool known = lookups_find(worker, source, &found);

	if (known && found.verdict == VERDICT_LISTED)
		return;
	/* A client heeds one nudge only, so it comes when it lets it in. */
	if (!known && worker->dnsbl &&
	    worker->config->dnsbl.unknown == UNKNOWN_HOLD) {
		dnsbl_ask(worker->dnsbl, source, DNSBL_HELD);
		return;
	}
	/* Of its own, not that of its network: the parent counts who comes. */
	if (verdicts_get(worker->verdicts, source, &found) == 0 &&
	    verdicts_is_valid(worker->verdicts, &found)) {
		found.watch = jiffies_after(worker, WATCH_NS);
		keep(worker, source, &found);
	}
	lookups_nudge(worker, source);
}

/* ---- what can't be believed any more ---- */

static void forget(struct worker *worker, uint64_t causes)
{
	neighbours_forget(worker->neighbours, causes);
	withdraw_start(&worker->withdraw, causes);
}

static void on_withdrawn(void *context, uint64_t zones, const char *zone)
{
	struct worker *worker = context;

	log_warning("verdicts that %s has caused are taken back", zone);
	forget(worker, causes_of(&worker->dnsbl_config->dnsbl, zones));
}

static void carry_quota(void *context, const struct dnsbl_quota *quota)
{
	dnsbl_quota_restore(context, quota);
}

void lookups_replace(struct worker *worker, const struct config *next,
		     struct dnsbl *dnsbl)
{
	if (worker->dnsbl && dnsbl)
		dnsbl_quota_save(worker->dnsbl, carry_quota, dnsbl);
	if (worker->dnsbl_config)
		forget(worker, causes_changed(&worker->dnsbl_config->dnsbl,
					      &next->dnsbl));
	if (worker->dnsbl)
		dnsbl_close(worker->dnsbl);
	worker->dnsbl = dnsbl;
	worker->own_count = 0;
	save_use(worker->save, &next->dnsbl, dnsbl);
}

void lookups_follow_own(struct worker *worker)
{
	struct addr own[ADDRESSES_PROTECTED_MAX];
	size_t count = addresses_protected(worker->config, own);

	if (!worker->dnsbl ||
	    (count == worker->own_count &&
	     memcmp(own, worker->own, count * sizeof(*own)) == 0))
		return;
	memcpy(worker->own, own, count * sizeof(*own));
	worker->own_count = count;
	dnsbl_own(worker->dnsbl, own, count);
}

int lookups_start(struct worker *worker, const struct config *config,
		  struct dnsbl **out)
{
	int error;

	error = dnsbl_create(&worker->loop, &config->dnsbl, worker->resolver,
			     on_result, worker, out);
	if (!error)
		dnsbl_on_withdrawn(*out, on_withdrawn);
	return error;
}
