/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control command `watch`: decisions as they are made. */

#include <arpa/inet.h>
#include <string.h>
#include <time.h>

#include "core/reason.h"
#include "tables/counters.h"
#include "tables/rules.h"
#include "worker/state.h"

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool has_text(const json_t *texts, const char *text)
{
	const json_t *one;
	size_t i;

	json_array_foreach(texts, i, one)
	{
		if (strcmp(json_string_value(one), text) == 0)
			return true;
	}
	return false;
}

/* The zones that name a source, as far as their answers are still known. */
static json_t *zones_json(const struct worker *worker,
			  const struct addr *source)
{
	const struct dnsbl_site_result *results = NULL;
	const struct config_dnsbl *config;
	char zone[SITE_ZONE_MAX];
	json_t *all = json_array();
	uint64_t at_ns;

	if (worker->answers && worker->dnsbl_config)
		results = answers_get(worker->answers, source, &at_ns);
	if (!results)
		return all;
	config = &worker->dnsbl_config->dnsbl;
	for (size_t i = 0; i < config->site_count; i++) {
		if (!results[i].matched || config->sites[i].weight <= 0)
			continue;
		site_redact(config->sites[i].zone, zone);
		if (!has_text(all, zone))
			json_array_append_new(all, json_string(zone));
	}
	return all;
}

static json_t *verdict_json(const struct shown *shown)
{
	if (shown->verdict == VERDICT_UNKNOWN)
		return json_null();
	return json_string(explain_verdict_name(shown->verdict));
}

static json_t *describe(void *context, const struct shown *shown)
{
	char source[ADDR_TEXT], destination[ADDR_TEXT];
	const struct worker *worker = context;

	return json_pack(
		"{s:s, s:f, s:s, s:s, s:i, s:s, s:s?, s:s, s:s?, s:o, s:o, "
		"s:i}",
		"kind", "decision", "time", now_s(), "source",
		addr_format(&shown->event.source, source), "destination",
		addr_format(&shown->event.destination, destination), "port",
		(int)ntohs(shown->port), "action", action_name(shown->action),
		"would",
		shown->would == ACTION_PASS ? NULL : action_name(shown->would),
		"reason", reason_name(shown->event.reason), "list",
		explain_list_name(worker, shown->list), "zones",
		shown->event.reason == REASON_LISTED
			? zones_json(worker, &shown->event.source)
			: json_array(),
		"verdict", verdict_json(shown), "score", shown->score);
}

/* At once, and without a thought to what else the rules depend on. */
static void on_changed(void *context)
{
	struct worker *worker = context;
	struct rules rules = *settings_rules(worker->settings);

	rules_set_show(&rules, watch_is_on(worker->watch));
	settings_publish(worker->settings, &rules);
}

static int count(void *context, uint64_t counted[static REASON_MAX])
{
	const struct worker *worker = context;
	struct counters now;
	int error = counters_read(worker->start.maps.counters, &now);

	for (enum reason reason = 0; !error && reason < REASON_MAX; reason++)
		counted[reason] = counters_of(&now.ipv4, reason) +
				  counters_of(&now.ipv6, reason);
	return error;
}

static void drain(void *context)
{
	const struct worker *worker = context;

	events_drain(worker->events);
}

int watch_command_start(struct worker *worker)
{
	const struct watch_owner owner = {
		.context = worker,
		.changed = on_changed,
		.count = count,
		.drain = drain,
		.describe = describe,
	};

	return watch_create(&worker->loop, &owner, &worker->watch);
}

void watch_command(void *context, const json_t *args,
		   struct control_request *request)
{
	char error[WATCH_FILTER_TEXT];
	struct worker *worker = context;
	struct watch_filter filter;

	if (watch_filter_parse(args, &filter, error)) {
		control_fail(request, "%s", error);
		return;
	}
	watch_join(worker->watch, &filter,
		   json_pack("{s:s, s:s, s:s}", "kind", "begin", "version",
			     POSTERN_VERSION, "mode",
			     gate_mode(worker) == MODE_MONITOR ? "monitor"
							       : "enforce"),
		   request);
}
