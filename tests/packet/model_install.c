/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a state of the model to the maps of the program. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <string.h>

#include "core/stage.h"
#include "harness_run.h"
#include "model.h"

/* So many half hours from now, in jiffies. */
static __u64 at(int half_hours)
{
	return harness_now() +
	       (__u64)((__s64)(harness_hour() / 2) * half_hours);
}

static __u64 length_of(int half_hours)
{
	return harness_hour() / 2 * (__u64)half_hours;
}

static void install_lists(const struct model_state *state)
{
	struct list meanings[LISTS_MAX];
	unsigned int all = 0;

	harness_meanings(meanings);
	for (unsigned int n = 1; n < LIST_NUMBERS; n++) {
		const struct model_list *list = &state->lists[n];

		all |= list->prefixes;
		meanings[n].action = list->action;
		if (list->expires)
			meanings[n].expires = at(list->expires);
		for (size_t i = 0; i < MODEL_PREFIXES; i++)
			if (list->prefixes >> i & 1)
				harness_list(n, model_prefixes[i]);
	}
	if (all)
		harness_lists(meanings);
}

static void install_verdict(const char *source,
			    const struct model_verdict *verdict)
{
	if (verdict->exists)
		harness_verdict(source, verdict->verdict, at(1),
				at(verdict->expires));
}

void model_install_knowledge(const struct model_state *state)
{
	harness_fresh();
	install_lists(state);
	for (size_t i = 0; i < MODEL_HOSTS; i++)
		install_verdict(model_hosts[i], &state->hosts[i]);
	for (size_t i = 0; i < MODEL_NETWORKS; i++) {
		install_verdict(model_networks[i], &state->networks64[i]);
		if (state->networks[i].exists)
			harness_network(model_networks[i],
					at(state->networks[i].witness),
					at(state->networks[i].weary));
	}
}

static void install_doors(const struct model_state *state, struct rules *rules)
{
	struct addr addr;

	rules->ipv4_count = (__u32)state->door_count[FAMILY_IPV4];
	rules->ipv6_count = (__u32)state->door_count[FAMILY_IPV6];
	for (size_t i = 0; i < MODEL_DOORS; i++) {
		assert_int_equal(addr_parse(model_doors[FAMILY_IPV4][i], &addr),
				 0);
		memcpy(&rules->ipv4[i].address, addr.octets + 12, 4);
		rules->ipv4[i].gate = state->gates[FAMILY_IPV4][i];
		assert_int_equal(addr_parse(model_doors[FAMILY_IPV6][i],
					    &rules->ipv6[i].address),
				 0);
		rules->ipv6[i].gate = state->gates[FAMILY_IPV6][i];
	}
}

static __u32 stages_of(const struct model_state *state)
{
	__u32 reasons = 0;

	for (enum stage stage = 0; stage < STAGES; stage++)
		if (state->watched >> stage & 1)
			reasons |= stage_reasons(stage);
	return reasons;
}

/* The map `networks` has entries: the program need not look otherwise. */
static bool knows_networks(const struct model_state *state)
{
	for (size_t i = 0; i < MODEL_NETWORKS; i++)
		if (state->networks[i].exists)
			return true;
	return false;
}

static void install_pending(const struct model_state *state,
			    const struct model_syn *syn)
{
	const struct model_pending *pending = &state->pending;
	int map = bpf_map__fd(harness_skeleton()->maps.pending);
	struct hold hold = {.sequence = htonl(pending->sequence)};

	if (!pending->exists) {
		bpf_map_delete_elem(map, &syn->source);
		return;
	}
	hold.since = at(-pending->age);
	hold.asked = pending->asked ? harness_now() : 0;
	assert_int_equal(bpf_map_update_elem(map, &syn->source, &hold, BPF_ANY),
			 0);
}

/* Those that went out to this network do not matter to the next frame. */
static void forget_replies(const struct model_syn *syn)
{
	uint8_t bits = syn->family == FAMILY_IPV4 ? REPLY_NETWORK_BITS_IPV4
						  : REPLY_NETWORK_BITS_IPV6;
	struct addr network = addr_mask(&syn->source, bits);

	bpf_map_delete_elem(bpf_map__fd(harness_skeleton()->maps.replies),
			    &network);
}

void model_install_rules(const struct model_state *state,
			 const struct model_syn *syn)
{
	struct rules *rules = harness_rules();

	rules->flags = (state->monitor ? RULES_MONITOR : 0) |
		       (state->shown ? RULES_SHOW : 0);
	rules->watched = stages_of(state);
	rules->unknown = state->unknown;
	rules->bypass = state->bypass;
	rules->listed = state->listed;
	rules->overload = state->overload;
	rules->networks = knows_networks(state);
	rules->hold_limit = length_of(state->hold_limit);
	rules->hold_memory = length_of(state->hold_memory);
	rules->witness_wait = length_of(state->witness_wait);
	rules->holds_per_cpu = state->holds;
	rules->events_per_cpu = state->events;
	rules->knocks_per_cpu = state->knocks;
	rules->replies_per_cpu = state->replies;
	rules->defers_per_cpu = state->defers;
	rules->port_count = (__u32)state->port_count;
	for (size_t i = 0; i < MODEL_PORTS; i++)
		rules->ports[i] = htons(state->ports[i]);
	install_doors(state, rules);
	harness_publish();
	harness_lease(at(state->lease));
	install_pending(state, syn);
	forget_replies(syn);
}
