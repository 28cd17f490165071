/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Knocks, and what follows from them. */

#include "worker/knocks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/addr.h"
#include "core/attempts.h"
#include "core/knockers.h"
#include "core/log.h"

/* Whose way to the primary is broken stays out of it for a while. */
#define MERCY_LASTS_NS (UINT64_C(7) * 86400 * NS_PER_S)

struct knocks {
	struct network_table *networks;
	struct knockers *knockers;
	struct attempts *attempts;
	enum config_policy policy; /* under which they are counted */
	const struct config *config;
	knocks_merciful *merciful;
	void *context;
	uint64_t shown; /* networks that were let in so */
};

int knocks_create(struct network_table *networks, knocks_merciful *merciful,
		  void *context, struct knocks **out)
{
	struct knocks *knocks = calloc(1, sizeof(*knocks));
	uint64_t seed = 0;

	/* Without a seed they only share places as anybody can foresee. */
	(void)!getrandom(&seed, sizeof(seed), GRND_NONBLOCK);
	if (!knocks)
		return -ENOMEM;
	knocks->knockers = knockers_create(seed);
	knocks->attempts = attempts_create(seed);
	if (!knocks->knockers || !knocks->attempts) {
		knocks_free(knocks);
		return -ENOMEM;
	}
	knocks->networks = networks;
	knocks->merciful = merciful;
	knocks->context = context;
	*out = knocks;
	return 0;
}

void knocks_use(struct knocks *knocks, const struct config *config)
{
	/* Who passes for whom depends on it: what was counted is of no use. */
	if (config->policy != knocks->policy)
		attempts_reset(knocks->attempts);
	knocks->policy = config->policy;
	knocks->config = config;
}

static uint64_t mercy_ns(const struct knocks *knocks)
{
	return knocks->config->mercy_ms * NS_PER_MS;
}

static void show_mercy(struct knocks *knocks, const struct addr *key)
{
	uint64_t until_ns = clock_monotonic_ns() + MERCY_LASTS_NS;
	const struct prefix prefix = {
		.addr = *key,
		.length = addr_family(key) == FAMILY_IPV4 ? 24 : 64,
	};
	int result = networks_prolong_witness(knocks->networks, key, until_ns);
	char text[PREFIX_TEXT];

	prefix_format(&prefix, text);
	/* It may pass for longer already. */
	if (result == 0)
		return;
	if (result < 0) {
		log_warning("can't let in %s, which keeps knocking: %s", text,
			    strerror(-result));
		return;
	}
	knocks->shown++;
	knocks->merciful(knocks->context, key);
}

bool knocks_note(struct knocks *knocks, const struct addr *source,
		 enum verdict verdict)
{
	struct addr key = networks_key(source);
	uint64_t now_ns = clock_monotonic_ns();

	attempts_note(knocks->attempts, source, verdict == VERDICT_LISTED,
		      false, now_ns);
	switch (knockers_knock(knocks->knockers, &key, verdict, now_ns,
			       mercy_ns(knocks))) {
	case KNOCK_MERCY:
		show_mercy(knocks, &key);
		return false;
	case KNOCK_ASK:
		return true;
	default:
		return false;
	}
}

void knocks_passed(struct knocks *knocks, const struct addr *source,
		   enum verdict verdict)
{
	attempts_note(knocks->attempts, source, verdict == VERDICT_LISTED, true,
		      clock_monotonic_ns());
}

void knocks_judged(struct knocks *knocks, const struct addr *source,
		   enum verdict verdict)
{
	struct addr key = networks_key(source);

	if (verdict == VERDICT_LISTED)
		knockers_listed(knocks->knockers, &key);
	else if (verdict == VERDICT_CLEAN &&
		 knockers_clean(knocks->knockers, &key, clock_monotonic_ns(),
				mercy_ns(knocks)))
		show_mercy(knocks, &key);
}

bool knocks_crowd(struct knocks *knocks, enum family family, bool closed)
{
	return knockers_crowd(knocks->knockers, family, closed,
			      clock_monotonic_ns(), knocks->config->crowd);
}

static json_t *family_json(const struct knocks *knocks, enum family family)
{
	struct knockers_status status;

	knockers_status(knocks->knockers, family, clock_monotonic_ns(),
			&status);
	return json_pack(
		"{s:I, s:o, s:f}", "now", (json_int_t)status.now, "usual",
		status.usual < 0 ? json_null() : json_real(status.usual),
		"open_left_s", status.open_left_s);
}

/* Without that policy nobody tells of witnesses. */
static json_t *attempts_json(const struct knocks *knocks)
{
	struct attempts_status status = attempts_status(knocks->attempts);

	return json_pack("{s:I, s:I, s:o}", "off", (json_int_t)status.off,
			 "strict", (json_int_t)status.strict, "witness",
			 knocks->policy == POLICY_WITNESS
				 ? json_integer((json_int_t)status.witness)
				 : json_null());
}

json_t *knocks_json(const struct knocks *knocks)
{
	return json_pack("{s:I, s:I, s:o, s:o, s:o}", "mercy",
			 (json_int_t)knocks->shown, "networks",
			 (json_int_t)networks_count(knocks->networks),
			 "attempts", attempts_json(knocks), "ipv4",
			 family_json(knocks, FAMILY_IPV4), "ipv6",
			 family_json(knocks, FAMILY_IPV6));
}

void knocks_free(struct knocks *knocks)
{
	if (!knocks)
		return;
	knockers_free(knocks->knockers);
	attempts_free(knocks->attempts);
	free(knocks);
}
