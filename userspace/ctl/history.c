/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a network was refused, and why. */

#include "ctl/history.h"

#include <string.h>

#include "ctl/fields.h"
#include "ctl/reasons.h"
#include "ctl/table.h"
#include "ctl/when.h"

/* Room for what add_notes() says. */
#define NOTES_TEXT 128

/* What else there is to say of a day. */
static void add_notes(const json_t *day, char *text, size_t size)
{
	uint64_t watched = field_count(day, "watched");
	size_t used = strlen(text);
	char count[PRINT_QUANTITY];

	if (watched > 0)
		used += (size_t)snprintf(text + used, size - used,
					 "; %s of them in monitor mode",
					 print_count(watched, count));
	if (json_is_integer(json_object_get(day, "reached")))
		used += (size_t)snprintf(text + used, size - used,
					 "; it connected to the primary, too");
	if (json_is_integer(json_object_get(day, "mercy")))
		snprintf(text + used, size - used, "; it got mercy");
}

static void show_days(const struct print *print, const json_t *days)
{
	struct table table = table_of("llll");
	char text[TABLE_CELL_MAX];
	const json_t *day;
	size_t i;

	table_add(&table, TONE_HEAD, "day");
	table_add(&table, TONE_HEAD, "first");
	table_add(&table, TONE_HEAD, "last (UTC)");
	table_add(&table, TONE_HEAD, "attempts by reason");
	json_array_foreach(days, i, day)
	{
		when_text(day, "first", text);
		table_add(&table, TONE_PLAIN, "%.10s", text);
		table_add(&table, TONE_PLAIN, "%s", text + 11);
		table_add(&table, TONE_PLAIN, "%s",
			  when_text(day, "last", text) + 11);
		reasons_text(day, text, sizeof(text) - NOTES_TEXT);
		add_notes(day, text, sizeof(text));
		table_add(&table, TONE_PLAIN, "%s", text);
	}
	table_finish(&table, print);
}

void history_show(const struct print *print, const json_t *found)
{
	const json_t *days = json_object_get(found, "days");
	uint64_t left_out = field_count(found, "left_out");
	const char *network = field_text(found, "network", "?");
	char since[WHEN_TEXT], count[PRINT_QUANTITY];
	size_t day_count = json_array_size(days);

	when_text(found, "since", since);
	if (day_count == 0)
		print_paragraph(print, TONE_GOOD, "",
				"No refusal of %s is known since %s UTC.",
				network, since);
	else
		print_paragraph(print, TONE_WARN, "",
				"%s was refused, or would have been in monitor "
				"mode, on %zu %s since %s UTC.",
				network, day_count,
				day_count == 1 ? "day" : "days", since);
	if (day_count > 0)
		show_days(print, days);
	if (left_out > 0)
		print_paragraph(print, TONE_WARN, "! ",
				"There was no room for %s attempts of other "
				"networks: there may have been more.",
				print_count(left_out, count));
}
