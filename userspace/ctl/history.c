/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a network was refused, and why. */

#include "ctl/history.h"

#include <time.h>

#include "ctl/fields.h"
#include "ctl/table.h"

#define TIME_TEXT 32

/* "2026-11-26 23:59:59", as days are: in UTC. */
static const char *time_text(const json_t *object, const char *key,
			     char text[static TIME_TEXT])
{
	double unix_s = 0;
	struct tm parts;
	time_t when;

	snprintf(text, TIME_TEXT, "%19s", "?");
	field_number(object, key, &unix_s);
	when = (time_t)unix_s;
	if (gmtime_r(&when, &parts))
		strftime(text, TIME_TEXT, "%F %T", &parts);
	return text;
}

static void list_reasons(json_t *reasons, char *text, size_t size)
{
	char count[PRINT_QUANTITY];
	const char *name;
	json_t *value;
	size_t used = 0;

	text[0] = '\0';
	json_object_foreach(reasons, name, value)
	{
		int n = snprintf(
			text + used, size - used, "%s%s %s", used ? ", " : "",
			name,
			print_count((uint64_t)json_integer_value(value),
				    count));

		if (n < 0 || (size_t)n >= size - used)
			return;
		used += (size_t)n;
	}
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
		time_text(day, "first", text);
		table_add(&table, TONE_PLAIN, "%.10s", text);
		table_add(&table, TONE_PLAIN, "%s", text + 11);
		table_add(&table, TONE_PLAIN, "%s",
			  time_text(day, "last", text) + 11);
		list_reasons(json_object_get(day, "reasons"), text,
			     sizeof(text));
		table_add(&table, TONE_PLAIN, "%s", text);
	}
	table_finish(&table, print);
}

void history_show(const struct print *print, const json_t *found)
{
	const json_t *days = json_object_get(found, "days");
	uint64_t left_out = field_count(found, "left_out");
	const char *network = field_text(found, "network", "?");
	char since[TIME_TEXT], count[PRINT_QUANTITY];
	size_t day_count = json_array_size(days);

	time_text(found, "since", since);
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
