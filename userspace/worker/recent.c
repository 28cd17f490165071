/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who knocked at closed gates just now. */

#include "worker/recent.h"

#include "tables/clock.h"
#include "tables/networks.h"

void recent_note(struct recent *recent, const struct addr *source,
		 const struct addr *door)
{
	uint64_t now_ns = clock_monotonic_ns();
	struct knock *next;

	/* Only its first SYN can be nudged: later ones make it no younger. */
	for (size_t i = 0; i < RECENT_MAX; i++)
		if (recent->of[i].ns &&
		    now_ns < recent->of[i].ns + RECENT_LIFE_NS &&
		    addr_equal(&recent->of[i].source, source))
			return;
	next = &recent->of[recent->next++ % RECENT_MAX];
	*next = (struct knock){
		.source = *source,
		.door = *door,
		.ns = now_ns,
	};
}

static void take(struct knock *knock,
		 void (*each)(void *context, const struct addr *source),
		 void *context)
{
	if (clock_monotonic_ns() < knock->ns + RECENT_LIFE_NS)
		each(context, &knock->source);
	knock->ns = 0;
}

void recent_take_network(struct recent *recent, const struct addr *network,
			 void (*each)(void *context, const struct addr *source),
			 void *context)
{
	for (size_t i = 0; i < RECENT_MAX; i++) {
		struct knock *knock = &recent->of[i];
		struct addr its = networks_key(&knock->source);

		if (knock->ns && addr_equal(&its, network))
			take(knock, each, context);
	}
}

void recent_take(struct recent *recent, const struct config *config,
		 size_t guard, enum family family,
		 void (*each)(void *context, const struct addr *source),
		 void *context)
{
	for (size_t i = 0; i < RECENT_MAX; i++) {
		struct knock *knock = &recent->of[i];

		if (knock->ns && addr_family(&knock->source) == family &&
		    config_guard_of(config, &knock->door) == guard)
			take(knock, each, context);
	}
}
