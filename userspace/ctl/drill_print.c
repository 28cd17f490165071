/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verdict, steps, and what one had better know. */

#include "ctl/drill_print.h"

#include <string.h>

#include "control/protocol.h"
#include "ctl/table.h"

static const struct {
	const char *name;
	enum tone tone;
} states[DRILL_STATES] = {
	[DRILL_NOT_REACHED] = {"not reached", TONE_PLAIN},
	[DRILL_OK] = {"ok", TONE_GOOD},
	[DRILL_UNSEEN] = {"unseen", TONE_WARN},
	[DRILL_FAILED] = {"failed", TONE_BAD},
};

static double seconds(uint64_t ms)
{
	return (double)ms / 1000;
}

/* For people */

static void show_verdict(const struct print *print, const struct drill *drill)
{
	enum drill_step failed = drill_first_failed(drill);
	const struct drill_outcome *delivery = &drill->steps[DRILL_DELIVERY];
	const struct drill_outcome *message = &drill->steps[DRILL_MESSAGE];

	if (failed < DRILL_STEPS)
		print_paragraph(print, TONE_BAD, "",
				"The drill has failed at \"%s\": %s.",
				drill_step_name(failed),
				drill->steps[failed].text);
	else if (strcmp(drill_result(drill), "passed") == 0)
		print_paragraph(print, TONE_GOOD, "",
				"The drill has passed: the backup took "
				"a message, and %s had it %.2f s later.",
				drill->relay,
				seconds(delivery->at_ms + delivery->took_ms -
					message->at_ms - message->took_ms));
	else
		print_paragraph(print, TONE_WARN, "",
				"Nothing has failed, but not all could be "
				"seen.");
}

static void show_steps(const struct print *print, const struct drill *drill)
{
	struct table table = table_of("llrl");

	print_heading(print, "Steps");
	for (enum drill_step step = 0; step < DRILL_STEPS; step++) {
		const struct drill_outcome *one = &drill->steps[step];

		table_add(&table, states[one->state].tone, "%s",
			  states[one->state].name);
		table_add(&table, TONE_PLAIN, "%s", drill_step_name(step));
		if (one->state == DRILL_NOT_REACHED)
			table_add(&table, TONE_PLAIN, "%s", "");
		else
			table_add(&table, TONE_PLAIN, "%.2f s",
				  seconds(one->at_ms + one->took_ms));
		table_add(&table, TONE_PLAIN, "%s", one->text);
	}
	table_finish(&table, print);
}

static void show_notes(const struct print *print, const struct drill *drill)
{
	fputc('\n', print->out);
	if (drill->steps[DRILL_MESSAGE].state == DRILL_OK)
		print_paragraph(print, TONE_PLAIN, "",
				"<%s> gets a message with the subject "
				"\"Postern drill %s\".",
				drill->to, drill->token);
	if (drill->open_ms)
		print_paragraph(print, TONE_PLAIN, "",
				"The gate was open for %.2f s.",
				seconds(drill->open_ms));
	if (drill->here)
		print_paragraph(print, TONE_WARN, "! ",
				"This is the backup itself: the message didn't "
				"pass the filter, and the MTA may trust this "
				"host more than others. From another host, "
				"with the daemon's socket forwarded there, all "
				"of the way is rehearsed.");
	if (drill->stays)
		print_paragraph(print, TONE_BAD, "! ",
				"The message stays in the backup's queue as "
				"%s; \"postsuper -d %s\" removes it.",
				drill->queue_id, drill->queue_id);
}

void drill_show(const struct print *print, const struct drill *drill)
{
	show_verdict(print, drill);
	show_steps(print, drill);
	show_notes(print, drill);
}

/* For programs */

static json_t *text_or_null(const char *text)
{
	return text[0] != '\0' ? control_text(text) : json_null();
}

static json_t *steps_json(const struct drill *drill)
{
	json_t *all = json_array();

	for (enum drill_step step = 0; step < DRILL_STEPS; step++) {
		const struct drill_outcome *one = &drill->steps[step];
		bool reached = one->state != DRILL_NOT_REACHED;

		json_array_append_new(
			all,
			json_pack("{s:s, s:s, s:o, s:o, s:o}", "step",
				  drill_step_name(step), "state",
				  reached ? states[one->state].name
					  : "not_reached",
				  "at_s",
				  reached ? json_real(seconds(one->at_ms))
					  : json_null(),
				  "took_s",
				  reached ? json_real(seconds(one->took_ms))
					  : json_null(),
				  "text", control_text(one->text)));
	}
	return all;
}

json_t *drill_json(const struct drill *drill)
{
	char text[ADDR_TEXT];

	return json_pack(
		"{s:s, s:s, s:s, s:o, s:o, s:i, s:b, s:o, s:o, s:b, s:f, s:o}",
		"result", drill_result(drill), "token", drill->token, "from",
		drill->from, "to", text_or_null(drill->to), "backup",
		drill->backup_chosen
			? json_string(addr_format(&drill->backup, text))
			: json_null(),
		"port", (int)drill->port, "here", (int)drill->here, "queue_id",
		text_or_null(drill->queue_id), "relay",
		text_or_null(drill->relay), "queued", (int)drill->stays,
		"open_s", seconds(drill->open_ms), "steps", steps_json(drill));
}
