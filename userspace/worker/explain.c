/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The object that `posternctl explain` shows; keys in control/protocol.h. */

#include <arpa/inet.h>
#include <string.h>

#include "core/reason.h"
#include "worker/state.h"

static const char *const verdict_names[] = {
	[VERDICT_UNKNOWN] = "unknown",
	[VERDICT_CLEAN] = "clean",
	[VERDICT_LISTED] = "listed",
};

const char *explain_verdict_name(enum verdict verdict)
{
	return verdict <= VERDICT_LISTED ? verdict_names[verdict] : "unknown";
}

json_t *explain_site_json(const struct site *site,
			  const struct dnsbl_site_result *result, double age_s)
{
	char zone[SITE_ZONE_MAX], answer[INET_ADDRSTRLEN];
	double left_s = (double)result->ttl_s - age_s;
	bool answered = result->settled && result->kind == ANSWER_RECORDS;

	inet_ntop(AF_INET, result->address, answer, sizeof(answer));
	return json_pack(
		"{s:s, s:s?, s:i, s:b, s:f, s:s?}", "zone",
		site_redact(site->zone, zone), "answer",
		answered ? answer : NULL, "weight", site->weight, "matched",
		(int)result->matched, "ttl_s", left_s > 0 ? left_s : 0.0, "why",
		result->settled && result->kind == ANSWER_FAILED ? result->why
								 : NULL);
}

static json_t *sites_json(const struct worker *worker,
			  const struct addr *source)
{
	const struct config_dnsbl *config = &worker->dnsbl_config->dnsbl;
	const struct dnsbl_site_result *results;
	json_t *all = json_array();
	uint64_t at_ns;
	double age_s;

	results = answers_get(worker->answers, source, &at_ns);
	if (!results)
		return all;
	age_s = (double)(clock_monotonic_ns() - at_ns) / 1e9;
	for (size_t i = 0; i < config->site_count; i++)
		json_array_append_new(all,
				      explain_site_json(&config->sites[i],
							&results[i], age_s));
	return all;
}

static json_t *expiry_json(const struct worker *worker, __u64 expires)
{
	uint64_t at_ns = clock_ns_at(&worker->start.clock, expires);
	uint64_t now_ns = clock_monotonic_ns();

	if (!expires)
		return json_null();
	return json_real(at_ns > now_ns ? (double)(at_ns - now_ns) / 1e9 : 0);
}

/* The entry of a list that has the address, and the age of either. */
static bool find_entry(const struct worker *worker, unsigned int list,
		       const struct addr *source, struct prefix *out,
		       double *age_s)
{
	const struct ranges_set *set;

	*age_s = -1;
	if (list == LIST_NUMBER_ALLOW_NOW)
		return runtime_find(worker->runtime, RUNTIME_ALLOW, source, out,
				    age_s);
	if (list == LIST_NUMBER_BLOCK_NOW)
		return runtime_find(worker->runtime, RUNTIME_BLOCK, source, out,
				    age_s);
	if (list < LIST_NUMBERS)
		return lists_find(worker->config, list, source, out);
	*age_s = feeds_age_s(worker->feeds, list);
	set = publisher_get(worker->publisher, list);
	return set && ranges_set_find(set, source, out);
}

const char *explain_list_name(const struct worker *worker, unsigned int list)
{
	if (list < LIST_NUMBERS)
		return lists_name(list);
	return feeds_name(worker->feeds, list);
}

json_t *explain_json(struct worker *worker, const struct addr *source,
		     const struct decision *decision)
{
	char text[ADDR_TEXT], entry[PREFIX_TEXT];
	struct prefix prefix;
	double age_s;
	bool found =
		find_entry(worker, decision->list, source, &prefix, &age_s);

	return json_pack(
		"{s:s, s:s, s:s, s:s?, s:s?, s:o, s:s, s:i, s:i, s:o, s:o, "
		"s:s, s:s}",
		"address", addr_format(source, text), "action",
		action_name(decision->action), "reason",
		reason_name(decision->reason), "list",
		explain_list_name(worker, decision->list), "prefix",
		found ? prefix_format(&prefix, entry) : NULL, "list_age_s",
		age_s >= 0 ? json_real(age_s) : json_null(), "verdict",
		explain_verdict_name(decision->verdict), "score",
		decision->score, "threshold", worker->config->dnsbl.threshold,
		"sites", sites_json(worker, source), "expires_s",
		expiry_json(worker, decision->expires), "gate",
		decision->gate == GATE_OPEN ? "open" : "closed", "mode",
		gate_mode(worker) == MODE_MONITOR ? "monitor" : "enforce");
}
