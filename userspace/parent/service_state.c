/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How things stand, from what the parent can see without asking the worker. */

#include <stdio.h>
#include <string.h>

#include "parent/state.h"

/* Of the doors of one family; NULL: it has none. */
static const char *gate_words(const struct rules *rules, enum family family)
{
	uint32_t count =
		family == FAMILY_IPV4 ? rules->ipv4_count : rules->ipv6_count;
	uint32_t closed = 0;

	for (uint32_t i = 0; i < count && i < DOORS_MAX; i++)
		closed += (family == FAMILY_IPV4
				   ? rules->ipv4[i].gate
				   : rules->ipv6[i].gate) != GATE_OPEN;
	if (count == 0)
		return NULL;
	return closed == count ? "closed" : closed ? "partly closed" : "open";
}

static void put_gate(const struct rules *rules, char *text, size_t size)
{
	const char *ipv4 = gate_words(rules, FAMILY_IPV4);
	const char *ipv6 = gate_words(rules, FAMILY_IPV6);

	if (ipv4 && ipv6 && strcmp(ipv4, ipv6) != 0)
		snprintf(text, size, "%s for IPv4, %s for IPv6", ipv4, ipv6);
	else
		snprintf(text, size, "%s", ipv4 ? ipv4 : ipv6 ? ipv6 : "open");
}

static void put_interfaces(const struct parent *parent, char *text, size_t size)
{
	struct attachments all;
	size_t used = 0;

	text[0] = '\0';
	links_attachments(parent->links, &all);
	for (uint32_t i = 0; i < all.count && used < size; i++)
		if (all.of[i].program_id)
			used += (size_t)snprintf(text + used, size - used,
						 "%s%s", used ? ", " : "",
						 all.of[i].interface);
	if (used == 0)
		snprintf(text, size, "no interface");
}

static void put_status(const struct parent *parent, bool believed,
		       char text[static SERVICE_STATUS_TEXT])
{
	char interfaces[96], gate[64];
	struct rules rules;

	if (!parent->attached) {
		snprintf(text, SERVICE_STATUS_TEXT, "Getting ready to filter");
	} else if (!believed || loader_rules(parent->loader, &rules)) {
		snprintf(text, SERVICE_STATUS_TEXT,
			 "Failing open: the worker gives no sign of life");
	} else {
		put_interfaces(parent, interfaces, sizeof(interfaces));
		put_gate(&rules, gate, sizeof(gate));
		snprintf(text, SERVICE_STATUS_TEXT, "%s on %s; the gate is %s",
			 rules.flags & RULES_MONITOR
				 ? "Monitoring, refusing nothing,"
				 : "Enforcing",
			 interfaces, gate);
	}
}

void service_state_tell(struct parent *parent)
{
	struct service_state state = {
		.ready = parent->attached,
		.reloading = parent->reload.config != NULL,
	};

	if (!service_is_due(parent->service, state.ready, state.reloading))
		return;
	/* The worker's loop renews its lease every two seconds. */
	state.alive = parent->attached &&
		      loader_lease_ns(parent->loader) > clock_monotonic_ns();
	put_status(parent, state.alive, state.status);
	service_tell(parent->service, &state);
}
