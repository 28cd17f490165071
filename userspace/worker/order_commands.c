/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control commands that give orders: `gate` and `mode`. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "worker/state.h"

#define WARNING_MAX 512

/* The gate that is forced closed in front of whom nobody else takes mail. */
static const struct gate_state *find_forced(const struct worker *worker)
{
	const struct gate_state *states = worker->gates[0];
	size_t count = config_guard_count(worker->config) * FAMILY_MAX;

	for (size_t i = 0; i < count; i++)
		if (states[i].now.gate == GATE_CLOSED &&
		    states[i].decided_alone.gate == GATE_OPEN)
			return &states[i];
	return NULL;
}

/* What somebody who has given it had better know; "" where all is well. */
static void warn(const struct worker *worker, enum order_subject subject,
		 int kept, char text[static WARNING_MAX])
{
	const struct gate_state *forced =
		subject == ORDER_GATE ? find_forced(worker) : NULL;
	size_t used = 0;

	text[0] = '\0';
	if (forced)
		used = (size_t)snprintf(
			text, WARNING_MAX,
			"the gate is CLOSED although it would be open (%s): "
			"honest senders may have no way to deliver until the "
			"order ends or `posternctl gate auto` takes it back",
			policy_why_words(forced->decided_alone.why));
	if (kept)
		snprintf(text + used, WARNING_MAX - used,
			 "%sit will not survive a restart: can't write to "
			 "%.100s: %s",
			 used ? "; and " : "", worker->config->state,
			 strerror(-kept));
}

static json_t *answer(const struct worker *worker, enum order_subject subject,
		      int kept)
{
	json_t *all = orders_json(worker->orders);
	const char *name = order_subject_name(subject);
	char text[WARNING_MAX];
	json_t *result;

	warn(worker, subject, kept, text);
	result = json_pack("{s:s, s:O, s:o}", "subject", name, "order",
			   json_object_get(all, name), "warning",
			   text[0] != '\0' ? control_text(text) : json_null());
	json_decref(all);
	return result;
}

static void give(struct worker *worker, const json_t *args,
		 struct control_request *request, enum order_subject subject)
{
	const char *word = json_string_value(json_object_get(args, "order"));
	const json_t *time = json_object_get(args, "for_s");
	json_int_t asked_s = json_integer_value(time);
	unsigned int value;
	int64_t length_s;
	int kept;

	if (!word || order_parse(subject, word, &value) != 0) {
		control_fail(request, "expected %s %s, %s or %s",
			     order_subject_name(subject),
			     order_word(subject, 1), order_word(subject, 2),
			     order_word(subject, 0));
		return;
	}
	if ((time && (value == 0 || asked_s <= 0)) ||
	    order_length(subject, value, asked_s, &length_s) != 0) {
		control_fail(request, "%s",
			     value == 0 ? "\"auto\" has no end"
			     : subject == ORDER_GATE &&
					     value == ORDER_GATE_CLOSE
				     ? "the gate can be forced closed for 1s "
				       "to 7d"
				     : "expected a time of 1s to 3650d");
		return;
	}
	kept = orders_give(worker->orders, subject, value,
			   control_request_uid(request), length_s);
	gate_update(worker);
	control_reply(request, answer(worker, subject, kept));
}

void order_commands_gate(void *context, const json_t *args,
			 struct control_request *request)
{
	give(context, args, request, ORDER_GATE);
}

void order_commands_mode(void *context, const json_t *args,
			 struct control_request *request)
{
	give(context, args, request, ORDER_MODE);
}
