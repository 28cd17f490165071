/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lookup by itself: two rounds of questions, for codes and for texts. */

#include "sources/dnsbl_explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sources/dnsbl_code.h"
#include "sources/dnsbl_name.h"

/* The question to the zone of one site; sites of the same zone share it. */
struct asked {
	struct explain *explain;
	size_t first; /* site of this zone */
	char text[ANSWER_TEXT_MAX];
};

struct explain {
	struct resolver *resolver;
	dnsbl_explained *done;
	void *context;
	struct addr source;
	int threshold;
	size_t site_count;
	size_t pending;
	struct site *sites;
	struct asked *asked;
	struct dnsbl_explained_site *told;
};

static void free_explain(struct explain *explain)
{
	free(explain->sites);
	free(explain->asked);
	free(explain->told);
	free(explain);
}

static int decide(const struct explain *explain, struct dnsbl_decision *out)
{
	struct dnsbl_site_result *results;

	results = calloc(explain->site_count, sizeof(*results));
	if (!results)
		return -ENOMEM;
	for (size_t i = 0; i < explain->site_count; i++)
		results[i] = explain->told[i].result;
	dnsbl_score_decide(explain->sites, results, explain->site_count,
			   explain->threshold, out);
	free(results);
	return 0;
}

static void finish_when_told(struct explain *explain)
{
	struct dnsbl_explanation explanation = {
		.source = explain->source,
		.site_count = explain->site_count,
		.sites = explain->told,
	};

	if (explain->pending > 0)
		return;
	/* Without memory the verdict stays what it is by default: unknown. */
	decide(explain, &explanation.decision);
	explain->done(explain->context, &explanation);
	free_explain(explain);
}

static bool same_zone(const struct explain *explain, size_t a, size_t b)
{
	return strcmp(explain->sites[a].zone, explain->sites[b].zone) == 0;
}

static void on_text(void *context, const struct answer *answer)
{
	struct asked *asked = context;
	struct explain *explain = asked->explain;

	if (answer->kind == ANSWER_RECORDS) {
		memcpy(asked->text, answer->text, sizeof(asked->text));
		site_redact_text(explain->sites[asked->first].zone,
				 asked->text);
	}
	explain->pending--;
	finish_when_told(explain);
}

static void ask_text(struct asked *asked)
{
	struct explain *explain = asked->explain;
	char name[SITE_ZONE_MAX];

	dnsbl_name(&explain->source, explain->sites[asked->first].zone, name);
	if (resolver_ask(explain->resolver, name, QUESTION_TXT, on_text,
			 asked) == 0)
		explain->pending++;
}

static void note(struct asked *asked, const struct answer *answer,
		 const char *fault)
{
	struct explain *explain = asked->explain;

	for (size_t i = asked->first; i < explain->site_count; i++) {
		struct dnsbl_site_result *result = &explain->told[i].result;

		if (!same_zone(explain, asked->first, i))
			continue;
		result->settled = true;
		result->kind = answer->kind;
		result->ttl_s = answer->ttl_s;
		if (answer->kind == ANSWER_RECORDS)
			dnsbl_code_match(&explain->sites[i], answer, result);
		if (!fault)
			continue;
		result->kind = ANSWER_FAILED;
		result->why = fault;
		result->matched = false;
	}
}

static void on_answer(void *context, const struct answer *answer)
{
	struct asked *asked = context;
	struct explain *explain = asked->explain;
	struct zone_finding finding;

	dnsbl_code_judge(explain->sites[asked->first].zone, explain->sites,
			 explain->site_count, answer, &finding);
	note(asked, answer, finding.why);
	if (answer->kind == ANSWER_RECORDS)
		ask_text(asked);
	explain->pending--;
	finish_when_told(explain);
}

static bool is_first_of_zone(const struct explain *explain, size_t site)
{
	for (size_t i = 0; i < site; i++)
		if (same_zone(explain, i, site))
			return false;
	return true;
}

static void ask_zone(struct explain *explain, size_t site)
{
	struct asked *asked = &explain->asked[site];
	char name[SITE_ZONE_MAX];
	struct answer none;

	asked->explain = explain;
	asked->first = site;
	dnsbl_name(&explain->source, explain->sites[site].zone, name);
	if (resolver_ask(explain->resolver, name, QUESTION_A, on_answer,
			 asked) == 0) {
		explain->pending++;
		return;
	}
	answer_fail(&none, QUESTION_A, "could not be asked");
	note(asked, &none, none.why);
}

/* Returns 0 if anything could be asked at all. */
static int ask_all(struct explain *explain)
{
	size_t site = 0;

	do {
		if (is_first_of_zone(explain, site))
			ask_zone(explain, site);
	} while (++site < explain->site_count);
	return explain->pending > 0 ? 0 : -EAGAIN;
}

static void link_texts(struct explain *explain)
{
	for (size_t i = 0; i < explain->site_count; i++) {
		size_t first = 0;

		while (!same_zone(explain, first, i))
			first++;
		explain->told[i].site = &explain->sites[i];
		explain->told[i].text = explain->asked[first].text;
	}
}

static struct explain *create(const struct config_dnsbl *config)
{
	struct explain *explain = calloc(1, sizeof(*explain));
	size_t count = config->site_count;

	if (!explain)
		return NULL;
	explain->threshold = config->threshold;
	explain->site_count = count;
	explain->sites = calloc(count, sizeof(*explain->sites));
	explain->asked = calloc(count, sizeof(*explain->asked));
	explain->told = calloc(count, sizeof(*explain->told));
	if (!explain->sites || !explain->asked || !explain->told) {
		free_explain(explain);
		return NULL;
	}
	memcpy(explain->sites, config->sites, count * sizeof(*explain->sites));
	link_texts(explain);
	return explain;
}

int dnsbl_explain(struct resolver *resolver, const struct config_dnsbl *config,
		  const struct addr *source, dnsbl_explained *done,
		  void *context)
{
	struct explain *explain;
	int error;

	if (config->site_count == 0)
		return -ENOENT;
	explain = create(config);
	if (!explain)
		return -ENOMEM;
	explain->resolver = resolver;
	explain->done = done;
	explain->context = context;
	explain->source = *source;
	error = ask_all(explain);
	if (error)
		free_explain(explain);
	return error;
}
