/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens, put into the history with what is known of it by then. */

#include <string.h>
#include <time.h>

#include "core/reason.h"
#include "worker/state.h"

static struct history *history_of(const struct worker *worker)
{
	return history_keeper_store(worker->history);
}

/* Is a refusal for that reason counted only, by the rules in force? */
static bool is_watched(const struct worker *worker, enum reason reason)
{
	const struct rules *rules = settings_rules(worker->settings);

	return rules->flags & RULES_MONITOR ||
	       rules->watched & REASON_BIT(reason);
}

static struct history_attempt attempt_of(const struct worker *worker,
					 const struct addr *source,
					 enum reason reason)
{
	struct source_verdict found = {.verdict = VERDICT_UNKNOWN};
	struct addr network = networks_key(source);

	lookups_find(worker, source, &found);
	return (struct history_attempt){
		.source = *source,
		.reason = reason,
		.watched = is_watched(worker, reason),
		.listed = found.verdict == VERDICT_LISTED,
		.witnesses = worker->config->policy == POLICY_WITNESS,
		.passes = networks_witness(worker->networks, &network) >
			  clock_monotonic_ns(),
	};
}

/* Which zones name it counts once for each, whatever number of filters. */
static bool is_repeated(const struct config_dnsbl *config, size_t site)
{
	size_t first = 0;

	while (strcmp(config->sites[first].zone, config->sites[site].zone) != 0)
		first++;
	return first != site;
}

/* As far as the answers are known still. */
static void note_zones(const struct worker *worker, const struct addr *source,
		       time_t now_s)
{
	char texts[HISTORY_ZONES][SITE_ZONE_MAX];
	const char *zones[HISTORY_ZONES];
	const struct dnsbl_site_result *results;
	const struct config_dnsbl *config;
	size_t count = 0;
	uint64_t at_ns;

	if (!worker->dnsbl_config)
		return;
	config = &worker->dnsbl_config->dnsbl;
	results = answers_get(worker->answers, source, &at_ns);
	for (size_t i = 0; results && i < config->site_count; i++) {
		if (!results[i].matched || config->sites[i].weight <= 0 ||
		    is_repeated(config, i) || count == HISTORY_ZONES)
			continue;
		zones[count] = site_redact(config->sites[i].zone, texts[count]);
		count++;
	}
	history_note_zones(history_of(worker), zones, count, now_s);
}

void remember_refusal(struct worker *worker, const struct event *event)
{
	struct history_attempt attempt =
		attempt_of(worker, &event->source, event->reason);
	time_t now_s = time(NULL);
	char text[ADDR_TEXT];

	if (!history_note(history_of(worker), &attempt, now_s))
		return;
	if (event->reason == REASON_LISTED)
		note_zones(worker, &event->source, now_s);
	stories_tell(worker->stories, LOG_LEVEL_INFO, &event->source,
		     event->reason, clock_monotonic_ns(), "%s %s: %s",
		     attempt.watched ? "monitor mode lets in" : "refused",
		     addr_format(&event->source, text),
		     reason_words(event->reason));
}

void remember_passed(struct worker *worker, const struct addr *source)
{
	struct history_attempt attempt =
		attempt_of(worker, source, REASON_BYPASS);

	char text[ADDR_TEXT];

	bool after_all;

	attempt.passes = true;
	after_all =
		history_note_passed(history_of(worker), &attempt, time(NULL));
	stories_tell(
		worker->stories, after_all ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG,
		source, REASON_WITNESS, clock_monotonic_ns(),
		"%s passes the closed gate%s: %s", addr_format(source, text),
		after_all ? " after all" : "", reason_words(REASON_WITNESS));
}

void remember_opened(struct worker *worker, const struct addr *source)
{
	struct source_verdict found;
	char text[ADDR_TEXT];

	if (lookups_find(worker, source, &found) &&
	    found.verdict == VERDICT_LISTED)
		return;
	if (history_note_opened(history_of(worker), source, time(NULL)))
		stories_tell(worker->stories, LOG_LEVEL_INFO, source,
			     REASON_MAX, clock_monotonic_ns(),
			     "%s is not refused after all: the gate has opened",
			     addr_format(source, text));
}

void remember_reached(struct worker *worker, const struct addr *network)
{
	history_note_reached(history_of(worker), network, false, time(NULL));
}

void remember_mercy(void *context, const struct addr *network)
{
	const struct prefix prefix = history_network(network);
	struct worker *worker = context;
	char text[PREFIX_TEXT];

	history_note_reached(history_of(worker), network, true, time(NULL));
	stories_tell(
		worker->stories, LOG_LEVEL_NOTICE, network, REASON_MAX,
		clock_monotonic_ns(),
		"%s is clean and has knocked at the closed gate for longer "
		"than `mercy`: it may pass for 7 days",
		prefix_format(&prefix, text));
}

void remember_gate(struct worker *worker, size_t guard, enum family family)
{
	history_note_gate(history_of(worker),
			  config_guard(worker->config, guard).name, family,
			  worker->gates[guard][family].now, time(NULL));
}

void remember_guards(struct worker *worker, const struct config *next)
{
	const struct policy_gate gone = {.gate = GATE_CLOSED};

	for (size_t i = 0; i < config_guard_count(worker->config); i++) {
		const char *name = config_guard(worker->config, i).name;

		if (config_guard_named(next, name) != SIZE_MAX)
			continue;
		for (enum family family = 0; family < FAMILY_MAX; family++)
			history_note_gate(history_of(worker), name, family,
					  gone, time(NULL));
	}
}
