/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When gates stood open, and why. */

#include <stdio.h>
#include <string.h>

#include "worker/history_store.h"

/* In doubt for a moment, as after each start, is not worth a line. */
#define DOUBT_S 60

static bool is_kept(struct policy_gate gate)
{
	return gate.gate == GATE_OPEN &&
	       (policy_is_outage(gate.why) || policy_is_undecided(gate.why) ||
		gate.why == POLICY_BY_HAND || gate.why == POLICY_CROWD);
}

/* The opening that goes on, or NULL. */
static struct history_opening *find_open(struct history *history,
					 const char *guard, enum family family)
{
	for (uint32_t i = history->opening_count; i-- > 0;) {
		struct history_opening *opening = &history->openings[i];

		if (!opening->until_s && opening->family == family &&
		    strcmp(opening->guard, guard) == 0)
			return opening;
	}
	return NULL;
}

static void take_out(struct history *history, struct history_opening *opening)
{
	struct history_opening *end =
		&history->openings[--history->opening_count];

	memmove(opening, opening + 1,
		(size_t)(end - opening) * sizeof(*opening));
}

static void end(struct history *history, struct history_opening *opening,
		uint32_t now_s)
{
	if (policy_is_undecided(opening->why) &&
	    now_s - opening->since_s < DOUBT_S)
		take_out(history, opening);
	else
		opening->until_s = now_s;
}

/* As the file may have it. */
static void put_name(const char *guard, char name[static HISTORY_GUARD_TEXT])
{
	snprintf(name, HISTORY_GUARD_TEXT, "%s", guard);
	for (char *at = name; *at; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
}

void history_note_gate(struct history *history, const char *guard,
		       enum family family, struct policy_gate gate,
		       time_t now_s)
{
	struct history_opening next = {
		.family = family,
		.why = gate.why,
		.since_s = (uint32_t)now_s,
	};
	struct history_opening *open;

	put_name(guard, next.guard);
	open = find_open(history, next.guard, family);
	if (!open && !is_kept(gate))
		return;
	/* Doubt that turns out to be an outage was one from the start. */
	if (open && is_kept(gate) &&
	    (open->why == gate.why || policy_is_undecided(open->why) ||
	     policy_is_undecided(gate.why))) {
		if (!policy_is_undecided(gate.why))
			open->why = gate.why;
		history->changes++;
		return;
	}
	if (open)
		end(history, open, (uint32_t)now_s);
	history->changes++;
	if (!is_kept(gate))
		return;
	if (history->opening_count == HISTORY_OPENINGS)
		take_out(history, &history->openings[0]);
	history->openings[history->opening_count++] = next;
}
