/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control commands, and those of their answers that the parent gives. */

#include <errno.h>
#include <string.h>

#include "worker/state.h"

/* Remembers who waits for the parent's answer; NULL: too many do. */
static struct parent_request *wait_for_parent(struct worker *worker,
					      struct control_request *request)
{
	for (size_t i = 0; i < PARENT_REQUESTS_MAX; i++) {
		struct parent_request *slot = &worker->requests[i];

		if (slot->id)
			continue;
		if (++worker->last_request == 0)
			++worker->last_request;
		slot->id = worker->last_request;
		slot->request = request;
		return slot;
	}
	control_fail(request, "too many requests at once: try again");
	return NULL;
}

/* The slot of an answer is free afterwards; NULL: nobody waits for it. */
static struct parent_request *answered(struct worker *worker, uint32_t id)
{
	for (size_t i = 0; id && i < PARENT_REQUESTS_MAX; i++)
		if (worker->requests[i].id == id) {
			worker->requests[i].id = 0;
			return &worker->requests[i];
		}
	return NULL;
}

static void on_status(void *context, const json_t *args,
		      struct control_request *request)
{
	(void)args;
	control_reply(request, status_json(context));
}

static void on_explain(void *context, const json_t *args,
		       struct control_request *request)
{
	const char *text = json_string_value(json_object_get(args, "address"));
	struct message message = {.kind = MESSAGE_EXPLAIN};
	struct worker *worker = context;
	struct parent_request *slot;

	if (!text || addr_parse(text, &message.source)) {
		control_fail(request, "\"%s\" is no IPv4 or IPv6 address",
			     text ? text : "");
		return;
	}
	slot = wait_for_parent(worker, request);
	if (!slot)
		return;
	slot->source = message.source;
	message.id = slot->id;
	worker_tell(worker, &message);
}

void commands_on_explained(struct worker *worker, const struct message *message)
{
	struct parent_request *slot = answered(worker, message->id);

	if (!slot)
		return;
	if (message->result == -EADDRNOTAVAIL)
		control_fail(slot->request,
			     "no address of that family is protected here");
	else if (message->result)
		control_fail(slot->request, "the program can't be asked: %s",
			     strerror(-message->result));
	else
		explain_reply(worker, slot->request, &slot->source,
			      explain_json(worker, &slot->source,
					   &message->decision));
}

static void on_reload(void *context, const json_t *args,
		      struct control_request *request)
{
	struct message message = {.kind = MESSAGE_RELOAD};
	struct worker *worker = context;
	struct parent_request *slot;

	/* Once by itself, so that no reload of another is forced. */
	if (json_is_true(json_object_get(args, "force")))
		feeds_reload(worker->feeds, true);
	slot = wait_for_parent(worker, request);
	if (!slot)
		return;
	message.id = slot->id;
	worker_tell(worker, &message);
}

void commands_on_reloaded(struct worker *worker, const struct message *message)
{
	struct parent_request *slot = answered(worker, message->id);

	if (!slot)
		return;
	if (message->result)
		control_fail(slot->request, "%.*s", (int)sizeof(message->text),
			     message->text);
	else
		control_reply(slot->request, json_object());
}

const struct control_command worker_commands[] = {
	{"status", CONTROL_READ, on_status},
	{"explain", CONTROL_READ, on_explain},
	{"lookup", CONTROL_CHANGE, lookup_command},
	{"reload", CONTROL_CHANGE, on_reload},
	{"allow-add", CONTROL_CHANGE, list_commands_allow_add},
	{"allow-del", CONTROL_CHANGE, list_commands_allow_del},
	{"allow-list", CONTROL_READ, list_commands_allow_list},
	{"block-add", CONTROL_CHANGE, list_commands_block_add},
	{"block-del", CONTROL_CHANGE, list_commands_block_del},
	{"block-list", CONTROL_READ, list_commands_block_list},
	{"gate", CONTROL_CHANGE, order_commands_gate},
	{"mode", CONTROL_CHANGE, order_commands_mode},
	{"witness-add", CONTROL_SUPPLY, witness_commands_add},
	{"witness-del", CONTROL_CHANGE, witness_commands_del},
	{"witness-list", CONTROL_READ, witness_commands_list},
	{"history", CONTROL_READ, history_command},
	{"report", CONTROL_READ, report_command},
	{"watch", CONTROL_READ, watch_command},
};
const size_t worker_command_count =
	sizeof(worker_commands) / sizeof(*worker_commands);
