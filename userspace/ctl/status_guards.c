/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guards and domains in `posternctl status`. */

#include <stdio.h>

#include <jansson.h>

#include "ctl/fields.h"
#include "ctl/status.h"
#include "ctl/table.h"

/* More domains are summed up; those that keep a gate open come first. */
#define DOMAINS_MAX 12

static void add_gate(struct table *table, const json_t *gate)
{
	const char *state = field_text(gate, "state", "unknown");

	table_add(table, state[0] == 'o' ? TONE_WARN : TONE_PLAIN, "%s", state);
	table_add(table, TONE_PLAIN, "%s", field_text(gate, "why", ""));
}

static void add_guard(struct table *table, const json_t *guard)
{
	const json_t *gate = json_object_get(guard, "gate");
	const char *name = field_text(guard, "name", "");

	table_add(table, TONE_PLAIN, "%s", *name ? name : "(no name)");
	table_add(table, TONE_PLAIN, "IPv4");
	add_gate(table, json_object_get(gate, "ipv4"));
	table_add(table, TONE_PLAIN, "%s", "");
	table_add(table, TONE_PLAIN, "IPv6");
	add_gate(table, json_object_get(gate, "ipv6"));
}

static void show_guards(const struct print *print, const json_t *guards)
{
	struct table table = table_of("llll");
	const json_t *guard;
	size_t i;

	print_heading(print, "Guards");
	json_array_foreach(guards, i, guard)
	{
		if (json_array_size(json_object_get(guard, "doors")) > 0)
			add_guard(&table, guard);
	}
	table_finish(&table, print);
}

static bool is_open(const json_t *domain)
{
	return !field_is(domain, "state", "closed");
}

/* Calls `each` for all domains that have a name. */
static size_t for_each_domain(const json_t *guards,
			      void (*each)(void *context, const json_t *domain),
			      void *context)
{
	const json_t *guard, *domain;
	size_t count = 0, i, j;

	json_array_foreach(guards, i, guard)
	{
		json_array_foreach(json_object_get(guard, "domains"), j, domain)
		{
			if (!json_is_string(json_object_get(domain, "domain")))
				continue;
			each(context, domain);
			count++;
		}
	}
	return count;
}

struct listing {
	struct table table;
	size_t shown;
	size_t closed;
	bool open; /* what is to be shown now */
};

static void count_domain(void *context, const json_t *domain)
{
	struct listing *listing = context;

	listing->closed += !is_open(domain);
}

static void show_domain(void *context, const json_t *domain)
{
	struct listing *listing = context;

	if (is_open(domain) != listing->open || listing->shown == DOMAINS_MAX)
		return;
	listing->shown++;
	table_add(&listing->table, TONE_PLAIN, "%s",
		  field_text(domain, "domain", "?"));
	add_gate(&listing->table, domain);
}

static void show_domains(const struct print *print, const json_t *guards)
{
	struct listing listing = {.table = table_of("lll"), .open = true};
	size_t all = for_each_domain(guards, count_domain, &listing);

	if (all == 0)
		return;
	print_heading(print, "Domains");
	for_each_domain(guards, show_domain, &listing);
	listing.open = false;
	for_each_domain(guards, show_domain, &listing);
	table_finish(&listing.table, print);
	if (all > DOMAINS_MAX)
		print_paragraph(print, TONE_PLAIN, "  ",
				"%zu domains in all; the gate could close for "
				"%zu of them",
				all, listing.closed);
}

void status_guards(const struct print *print, const json_t *status)
{
	const json_t *guards = json_object_get(status, "guards");

	if (json_array_size(guards) > 1)
		show_guards(print, guards);
	show_domains(print, guards);
}
