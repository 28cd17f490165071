/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Status, order, and the order taken back. */

#include "ctl/drill_gate.h"

#include <stdio.h>
#include <string.h>

#include "ctl/client.h"
#include "ctl/fields.h"
#include "ctl/orders.h"

#define ANSWER_S 10

/* The gate of a guard for the family of the backup's address. */
static const json_t *gate_of(const json_t *guard, enum family family)
{
	return json_object_get(json_object_get(guard, "gate"),
			       family == FAMILY_IPV4 ? "ipv4" : "ipv6");
}

static bool is_closed(const json_t *guard, enum family family)
{
	return field_is(gate_of(guard, family), "state", "closed");
}

static bool has_door(const json_t *guard, const struct addr *addr)
{
	const json_t *doors = json_object_get(guard, "doors");
	char text[ADDR_TEXT];

	addr_format(addr, text);
	for (size_t i = 0; i < json_array_size(doors); i++) {
		const char *door = json_string_value(json_array_get(doors, i));

		if (door && strcmp(door, text) == 0)
			return true;
	}
	return false;
}

static const json_t *guard_with(const json_t *status, const struct addr *addr)
{
	const json_t *guards = json_object_get(status, "guards");

	for (size_t i = 0; i < json_array_size(guards); i++)
		if (has_door(json_array_get(guards, i), addr))
			return json_array_get(guards, i);
	return NULL;
}

/* The first protected address; one whose gate is closed, if there is any. */
static bool choose_backup(struct drill *drill, const json_t *status)
{
	const json_t *guards = json_object_get(status, "guards");
	const json_t *guard, *door;
	struct addr addr;
	size_t i, j;

	json_array_foreach(guards, i, guard)
	{
		json_array_foreach(json_object_get(guard, "doors"), j, door)
		{
			const char *text = json_string_value(door);
			bool closed;

			if (!text || addr_parse(text, &addr) != 0)
				continue;
			closed = is_closed(guard, addr_family(&addr));
			if (!drill->backup_chosen || closed)
				drill->backup = addr;
			drill->backup_chosen = true;
			if (closed)
				return true;
		}
	}
	return drill->backup_chosen;
}

/* "postmaster" of the first domain that is served there. */
static bool choose_recipient(struct drill *drill, const json_t *guard)
{
	const json_t *domains = json_object_get(guard, "domains");

	for (size_t i = 0; drill->to[0] == '\0' && i < json_array_size(domains);
	     i++) {
		const char *name =
			field_text(json_array_get(domains, i), "domain", NULL);

		if (name && strlen(name) < sizeof(drill->to) - 16)
			snprintf(drill->to, sizeof(drill->to), "postmaster@%s",
				 name);
	}
	return drill->to[0] != '\0';
}

static const char *attached(const json_t *status)
{
	const json_t *all = json_object_get(status, "interfaces");

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *one = json_array_get(all, i);

		if (field_is(one, "attach", "native") ||
		    field_is(one, "attach", "generic"))
			return field_text(one, "name", "an interface");
	}
	return NULL;
}

static bool judge_daemon(struct drill *drill, const json_t *status)
{
	const json_t *order =
		json_object_get(json_object_get(status, "orders"), "gate");
	const char *interface = attached(status);
	char given[ORDERS_GIVEN];

	if (!interface)
		return drill_end(drill, DRILL_DAEMON, DRILL_FAILED,
				 "the filter is on no interface");
	if (json_is_object(order))
		return drill_end(drill, DRILL_DAEMON, DRILL_FAILED,
				 "the gate is ordered %s (%s), and a drill "
				 "would end that: \"posternctl gate auto\" "
				 "takes it back",
				 field_text(order, "order", "?"),
				 orders_given(order, given));
	return drill_end(drill, DRILL_DAEMON, DRILL_OK, "%s, on %s%s",
			 field_text(status, "mode", "?"), interface,
			 field_is(status, "mode", "monitor")
				 ? ": so nobody would be refused anyway"
				 : "");
}

static bool judge_primary(struct drill *drill, const json_t *status,
			  const json_t *guard)
{
	enum family family = addr_family(&drill->backup);
	const json_t *all = json_object_get(status, "primaries");
	const char *why =
		field_text(gate_of(guard, family), "why", "nobody knows why");
	size_t up = 0;

	if (!is_closed(guard, family))
		return drill_end(drill, DRILL_PRIMARY, DRILL_FAILED,
				 "the gate is open without a drill: %s", why);
	for (size_t i = 0; i < json_array_size(all); i++)
		up += field_is(json_array_get(all, i), "state", "up");
	return drill_end(drill, DRILL_PRIMARY, DRILL_OK,
			 "%zu of %zu addresses take mail, so the gate is "
			 "closed",
			 up, json_array_size(all));
}

bool drill_judge_status(struct drill *drill, const json_t *status)
{
	const json_t *guard;
	char text[ADDR_TEXT];

	if (!judge_daemon(drill, status))
		return false;
	drill_begin(drill, DRILL_PRIMARY);
	if (!drill->backup_chosen && !choose_backup(drill, status))
		return drill_end(drill, DRILL_PRIMARY, DRILL_FAILED,
				 "no address is protected");
	guard = guard_with(status, &drill->backup);
	if (!guard)
		return drill_end(drill, DRILL_PRIMARY, DRILL_FAILED,
				 "%s is not protected by this daemon",
				 addr_format(&drill->backup, text));
	if (!choose_recipient(drill, guard))
		return drill_end(drill, DRILL_PRIMARY, DRILL_FAILED,
				 "no domain is known here: name a recipient "
				 "by --to ADDR");
	return judge_primary(drill, status, guard);
}

bool drill_check(struct drill *drill)
{
	char error[CONTROL_ERROR_MAX];
	json_t *status = NULL;
	bool good;

	drill_begin(drill, DRILL_DAEMON);
	if (client_ask(drill->ctl->socket, "status", json_object(), ANSWER_S,
		       &status, error) < 0)
		return drill_end(drill, DRILL_DAEMON, DRILL_FAILED, "%s",
				 error);
	good = drill_judge_status(drill, status);
	json_decref(status);
	return good;
}

static bool take_order(struct drill *drill, const json_t *order)
{
	double until;

	if (!field_number(order, "until", &until))
		return false;
	drill->order = (struct drill_order){
		.given = true,
		.since = (json_int_t)field_count(order, "since"),
		.until = (json_int_t)until,
		.uid = (json_int_t)field_count(order, "uid"),
	};
	return true;
}

bool drill_open_gate(struct drill *drill)
{
	char error[CONTROL_ERROR_MAX];
	json_t *result = NULL;
	json_t *args = json_pack("{s:s, s:I}", "order", "open", "for_s",
				 (json_int_t)drill->open_s);
	bool taken;

	drill_begin(drill, DRILL_OPEN);
	if (client_ask(drill->ctl->socket, "gate", args, ANSWER_S, &result,
		       error) < 0)
		return drill_end(drill, DRILL_OPEN, DRILL_FAILED, "%s", error);
	taken = take_order(drill, json_object_get(result, "order"));
	json_decref(result);
	if (!taken)
		return drill_end(drill, DRILL_OPEN, DRILL_FAILED,
				 "the daemon doesn't say until when");
	drill->opened_ms = drill_clock_ms();
	return drill_end(drill, DRILL_OPEN, DRILL_OK,
			 "for everybody, for %u s at most", drill->open_s);
}

static bool is_ours(const struct drill *drill, const json_t *order)
{
	return field_is(order, "order", "open") &&
	       (json_int_t)field_count(order, "since") == drill->order.since &&
	       (json_int_t)field_count(order, "until") == drill->order.until &&
	       (json_int_t)field_count(order, "uid") == drill->order.uid;
}

/* What the gate is now, in words. */
static void tell_gate(struct drill *drill, const json_t *status,
		      const char *how)
{
	const json_t *guard = guard_with(status, &drill->backup);
	enum family family = addr_family(&drill->backup);

	drill->open_ms = drill_clock_ms() - drill->opened_ms;
	if (is_closed(guard, family))
		drill_end(drill, DRILL_AUTO, DRILL_OK, "%s, closed again", how);
	else
		drill_end(drill, DRILL_AUTO, DRILL_OK, "%s, but open: %s", how,
			  field_text(gate_of(guard, family), "why", "?"));
}

static int take_back(const struct drill *drill, json_t **status,
		     char error[static CONTROL_ERROR_MAX])
{
	json_t *result = NULL;
	int failed;

	failed = client_ask(drill->ctl->socket, "gate",
			    json_pack("{s:s}", "order", "auto"), ANSWER_S,
			    &result, error);
	json_decref(result);
	return failed ? failed
		      : client_ask(drill->ctl->socket, "status", json_object(),
				   ANSWER_S, status, error);
}

/* Whoever has given another order meanwhile, wants that one to last. */
static void look_and_take_back(struct drill *drill, json_t **status,
			       char error[static CONTROL_ERROR_MAX])
{
	const json_t *order;

	if (client_ask(drill->ctl->socket, "status", json_object(), ANSWER_S,
		       status, error) < 0)
		return;
	error[0] = '\0';
	order = json_object_get(json_object_get(*status, "orders"), "gate");
	if (!json_is_object(order)) {
		tell_gate(drill, *status, "the order had ended by itself");
	} else if (!is_ours(drill, order)) {
		drill_end(drill, DRILL_AUTO, DRILL_FAILED,
			  "somebody else has ordered it %s meanwhile, so that "
			  "was left",
			  field_text(order, "order", "?"));
	} else {
		json_decref(*status);
		*status = NULL;
		if (take_back(drill, status, error) == 0)
			tell_gate(drill, *status, "auto");
	}
}

void drill_close_gate(struct drill *drill)
{
	char error[CONTROL_ERROR_MAX] = "";
	json_t *status = NULL;

	if (!drill->order.given)
		return;
	drill_begin(drill, DRILL_AUTO);
	look_and_take_back(drill, &status, error);
	json_decref(status);
	if (error[0] != '\0')
		drill_end(drill, DRILL_AUTO, DRILL_FAILED,
			  "%s; the order ends by itself %u s after it was "
			  "given",
			  error, drill->open_s);
}
