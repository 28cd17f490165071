/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Weights are bounded (SITE_WEIGHT_MAX), so their sums fit into 64 bits. */

#include "sources/dnsbl_score.h"

/* How far sites that aren't known could still move the score. */
struct reach {
	int64_t down;
	int64_t up;
};

struct sum {
	int64_t score;
	struct reach failed;
	struct reach pending;
};

static bool is_known(const struct dnsbl_site_result *result)
{
	return result->settled && !result->doubted &&
	       result->kind != ANSWER_FAILED;
}

static struct sum add_up(const struct site *sites,
			 const struct dnsbl_site_result *results, size_t count)
{
	struct sum sum = {0};

	for (size_t i = 0; i < count; i++) {
		bool final = results[i].settled && !results[i].doubted;
		struct reach *reach = final ? &sum.failed : &sum.pending;
		int weight = sites[i].weight;

		if (is_known(&results[i]))
			sum.score += results[i].matched ? weight : 0;
		else if (weight < 0)
			reach->down += weight;
		else
			reach->up += weight;
	}
	return sum;
}

/*
 * A verdict depends on those answers which, were they different, would move
 * the score towards the threshold.
 */
static bool depends_on(enum verdict verdict, int weight, bool matched)
{
	bool raised = matched ? weight > 0 : weight < 0;

	return weight != 0 && raised == (verdict == VERDICT_LISTED);
}

static uint32_t verdict_ttl(enum verdict verdict, const struct site *sites,
			    const struct dnsbl_site_result *results,
			    size_t count)
{
	uint32_t ttl = DNSBL_TTL_MAX;

	for (size_t i = 0; i < count; i++)
		if (is_known(&results[i]) &&
		    depends_on(verdict, sites[i].weight, results[i].matched) &&
		    results[i].ttl_s < ttl)
			ttl = results[i].ttl_s;
	return ttl < DNSBL_TTL_MIN ? DNSBL_TTL_MIN : ttl;
}

bool dnsbl_score_decide(const struct site *sites,
			const struct dnsbl_site_result *results, size_t count,
			int threshold, struct dnsbl_decision *out)
{
	struct sum sum = add_up(sites, results, count);
	int64_t low = sum.score + sum.failed.down + sum.pending.down;
	int64_t high = sum.score + sum.failed.up + sum.pending.up;
	enum verdict verdict;

	if (low >= threshold)
		verdict = VERDICT_LISTED;
	else if (high < threshold)
		verdict = VERDICT_CLEAN;
	else if (high - sum.failed.up + sum.failed.down < threshold &&
		 low - sum.failed.down + sum.failed.up >= threshold)
		verdict = VERDICT_UNKNOWN; /* the failed ones alone decide */
	else
		return false;

	out->verdict = verdict;
	out->score = (int)sum.score;
	out->ttl_s = verdict == VERDICT_UNKNOWN
			     ? 0
			     : verdict_ttl(verdict, sites, results, count);
	return true;
}
