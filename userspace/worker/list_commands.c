/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control commands that change the run-time lists. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sources/addresses.h"
#include "worker/state.h"

#define WARNING_MAX 256

/* A change that waits until it is in force. */
struct change {
	struct control_request *request;
	char warning[WARNING_MAX];
};

static bool read_prefix(const json_t *args, struct control_request *request,
			struct prefix *out)
{
	const char *text = json_string_value(json_object_get(args, "prefix"));

	switch (text ? prefix_parse(text, out) : -EINVAL) {
	case 0:
		if (out->length > 0)
			return true;
		control_fail(request, "\"%s\" is everybody", text);
		return false;
	case -EDOM:
		control_fail(request,
			     "\"%s\" has bits set beyond its length: give the "
			     "network's first address, or the address alone",
			     text);
		return false;
	default:
		control_fail(request, "\"%s\" is no address or prefix",
			     text ? text : "");
		return false;
	}
}

static void on_published(void *context, int error)
{
	struct change *change = context;

	if (error)
		control_fail(change->request, "it is not in force: %s",
			     error == -ENOSPC
				     ? "there is no room (list-capacity-max)"
				     : strerror(-error));
	else
		control_reply(change->request,
			      json_pack("{s:o}", "warning",
					change->warning[0] != '\0'
						? control_text(change->warning)
						: json_null()));
	free(change);
}

static void publish(struct worker *worker, struct control_request *request,
		    int kept, const char *warning)
{
	struct change *change = calloc(1, sizeof(*change));

	if (!change) {
		control_fail(request, "%s", strerror(ENOMEM));
		return;
	}
	change->request = request;
	if (kept)
		snprintf(change->warning, sizeof(change->warning),
			 "it will not survive a restart: can't write to "
			 "%.100s: %s",
			 worker->config->state, strerror(-kept));
	else if (warning)
		snprintf(change->warning, sizeof(change->warning), "%s",
			 warning);
	publisher_publish(worker->publisher, on_published, change);
}

/* An address of them that the prefix covers, or NULL. */
static const struct addr *find_covered(const struct prefix *prefix,
				       const struct addr *addrs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (prefix_contains(prefix, &addrs[i]))
			return &addrs[i];
	return NULL;
}

/* Whom a block must not cover: says so and returns true. */
static bool cuts_off_host(const struct worker *worker,
			  const struct prefix *prefix,
			  struct control_request *request)
{
	struct addr doors[ADDRESSES_PROTECTED_MAX];
	struct addr own[ADDRESSES_PROTECTED_MAX];
	const struct addr *covered;
	char text[ADDR_TEXT];

	covered = find_covered(prefix, doors,
			       addresses_protected(worker->config, doors));
	if (covered) {
		control_fail(request,
			     "it covers %s, which is protected: an address of "
			     "this host",
			     addr_format(covered, text));
		return true;
	}
	covered = find_covered(prefix, own, addresses_own(worker->config, own));
	if (covered)
		control_fail(request, "it covers %s, an address of this host",
			     addr_format(covered, text));
	return covered != NULL;
}

static bool cuts_off(const struct worker *worker, const struct prefix *prefix,
		     struct control_request *request)
{
	const struct health_target *targets;
	size_t target_count = 0;
	char text[ADDR_TEXT];

	if (cuts_off_host(worker, prefix, request))
		return true;
	targets = primaries_targets(worker->primaries, &target_count);
	for (size_t i = 0; i < target_count; i++) {
		if (!prefix_contains(prefix, &targets[i].addr))
			continue;
		control_fail(request, "it covers %s of the primary %s",
			     addr_format(&targets[i].addr, text),
			     targets[i].name);
		return true;
	}
	return false;
}

/* What makes an entry pointless, or NULL. */
static const char *find_pointless(const struct worker *worker,
				  enum runtime_list list,
				  const struct prefix *prefix)
{
	struct prefix found;
	double age_s;

	if (list == RUNTIME_ALLOW)
		return NULL;
	if (lists_find(worker->config, LIST_NUMBER_ALLOW, &prefix->addr,
		       &found) ||
	    lists_find(worker->config, LIST_NUMBER_PRIMARIES, &prefix->addr,
		       &found) ||
	    runtime_find(worker->runtime, RUNTIME_ALLOW, &prefix->addr, &found,
			 &age_s))
		return "an allow list has it, or a part of it, and wins there";
	return NULL;
}

static bool is_note(const char *text)
{
	if (strlen(text) > RUNTIME_NOTE_MAX)
		return false;
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static void add(struct worker *worker, const json_t *args,
		struct control_request *request, enum runtime_list list)
{
	const char *note = json_string_value(json_object_get(args, "note"));
	const json_t *time = json_object_get(args, "for_s");
	json_int_t for_s = json_integer_value(time);
	struct prefix prefix;
	int error, kept = 0;

	if (!read_prefix(args, request, &prefix))
		return;
	if (time && (for_s <= 0 || for_s > RUNTIME_FOR_MAX_S)) {
		control_fail(request, "\"for_s\" is no time up to ten years");
		return;
	}
	if (note && !is_note(note)) {
		control_fail(request, "a note has up to %d octets, on one line",
			     RUNTIME_NOTE_MAX);
		return;
	}
	if (list == RUNTIME_BLOCK && cuts_off(worker, &prefix, request))
		return;
	error = runtime_add(worker->runtime, list, &prefix, (uint64_t)for_s,
			    note, &kept);
	if (error == -ENOSPC)
		control_fail(request, "there are %d entries already",
			     RUNTIME_ENTRIES_MAX);
	else if (error)
		control_fail(request, "%s", strerror(-error));
	else
		publish(worker, request, kept,
			find_pointless(worker, list, &prefix));
}

static void del(struct worker *worker, const json_t *args,
		struct control_request *request, enum runtime_list list)
{
	char text[PREFIX_TEXT];
	struct prefix prefix;
	int error, kept = 0;

	if (!read_prefix(args, request, &prefix))
		return;
	error = runtime_remove(worker->runtime, list, &prefix, &kept);
	if (error == -ENOENT)
		control_fail(request, "there is no entry %s",
			     prefix_format(&prefix, text));
	else if (error)
		control_fail(request, "%s", strerror(-error));
	else
		publish(worker, request, kept, NULL);
}

static void list(struct worker *worker, struct control_request *request,
		 enum runtime_list list)
{
	control_reply(
		request,
		json_pack("{s:o, s:I}", "entries",
			  runtime_json(worker->runtime, list), "count",
			  (json_int_t)runtime_count(worker->runtime, list)));
}

void list_commands_allow_add(void *context, const json_t *args,
			     struct control_request *request)
{
	add(context, args, request, RUNTIME_ALLOW);
}

void list_commands_allow_del(void *context, const json_t *args,
			     struct control_request *request)
{
	del(context, args, request, RUNTIME_ALLOW);
}

void list_commands_allow_list(void *context, const json_t *args,
			      struct control_request *request)
{
	(void)args;
	list(context, request, RUNTIME_ALLOW);
}

void list_commands_block_add(void *context, const json_t *args,
			     struct control_request *request)
{
	add(context, args, request, RUNTIME_BLOCK);
}

void list_commands_block_del(void *context, const json_t *args,
			     struct control_request *request)
{
	del(context, args, request, RUNTIME_BLOCK);
}

void list_commands_block_list(void *context, const json_t *args,
			      struct control_request *request)
{
	(void)args;
	list(context, request, RUNTIME_BLOCK);
}
