/* SPDX-License-Identifier: GPL-2.0-or-later */
/* States and frames of the model, to be read by who looks for a fault. */

#include <stdio.h>

#include "core/stage.h"
#include "model.h"

static const char *const kinds[] = {"no SYN", "SYN", "evasion"};
static const char *const actions[] = {"pass", "drop", "reset", "defer"};
static const char *const verdicts[] = {"unknown", "clean", "listed"};
static const char *const gates[] = {"open", "closed", "doubted"};
static const char *const lists[] = {"none", "allow", "block", "feed",
				    "second feed"};

static void print_list(const struct model_list *list, const char *name)
{
	if (!list->prefixes)
		return;
	fprintf(stderr, "  list %s: %s, until %+d%s:", name,
		actions[list->action], list->expires,
		list->expires ? "" : " (never)");
	for (size_t i = 0; i < MODEL_PREFIXES; i++)
		if (list->prefixes >> i & 1)
			fprintf(stderr, " %s", model_prefixes[i]);
	fprintf(stderr, "\n");
}

static void print_verdict(const char *source,
			  const struct model_verdict *verdict)
{
	if (verdict->exists)
		fprintf(stderr, "  verdict of %s: %s, until %+d\n", source,
			verdicts[verdict->verdict], verdict->expires);
}

static void print_knowledge(const struct model_state *state)
{
	for (unsigned int n = 1; n < LIST_NUMBERS; n++)
		print_list(&state->lists[n], lists[n]);
	for (size_t i = 0; i < MODEL_HOSTS; i++)
		print_verdict(model_hosts[i], &state->hosts[i]);
	for (size_t i = 0; i < MODEL_NETWORKS; i++) {
		print_verdict(model_networks[i], &state->networks64[i]);
		if (state->networks[i].exists)
			fprintf(stderr,
				"  network %s: witness until %+d, "
				"weary until %+d\n",
				model_networks[i], state->networks[i].witness,
				state->networks[i].weary);
	}
}

static void print_rules(const struct model_state *state)
{
	fprintf(stderr, "  lease until %+d%s%s, only watched:", state->lease,
		state->monitor ? ", monitor" : "",
		state->shown ? ", shown" : "");
	for (enum stage stage = 0; stage < STAGES; stage++)
		if (state->watched >> stage & 1)
			fprintf(stderr, " %s", stage_name(stage));
	fprintf(stderr,
		"\n  bypass %s, listed %s, overload %s, unknown %s\n"
		"  hold limit %d, hold memory %d, witness wait %d\n"
		"  budgets: holds %u, events %u, knocks %u, replies %u, "
		"defers %u\n",
		actions[state->bypass], actions[state->listed],
		actions[state->overload],
		state->unknown == UNKNOWN_HOLD ? "hold" : "pass",
		state->hold_limit, state->hold_memory, state->witness_wait,
		state->holds, state->events, state->knocks, state->replies,
		state->defers);
}

void model_print_state(const struct model_state *state)
{
	fprintf(stderr, "state, times in half hours from now:\n");
	print_knowledge(state);
	print_rules(state);
	for (enum family family = 0; family < FAMILY_MAX; family++)
		for (size_t i = 0; i < state->door_count[family]; i++)
			fprintf(stderr, "  gate of %s: %s\n",
				model_doors[family][i],
				gates[state->gates[family][i]]);
	fprintf(stderr, "  ports:");
	for (size_t i = 0; i < state->port_count; i++)
		fprintf(stderr, " %u", state->ports[i]);
	fprintf(stderr, "\n");
	if (state->pending.exists)
		fprintf(stderr, "  the source came %d ago, %s, sequence %08x\n",
			state->pending.age,
			state->pending.asked ? "and was held" : "and knocked",
			state->pending.sequence);
}

void model_print_frame(const struct frame *frame, const struct model_syn *syn)
{
	char source[ADDR_TEXT], destination[ADDR_TEXT];

	addr_format(&syn->source, source);
	addr_format(&syn->destination, destination);
	fprintf(stderr, "frame, to the model %s", kinds[syn->kind]);
	if (syn->kind != MODEL_OTHER) {
		fprintf(stderr, ", %s > %s ", source, destination);
		if (syn->port_hidden)
			fprintf(stderr, "port hidden");
		else
			fprintf(stderr, "port %u, sequence %08x%s", syn->port,
				syn->sequence, syn->complete ? "" : ", cut");
	}
	fprintf(stderr, ", %zu octets:", frame->size);
	for (size_t i = 0; i < frame->size; i++)
		fprintf(stderr, "%s%02x", i % 16 ? " " : "\n  ",
			frame->octets[i]);
	fprintf(stderr, "\n");
}
