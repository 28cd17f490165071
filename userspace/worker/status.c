/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The object that `posternctl status` shows; keys in control/protocol.h. */

#include <string.h>
#include <time.h>

#include "core/reason.h"
#include "tables/counters.h"
#include "worker/state.h"

static double seconds_since(uint64_t then_ns)
{
	return (double)(clock_monotonic_ns() - then_ns) / 1e9;
}

/* Until when the program believes us, from its own point of view. */
static double lease_left_s(const struct worker *worker)
{
	uint64_t until_ns = clock_ns_at(&worker->start.clock,
					settings_lease(worker->settings));
	uint64_t now_ns = clock_monotonic_ns();

	return until_ns > now_ns ? (double)(until_ns - now_ns) / 1e9 : 0;
}

static json_t *interfaces_json(const struct worker *worker)
{
	json_t *all = json_array();

	for (uint32_t i = 0; i < worker->attachments.count; i++) {
		const struct attachment *one = &worker->attachments.of[i];
		const char *attach = "gone";

		if (one->ifindex && one->program_id)
			attach = one->native ? "native" : "generic";
		else if (one->ifindex)
			attach = "detached";
		json_array_append_new(all,
				      json_pack("{s:s, s:s, s:I}", "name",
						one->interface, "attach",
						attach, "program_id",
						(json_int_t)one->program_id));
	}
	return all;
}

static const char *mode_word(enum config_mode mode)
{
	return mode == MODE_MONITOR ? "monitor" : "enforce";
}

/* Stages that are decided and counted only. */
static json_t *watched_json(const struct worker *worker)
{
	const struct config *config = worker->config;
	json_t *all = json_array();

	for (size_t i = 0; i < config->monitored_count; i++)
		json_array_append_new(
			all, json_string(stage_name(config->monitored[i])));
	return all;
}

static json_t *primary_json(const struct health_target *target)
{
	char addr[ADDR_TEXT];
	bool probed = target->last_ns != 0;

	return json_pack(
		"{s:s, s:s, s:i, s:s, s:s, s:o, s:o}", "name", target->name,
		"address", addr_format(&target->addr, addr), "port",
		(int)target->port, "state", health_state_name(target->state),
		"reason", probed ? probe_reason_name(target->reason) : "",
		"reply", control_text(target->reply), "last_probe_s",
		probed ? json_real(seconds_since(target->last_ns))
		       : json_null());
}

static json_t *primaries_json(const struct worker *worker)
{
	const struct health_target *targets;
	json_t *all = json_array();
	size_t count = 0;

	targets = primaries_targets(worker->primaries, &count);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(all, primary_json(&targets[i]));
	return all;
}

static json_t *latency_json(double seconds)
{
	return seconds > 0 ? json_real(seconds) : json_null();
}

static void add_zone(void *context, const struct dnsbl_zone_status *zone)
{
	json_array_append_new(
		context,
		json_pack("{s:s, s:s, s:f, s:s, s:s, s:I, s:I, s:I, s:I, s:I, "
			  "s:o, s:o, s:I, s:I}",
			  "zone", zone->zone, "state", zone->state, "state_s",
			  zone->state_s, "reason", zone->reason, "remedy",
			  zone->remedy, "queries", (json_int_t)zone->queries,
			  "listed", (json_int_t)zone->listed, "failed",
			  (json_int_t)zone->failed, "waiting",
			  (json_int_t)zone->waiting, "in_flight",
			  (json_int_t)zone->in_flight, "p50_s",
			  latency_json(zone->p50_s), "p99_s",
			  latency_json(zone->p99_s), "quota_used",
			  (json_int_t)zone->used, "quota_limit",
			  (json_int_t)zone->limit));
}

static json_t *zones_json(const struct worker *worker)
{
	json_t *all = json_array();

	if (worker->dnsbl)
		dnsbl_zones(worker->dnsbl, add_zone, all);
	return all;
}

static json_t *lists_json(const struct worker *worker)
{
	json_t *all = json_array();

	for (unsigned int n = 1; n < LIST_NUMBERS; n++) {
		size_t entries = lists_count(worker->config, n);
		struct list_counters hits = {0};

		counters_read_list(worker->start.maps.list_counters, n, &hits);
		if (n == LIST_NUMBER_ALLOW_NOW)
			entries = runtime_count(worker->runtime, RUNTIME_ALLOW);
		else if (n == LIST_NUMBER_BLOCK_NOW)
			entries = runtime_count(worker->runtime, RUNTIME_BLOCK);
		json_array_append_new(all,
				      json_pack("{s:s, s:I, s:I, s:I}", "name",
						lists_name(n), "entries",
						(json_int_t)entries, "ipv4",
						(json_int_t)hits.ipv4, "ipv6",
						(json_int_t)hits.ipv6));
	}
	return all;
}

static json_t *counters_json(const struct worker *worker)
{
	struct counters counters = {0};
	json_t *all = json_object();

	counters_read(worker->start.maps.counters, &counters);
	for (enum reason reason = 0; reason < REASON_MAX; reason++)
		json_object_set_new(all, reason_name(reason),
				    json_pack("{s:I, s:I}", "ipv4",
					      (json_int_t)counters_of(
						      &counters.ipv4, reason),
					      "ipv6",
					      (json_int_t)counters_of(
						      &counters.ipv6, reason)));
	return all;
}

static json_t *lookups_json(const struct worker *worker)
{
	struct dnsbl_status status = {.shed_s = -1};
	json_int_t waiting = 0;

	if (worker->dnsbl)
		dnsbl_status(worker->dnsbl, &status);
	for (size_t i = 0; i < DNSBL_PRIORITIES; i++)
		waiting += (json_int_t)status.waiting[i];
	return json_pack(
		"{s:I, s:I, s:I, s:I, s:I, s:o, s:I, s:I}", "waiting", waiting,
		"active", (json_int_t)status.active, "asked",
		(json_int_t)status.asked, "shed", (json_int_t)status.shed,
		"shed_network", (json_int_t)status.shed_network, "shed_s",
		status.shed_s < 0 ? json_null() : json_real(status.shed_s),
		"put_off", (json_int_t)status.put_off, "verdicts",
		(json_int_t)verdicts_count(worker->verdicts));
}

static json_t *nudge_json(const struct worker *worker)
{
	const struct nudge_counts *counts = &worker->nudges;
	const char *state = "on";

	if (!worker->config->dnsbl.nudge)
		state = "off";
	else if (counts->switched_off)
		state = "switched off: it did harm";
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "state", state,
			 "sent", (json_int_t)counts->sent, "back",
			 (json_int_t)counts->sent_back, "control",
			 (json_int_t)counts->control, "control_back",
			 (json_int_t)counts->control_back, "over_budget",
			 (json_int_t)counts->over_budget);
}

static json_t *worker_json(const struct worker *worker)
{
	const struct sandbox *sandbox = &worker->start.sandbox;

	return json_pack("{s:b, s:b}", "seccomp", sandbox->seccomp, "cap_bpf",
			 sandbox->cap_bpf);
}

/* null: there is no Postfix, or it has not been counted yet. */
static json_t *queue_json(const struct worker *worker)
{
	const struct queue_state *queue = &worker->queue;
	json_int_t now = time(NULL);

	if (!queue->known)
		return json_null();
	return json_pack("{s:I, s:o, s:I}", "length", (json_int_t)queue->length,
			 "oldest_s",
			 queue->length && queue->oldest_unix
				 ? json_integer(now - queue->oldest_unix)
				 : json_null(),
			 "age_s", now - (json_int_t)queue->at_unix);
}

static json_t *recipients_json(const struct worker *worker)
{
	struct verifier_status status;

	if (!worker->verifier)
		return json_null();
	verifier_status(worker->verifier, &status);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:b, s:s?}", "accepted",
			 (json_int_t)status.accepted, "refused",
			 (json_int_t)status.refused, "deferred",
			 (json_int_t)status.deferred, "failed",
			 (json_int_t)status.failed, "skipped",
			 (json_int_t)status.skipped, "resting",
			 (int)status.resting, "problem", status.problem);
}

json_t *status_json(struct worker *worker)
{
	return json_pack(
		"{s:s, s:s, s:s, s:o, s:o, s:f, s:o, s:{s:o, s:o}, s:o, s:o, "
		"s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
		"s:o}",
		"version", POSTERN_VERSION, "mode",
		mode_word(gate_mode(worker)), "configured_mode",
		mode_word(worker->config->mode), "watched",
		watched_json(worker), "orders", orders_json(worker->orders),
		"lease_s", lease_left_s(worker), "interfaces",
		interfaces_json(worker), "gate", "ipv4",
		status_gate_json(worker, FAMILY_IPV4), "ipv6",
		status_gate_json(worker, FAMILY_IPV6), "guards",
		status_guards_json(worker), "primaries", primaries_json(worker),
		"zones", zones_json(worker), "feeds", feeds_json(worker->feeds),
		"lists", lists_json(worker), "lookups", lookups_json(worker),
		"nudge", nudge_json(worker), "doorman", door_json(worker),
		"worker", worker_json(worker), "counters",
		counters_json(worker), "queue", queue_json(worker), "recovery",
		recovery_json(worker->recovery), "recipients",
		recipients_json(worker), "knockers",
		knocks_json(worker->knocked), "witnesses",
		witnesses_json(worker));
}
