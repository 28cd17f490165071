/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verdict, servers, checks, and what to do: in this order. */

#include "ctl/audit_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "control/protocol.h"
#include "core/config_values.h"
#include "ctl/table.h"

#define CHECK_NAME(NAME, name) [AUDIT_CHECK_##NAME] = #name,
static const char *const checks[] = {AUDIT_CHECK_TABLE(CHECK_NAME)};

static const struct {
	const char *name;
	enum tone tone;
} states[AUDIT_STATES] = {
	[AUDIT_OK] = {"ok", TONE_GOOD},
	[AUDIT_NOTE] = {"note", TONE_WARN},
	[AUDIT_FAULT] = {"fault", TONE_BAD},
};

static const char *role_name(enum audit_role role)
{
	return role == AUDIT_PRIMARY ? "primary" : "backup";
}

/* "192.0.2.25", or with a port that isn't 25. */
static const char *endpoint(const struct audit_server *server,
			    char text[static CONFIG_ENDPOINT_TEXT])
{
	struct config_nameserver named = {.addr = server->addr,
					  .port = server->port};

	if (server->port == 25)
		return addr_format(&server->addr, text);
	return config_format_endpoint(&named, text);
}

/* For people */

static void show_verdict(const struct print *print, const struct audit *audit)
{
	size_t faults = audit_count(audit, AUDIT_FAULT);

	if (faults == 0)
		print_paragraph(print, TONE_GOOD, "",
				"%s: no fault found between primary and "
				"backup.",
				audit->domain);
	else
		print_paragraph(print, TONE_BAD, "", "%s: %zu %s.",
				audit->domain, faults,
				faults == 1 ? "fault" : "faults");
}

static void show_servers(const struct print *print, const struct audit *audit)
{
	struct table table = table_of("lllrll");
	char text[CONFIG_ENDPOINT_TEXT], size[24];

	print_heading(print, "Servers");
	for (size_t i = 0; i < audit->server_count; i++) {
		const struct audit_server *one = &audit->servers[i];

		snprintf(size, sizeof(size), "SIZE %" PRIu64, one->size);
		table_add(&table, TONE_PLAIN, "%s", role_name(one->role));
		table_add(&table, TONE_PLAIN, "%s", endpoint(one, text));
		table_add(&table, TONE_PLAIN, "%s", one->name);
		table_add(&table, TONE_PLAIN, "%s", one->size ? size : "");
		table_add(&table, TONE_PLAIN, "%s",
			  one->starttls ? "STARTTLS" : "");
		table_add(&table,
			  one->result.reason == PROBE_GOOD ? TONE_GOOD
							   : TONE_BAD,
			  "%s", probe_reason_words(one->result.reason));
	}
	table_finish(&table, print);
}

static void show_checks(const struct print *print, const struct audit *audit)
{
	struct table table = table_of("llll");
	char text[CONFIG_ENDPOINT_TEXT];

	print_heading(print, "Checks");
	for (size_t i = 0; i < audit->finding_count; i++) {
		const struct audit_finding *one = &audit->findings[i];

		table_add(&table, states[one->state].tone, "%s",
			  states[one->state].name);
		table_add(&table, TONE_PLAIN, "%s", checks[one->check]);
		table_add(&table, TONE_PLAIN, "%s",
			  one->server ? endpoint(one->server, text) : "");
		table_add(&table, TONE_PLAIN, "%s", one->text);
	}
	table_finish(&table, print);
}

/* The same advice for several servers is given once. */
static bool is_told(const struct audit *audit, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(audit->findings[i].cure,
			   audit->findings[index].cure) == 0)
			return true;
	return false;
}

static void show_cures(const struct print *print, const struct audit *audit)
{
	bool headed = false;

	for (size_t i = 0; i < audit->finding_count; i++) {
		const struct audit_finding *one = &audit->findings[i];

		if (one->cure[0] == '\0' || is_told(audit, i))
			continue;
		if (!headed)
			print_heading(print, "What to do");
		headed = true;
		print_paragraph(print, TONE_PLAIN,
				one->state == AUDIT_FAULT ? "! " : "  ",
				"%s: %s.", checks[one->check], one->cure);
	}
}

void audit_show(const struct print *print, const struct audit *audit)
{
	show_verdict(print, audit);
	show_servers(print, audit);
	show_checks(print, audit);
	show_cures(print, audit);
}

/* For programs */

static json_t *recipients_json(const struct audit *audit,
			       const struct audit_server *server)
{
	json_t *all = json_array();

	for (size_t i = 0; i < audit->recipient_count; i++) {
		const struct audit_answer *one = &server->answers[i];

		if (one->code == 0)
			continue;
		json_array_append_new(
			all, json_pack("{s:s, s:s, s:i, s:o, s:I}", "recipient",
				       audit->recipients[i], "kind",
				       i == AUDIT_UNKNOWN      ? "unknown"
				       : i == AUDIT_POSTMASTER ? "postmaster"
							       : "known",
				       "code", (int)one->code, "reply",
				       control_text(one->text), "took_ms",
				       (json_int_t)one->took_ms));
	}
	return all;
}

static json_t *server_json(const struct audit *audit,
			   const struct audit_server *one)
{
	char text[CONFIG_ENDPOINT_TEXT];
	json_t *object = json_pack("{s:s, s:s, s:i, s:s, s:s, s:o, s:o}",
				   "role", role_name(one->role), "address",
				   addr_format(&one->addr, text), "port",
				   (int)one->port, "name", one->name, "state",
				   probe_reason_name(one->result.reason),
				   "reply", control_text(one->result.reply),
				   "recipients", recipients_json(audit, one));

	json_object_set_new(object, "preference",
			    one->preference < 0
				    ? json_null()
				    : json_integer(one->preference));
	json_object_set_new(object, "size",
			    one->offers_known
				    ? json_integer((json_int_t)one->size)
				    : json_null());
	json_object_set_new(object, "starttls",
			    one->offers_known ? json_boolean(one->starttls)
					      : json_null());
	return object;
}

static json_t *finding_json(const struct audit_finding *one)
{
	char text[CONFIG_ENDPOINT_TEXT];
	json_t *object = json_pack(
		"{s:s, s:s, s:o, s:o}", "check", checks[one->check], "state",
		states[one->state].name, "text", control_text(one->text),
		"cure", control_text(one->cure));

	json_object_set_new(object, "server",
			    one->server
				    ? json_string(endpoint(one->server, text))
				    : json_null());
	return object;
}

json_t *audit_json(const struct audit *audit)
{
	json_t *servers = json_array();
	json_t *findings = json_array();

	for (size_t i = 0; i < audit->server_count; i++)
		json_array_append_new(servers,
				      server_json(audit, &audit->servers[i]));
	for (size_t i = 0; i < audit->finding_count; i++)
		json_array_append_new(findings,
				      finding_json(&audit->findings[i]));
	return json_pack("{s:s, s:i, s:o, s:o}", "domain", audit->domain,
			 "faults", (int)audit_count(audit, AUDIT_FAULT),
			 "servers", servers, "findings", findings);
}
