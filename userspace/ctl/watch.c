/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decisions, a line each. */

#include "ctl/watch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/addr.h"
#include "core/reason.h"
#include "ctl/client.h"
#include "ctl/fields.h"

#define ANSWER_S 5

/* ---- lines ---- */

const char *watch_action(const json_t *decision,
			 char text[static WATCH_ACTION_MAX])
{
	const char *would = field_text(decision, "would", NULL);
	const char *action =
		would ? would : field_text(decision, "action", "?");

	/* It is dropped for now, but that is not what it is about. */
	if (field_is(decision, "reason", reason_name(REASON_HELD)) &&
	    strcmp(action, action_name(ACTION_DROP)) == 0)
		action = "hold";
	snprintf(text, WATCH_ACTION_MAX, "%s%s", would ? "would " : "", action);
	return text;
}

static size_t put_time(const json_t *decision, char *text, size_t size)
{
	double unix_s = 0;
	struct tm parts;
	time_t when;

	field_number(decision, "time", &unix_s);
	when = (time_t)unix_s;
	return localtime_r(&when, &parts)
		       ? strftime(text, size, "%H:%M:%S  ", &parts)
		       : 0;
}

const char *watch_by(const json_t *decision, char text[static WATCH_BY_MAX])
{
	const json_t *zones = json_object_get(decision, "zones");
	size_t used = (size_t)snprintf(text, WATCH_BY_MAX, "%s",
				       field_text(decision, "list", ""));
	const json_t *one;
	size_t i;

	json_array_foreach(zones, i, one)
	{
		const char *zone = json_string_value(one);

		if (used < WATCH_BY_MAX && zone)
			used += (size_t)snprintf(text + used,
						 WATCH_BY_MAX - used, "%s%s",
						 used ? ", " : "", zone);
	}
	return text;
}

static void put_decision(const json_t *decision,
			 char text[static WATCH_LINE_MAX])
{
	size_t used = put_time(decision, text, WATCH_LINE_MAX);
	const char *destination = field_text(decision, "destination", "?");
	bool is_ipv6 = strchr(destination, ':') != NULL;
	char action[WATCH_ACTION_MAX], by[WATCH_BY_MAX];

	watch_by(decision, by);
	snprintf(text + used, WATCH_LINE_MAX - used,
		 "%-11.11s  %-8.16s  %.64s > %s%.64s%s:%" PRIu64 "%s%s",
		 watch_action(decision, action),
		 field_text(decision, "reason", "?"),
		 field_text(decision, "source", "?"), is_ipv6 ? "[" : "",
		 destination, is_ipv6 ? "]" : "", field_count(decision, "port"),
		 *by ? "  " : "", by);
}

static void put_left_out(const json_t *object, char text[static WATCH_LINE_MAX])
{
	json_t *reasons = json_object_get(object, "reasons");
	char count[PRINT_QUANTITY];
	const char *name;
	json_t *value;
	size_t used;

	used = (size_t)snprintf(
		text, WATCH_LINE_MAX, "... %s more not shown:",
		print_count(field_count(object, "left_out"), count));
	json_object_foreach(reasons, name, value)
	{
		if (used >= WATCH_LINE_MAX)
			return;
		used += (size_t)snprintf(
			text + used, WATCH_LINE_MAX - used, "%s %s %.16s",
			text[used - 1] == ':' ? "" : ",",
			print_count((uint64_t)json_integer_value(value), count),
			name);
	}
}

const char *watch_line(const json_t *object, char text[static WATCH_LINE_MAX])
{
	if (field_is(object, "kind", "decision"))
		put_decision(object, text);
	else if (field_is(object, "kind", "left_out"))
		put_left_out(object, text);
	else
		return NULL;
	return print_clean(text);
}

/* ---- the command ---- */

/* Returns false, with a line on stderr, where an option is wrong. */
static bool make_args(const struct ctl *ctl, json_t **out)
{
	const char *source = ctl_option(ctl, "source");
	json_t *reasons = json_array();
	json_t *args = json_pack("{s:o}", "reasons", reasons);
	struct prefix prefix;
	const char *name;
	size_t at = 0;

	while ((name = ctl_next_option(ctl, "reason", &at))) {
		if (reason_by_name(name) == REASON_MAX) {
			ctl_error(ctl,
				  "\"%s\" is no reason: postern(7) has them",
				  name);
			goto wrong;
		}
		json_array_append_new(reasons, json_string(name));
	}
	if (source && prefix_parse(source, &prefix)) {
		ctl_error(ctl,
			  "\"%s\" is no address, and no prefix with its host "
			  "bits zero",
			  source);
		goto wrong;
	}
	if (source)
		json_object_set_new(args, "source", json_string(source));
	*out = args;
	return true;
wrong:
	json_decref(args);
	return false;
}

/* 0 stands for no end. */
static bool parse_count(const struct ctl *ctl, uint64_t *out)
{
	const char *text = ctl_option(ctl, "count");
	char *end = NULL;

	*out = 0;
	if (!text)
		return true;
	errno = 0;
	if (*text >= '0' && *text <= '9')
		*out = strtoull(text, &end, 10);
	if (end && *end == '\0' && *out > 0 && errno == 0)
		return true;
	ctl_error(ctl, "--count wants a number, 1 or more, not \"%s\"", text);
	return false;
}

static void show(const struct ctl *ctl, const json_t *object)
{
	struct print print = print_to(ctl->out);
	char text[WATCH_LINE_MAX];

	if (ctl->json)
		json_dumpf(object, ctl->out, JSON_COMPACT | CONTROL_JSON_FLAGS);
	else if (watch_line(object, text))
		print_text(&print,
			   field_is(object, "kind", "left_out") ? TONE_WARN
								: TONE_PLAIN,
			   text);
	else
		return;
	fputc('\n', ctl->out);
	fflush(ctl->out);
}

/* Until it ends, as many decisions have come, or nobody reads any more. */
static int follow(const struct ctl *ctl, struct client_stream *stream,
		  uint64_t count, char error[static CONTROL_ERROR_MAX])
{
	uint64_t seen = 0;

	while (!ferror(ctl->out)) {
		json_t *object = NULL;
		int status = client_stream_next(stream, -1, &object, error);

		if (status < 0)
			return status;
		if (status == 0)
			continue;
		show(ctl, object);
		seen += field_is(object, "kind", "decision");
		json_decref(object);
		if (count > 0 && seen == count)
			break;
	}
	return 0;
}

enum ctl_exit watch_run(const struct ctl *ctl, char **operands)
{
	char error[CONTROL_ERROR_MAX];
	struct client_stream *stream = NULL;
	json_t *args = NULL;
	uint64_t count;
	int status;

	(void)operands;
	if (!parse_count(ctl, &count) || !make_args(ctl, &args))
		return CTL_MISUSED;
	status = client_stream_open(ctl->socket, "watch", args, ANSWER_S,
				    &stream, error);
	if (status == 0)
		status = follow(ctl, stream, count, error);
	client_stream_close(stream);
	if (status == 0)
		return CTL_DONE;
	ctl_error(ctl, "%s", error);
	return CTL_FAILED;
}
