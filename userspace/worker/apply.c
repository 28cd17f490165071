/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A configuration comes into force.  What it doesn't change goes on as it is:
 * a reload of the block list doesn't make the primary unknown.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "worker/state.h"

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_primary(const struct config_primary *a,
			 const struct config_primary *b)
{
	if (strcmp(a->name, b->name) != 0 || a->port != b->port ||
	    a->address_count != b->address_count)
		return false;
	for (size_t i = 0; i < a->address_count; i++)
		if (!addr_equal(&a->addresses[i], &b->addresses[i]))
			return false;
	return true;
}

static bool same_guard(const struct config_guard *a,
		       const struct config_guard *b)
{
	if (strcmp(a->name, b->name) != 0 ||
	    a->protect_count != b->protect_count ||
	    a->mx_of_count != b->mx_of_count ||
	    a->primary_count != b->primary_count)
		return false;
	for (size_t i = 0; i < a->protect_count; i++)
		if (!addr_equal(&a->protect[i], &b->protect[i]))
			return false;
	for (size_t i = 0; i < a->mx_of_count; i++)
		if (strcmp(a->mx_of[i], b->mx_of[i]) != 0)
			return false;
	for (size_t i = 0; i < a->primary_count; i++)
		if (!same_primary(&a->primaries[i], &b->primaries[i]))
			return false;
	return true;
}

static bool same_sources(const struct config_health *a,
			 const struct config_health *b)
{
	return a->source_count == b->source_count &&
	       memcmp(a->source, b->source,
		      a->source_count * sizeof(*a->source)) == 0;
}

/* Does it mean the same to the probers? */
static bool same_primaries(const struct config *a, const struct config *b)
{
	const struct config_health *old = &a->health, *new = &b->health;

	if (a->guard_count != b->guard_count ||
	    old->interval_ms != new->interval_ms ||
	    old->timeout_ms != new->timeout_ms || old->fall != new->fall ||
	    old->rise != new->rise || old->starttls != new->starttls ||
	    old->settle_ms != new->settle_ms || !same_sources(old, new) ||
	    !same_text(old->helo, new->helo) ||
	    !same_text(old->recipient, new->recipient))
		return false;
	for (size_t i = 0; i < config_guard_count(a); i++) {
		struct config_guard one = config_guard(a, i);
		struct config_guard other = config_guard(b, i);

		if (!same_guard(&one, &other))
			return false;
	}
	return true;
}

static bool same_site(const struct site *a, const struct site *b)
{
	return strcmp(a->zone, b->zone) == 0 && a->weight == b->weight &&
	       a->filtered == b->filtered &&
	       (!a->filtered ||
		memcmp(a->filter, b->filter, sizeof(a->filter)) == 0);
}

/* Does it mean the same to the DNSBL engine? */
static bool same_dnsbl(const struct config_dnsbl *a,
		       const struct config_dnsbl *b)
{
	if (a->site_count != b->site_count || a->threshold != b->threshold ||
	    a->quota != b->quota || a->quota_period_ms != b->quota_period_ms)
		return false;
	for (size_t i = 0; i < a->site_count; i++)
		if (!same_site(&a->sites[i], &b->sites[i]))
			return false;
	return true;
}

static bool same_nameservers(const struct config_dnsbl *a,
			     const struct config_dnsbl *b)
{
	if (a->nameserver_count != b->nameserver_count)
		return false;
	for (size_t i = 0; i < a->nameserver_count; i++)
		if (a->nameservers[i].port != b->nameservers[i].port ||
		    !addr_equal(&a->nameservers[i].addr,
				&b->nameservers[i].addr))
			return false;
	return true;
}

/* What a configuration needs made anew; NULL: there is none, or it stays. */
struct parts {
	struct dnsbl *dnsbl;
	struct answers *answers;
	struct primaries *primaries;
};

static void on_primaries_changed(void *context)
{
	gate_update(context);
}

static int make_dnsbl(struct worker *worker, const struct config *next,
		      struct parts *parts)
{
	int error;

	error = answers_create(next->dnsbl.site_count, &parts->answers);
	if (error || next->dnsbl.site_count == 0)
		return error;
	return lookups_start(worker, next, &parts->dnsbl);
}

static void discard(const struct parts *parts)
{
	if (parts->dnsbl)
		dnsbl_close(parts->dnsbl);
	answers_free(parts->answers);
	if (parts->primaries)
		primaries_close(parts->primaries);
}

#define HOLDERS 3 /* of configurations */

/* Those that were held, often the same, go once nobody holds them any more. */
static void release(const struct worker *worker,
		    struct config *before[static HOLDERS])
{
	for (size_t i = 0; i < HOLDERS; i++) {
		bool held = before[i] == worker->config ||
			    before[i] == worker->dnsbl_config ||
			    before[i] == worker->primaries_config;

		for (size_t j = 0; j < i; j++)
			held |= before[i] == before[j];
		if (!held)
			config_free(before[i]);
	}
}

static void replace_dnsbl(struct worker *worker, struct config *next,
			  const struct parts *parts)
{
	lookups_replace(worker, next, parts->dnsbl);
	answers_free(worker->answers);
	worker->answers = parts->answers;
	worker->dnsbl_config = next;
}

static void replace_primaries(struct worker *worker, struct config *next,
			      const struct parts *parts)
{
	if (worker->primaries) {
		gate_keep(worker, clock_monotonic_ns() + LEASE_NS);
		primaries_close(worker->primaries);
	}
	worker->primaries = parts->primaries;
	worker->primaries_config = next;
}

static bool same_recipients(const struct config *a, const struct config *b)
{
	const struct config_queue *one = &a->queue, *other = &b->queue;

	return one->recipients == other->recipients &&
	       one->verify_port == other->verify_port &&
	       one->verify_delay_ms == other->verify_delay_ms &&
	       same_text(one->recipient_file, other->recipient_file) &&
	       same_text(a->health.helo, b->health.helo);
}

/* Without it mail gets in all the same, so that a failure is only told. */
static void replace_verifier(struct worker *worker, const struct config *next)
{
	int error = 0;

	if (worker->verifier)
		verifier_close(worker->verifier);
	worker->verifier = NULL;
	if (next->queue.recipients == RECIPIENTS_VERIFY)
		error = verifier_create(&worker->loop, next, &worker->verifier);
	if (error)
		log_error("recipients are not verified: %s", strerror(-error));
}

/*
 * At the start feeds are read before anything is put in force, so that what an
 * earlier worker left there has no gap.  Later they are read again beside the
 * loop, once the configuration is taken.
 */
static int put_lists(struct worker *worker, const struct config *next,
		     char error[static CONFIG_ERROR_TEXT])
{
	bool first = !worker->config;
	int result = 0;

	if (first)
		result = feeds_apply(worker->feeds, next, true);
	if (!result)
		result = publisher_apply(worker->publisher, next);
	while (first && result == -ENOSPC &&
	       feeds_give_up_largest(worker->feeds))
		result = publisher_apply(worker->publisher, next);
	if (result)
		lists_describe(result, next, error);
	return result;
}

/* The last step that can fail: then the lists are taken back. */
static int use_nameservers(struct worker *worker, const struct config *next,
			   char error[static CONFIG_ERROR_TEXT])
{
	int result = resolver_use(worker->resolver, next->dnsbl.nameservers,
				  next->dnsbl.nameserver_count);

	if (result) {
		publisher_apply(worker->publisher, worker->config);
		snprintf(error, CONFIG_ERROR_TEXT,
			 "can't use its nameservers: %s", strerror(-result));
	}
	return result;
}

int apply_config(struct worker *worker, struct config *next,
		 char error[static CONFIG_ERROR_TEXT])
{
	struct config *before = worker->config;
	bool new_dnsbl = !before || !same_dnsbl(&worker->dnsbl_config->dnsbl,
						&next->dnsbl);
	bool new_primaries =
		!before || !same_primaries(worker->primaries_config, next);
	struct config *held[HOLDERS] = {
		before,
		worker->dnsbl_config,
		worker->primaries_config,
	};
	struct parts parts = {0};
	int result = 0;

	if (new_dnsbl)
		result = make_dnsbl(worker, next, &parts);
	if (!result && new_primaries)
		result = primaries_create(&worker->loop, next, worker->resolver,
					  on_primaries_changed, worker,
					  &parts.primaries);
	if (result)
		snprintf(error, CONFIG_ERROR_TEXT, "can't put it in force: %s",
			 strerror(-result));
	if (!result)
		result = put_lists(worker, next, error);
	if (!result && before &&
	    !same_nameservers(&before->dnsbl, &next->dnsbl))
		result = use_nameservers(worker, next, error);
	if (result) {
		discard(&parts);
		return result;
	}
	if (before)
		gate_carry(worker, next);
	worker->config = next;
	if (before && feeds_apply(worker->feeds, next, false) != 0)
		log_error("feeds stay as they were: %s", strerror(ENOMEM));
	if (new_dnsbl)
		replace_dnsbl(worker, next, &parts);
	if (new_primaries)
		replace_primaries(worker, next, &parts);
	recovery_use(worker->recovery, next);
	knocks_use(worker->knocked, next);
	if (!before || !same_recipients(before, next))
		replace_verifier(worker, next);
	release(worker, held);
	lookups_follow_own(worker);
	witnesses_retry(worker);
	gate_decide(worker);
	return 0;
}
