/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Witnesses that this machine sees itself, where it carries a primary, too. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "tables/rules.h"
#include "worker/state.h"

void witnesses_add_here(const struct worker *worker, struct rules *rules)
{
	const struct health_target *targets;
	size_t count = 0;

	if (worker->config->policy != POLICY_WITNESS || worker->closing)
		return;
	targets = primaries_targets(worker->primaries, &count);
	for (size_t i = 0; i < count; i++)
		if (addresses_is_local(&targets[i].addr))
			rules_add_primary(rules, &targets[i].addr,
					  targets[i].port);
}

/* At the start primaries may not have been resolved yet. */
static bool is_certain(const struct worker *worker)
{
	return worker->config->policy != POLICY_WITNESS ||
	       clock_monotonic_ns() >= worker->kept_until_ns;
}

void witnesses_follow(struct worker *worker)
{
	struct witnesses *witnesses = &worker->witnesses;
	struct message message = {.kind = MESSAGE_WATCH};
	bool wanted = settings_rules(worker->settings)->here_count > 0;

	if (witnesses->asked && witnesses->wanted == wanted)
		return;
	if (!wanted && !is_certain(worker))
		return;
	witnesses->asked = true;
	witnesses->answered = false;
	witnesses->wanted = wanted;
	message.id = wanted;
	worker_tell(worker, &message);
}

void witnesses_answer(struct worker *worker, const struct message *message)
{
	struct witnesses *witnesses = &worker->witnesses;

	if (message->id != witnesses->wanted)
		return;
	witnesses->answered = true;
	witnesses->result = message->result;
	snprintf(witnesses->why, sizeof(witnesses->why), "%s",
		 message->result ? message->text : "");
	if (message->result)
		log_warning("nobody becomes a witness by connecting to a "
			    "primary on this machine: %s",
			    witnesses->why);
	else if (witnesses->wanted)
		log_notice("who connects to a primary on this machine is a "
			   "witness from then on");
}

void witnesses_retry(struct worker *worker)
{
	if (worker->witnesses.answered && worker->witnesses.result)
		worker->witnesses.asked = false;
}

static void welcome(void *context, const struct addr *source)
{
	lookups_welcome(context, source);
}

void witnesses_let_in(struct worker *worker, const struct addr *network)
{
	/* The first one: the program does not ask for networks yet. */
	if (!settings_rules(worker->settings)->networks)
		gate_check(worker);
	recent_take_network(&worker->recent, network, welcome, worker);
}

/*
 * Our own probes are no senders.  Who may pass for longer, by hand or for its
 * perseverance, keeps that.
 */
void witnesses_note(struct worker *worker, const struct addr *source)
{
	struct witnesses *witnesses = &worker->witnesses;
	uint64_t until_ns = clock_monotonic_ns() + NETWORKS_WITNESS_NS;
	struct addr network = networks_key(source);
	int result;

	if (worker->config->policy != POLICY_WITNESS ||
	    addresses_is_local(source))
		return;
	remember_reached(worker, &network);
	result = networks_prolong_witness(worker->networks, &network, until_ns);
	witnesses->over_share += result == -EDQUOT;
	if (result <= 0)
		return;
	witnesses->seen++;
	witnesses_let_in(worker, &network);
}

/* "off": no use for them, or no primary here. */
static const char *state_of(const struct witnesses *witnesses)
{
	if (!witnesses->wanted)
		return "off";
	if (!witnesses->answered)
		return "starting";
	return witnesses->result ? "missing" : "on";
}

json_t *witnesses_json(const struct worker *worker)
{
	const struct witnesses *witnesses = &worker->witnesses;

	return json_pack("{s:s, s:o, s:I, s:I}", "state", state_of(witnesses),
			 "why",
			 witnesses->wanted && witnesses->result
				 ? control_text(witnesses->why)
				 : json_null(),
			 "seen", (json_int_t)witnesses->seen, "over_share",
			 (json_int_t)witnesses->over_share);
}
