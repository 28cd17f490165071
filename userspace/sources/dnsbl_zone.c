/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ring of tickets that lookups leave with a zone. */

#include "sources/dnsbl_engine.h"

static struct dnsbl_ticket *ticket_at(struct dnsbl_zone *zone, uint32_t index)
{
	return &zone->tickets[(zone->first_ticket + index) % DNSBL_TICKETS];
}

/* Lookups that are over leave tickets behind: there is room without them. */
static void drop_dead_tickets(struct dnsbl_zone *zone)
{
	const struct dnsbl_lookups *lookups = &zone->dnsbl->lookups;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < zone->ticket_count; i++)
		if (dnsbl_lookups_find(lookups, ticket_at(zone, i)))
			*ticket_at(zone, kept++) = *ticket_at(zone, i);
	zone->ticket_count = kept;
}

void dnsbl_zone_put(struct dnsbl_zone *zone, const struct dnsbl_ticket *ticket)
{
	if (zone->ticket_count == DNSBL_TICKETS)
		drop_dead_tickets(zone);
	*ticket_at(zone, zone->ticket_count++) = *ticket;
}

void dnsbl_zone_pop(struct dnsbl_zone *zone)
{
	zone->first_ticket = (zone->first_ticket + 1) % DNSBL_TICKETS;
	zone->ticket_count--;
}

struct dnsbl_lookup *dnsbl_zone_first(struct dnsbl_zone *zone,
				      struct dnsbl_ticket *ticket)
{
	struct dnsbl_lookup *lookup;

	while (zone->ticket_count > 0) {
		*ticket = *ticket_at(zone, 0);
		lookup = dnsbl_lookups_find(&zone->dnsbl->lookups, ticket);
		if (lookup)
			return lookup;
		dnsbl_zone_pop(zone);
	}
	return NULL;
}

size_t dnsbl_zone_waiting(const struct dnsbl_zone *zone)
{
	size_t waiting = 0;

	for (uint32_t i = 0; i < zone->ticket_count; i++)
		if (dnsbl_lookups_find(&zone->dnsbl->lookups,
				       &zone->tickets[(zone->first_ticket + i) %
						      DNSBL_TICKETS]))
			waiting++;
	return waiting;
}
