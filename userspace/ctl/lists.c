/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The run-time lists. */

#include "ctl/lists.h"

#include <errno.h>
#include <time.h>

#include "core/addr.h"
#include "core/config_values.h"
#include "ctl/fields.h"
#include "ctl/table.h"

#define ANSWER_S 10

static void show_change(const struct print *print, const json_t *result)
{
	const char *warning = field_text(result, "warning", NULL);

	print_paragraph(print, TONE_PLAIN, "", "Done, and in force.");
	if (warning)
		print_paragraph(print, TONE_WARN, "! ", "%s", warning);
}

static void add_time(struct table *table, double expires)
{
	char text[PRINT_QUANTITY];
	double left = expires - (double)time(NULL);

	if (expires > 0)
		table_add(table, TONE_PLAIN, "for another %s",
			  print_duration(left > 0 ? left : 0, text));
	else
		table_add(table, TONE_PLAIN, "for ever");
}

static void show_list(const struct print *print, const json_t *result)
{
	const json_t *entries = json_object_get(result, "entries");
	size_t shown = json_array_size(entries);
	struct table table = table_of("lll");
	char text[PRINT_QUANTITY];
	const json_t *entry;
	size_t i;

	if (shown == 0)
		print_paragraph(print, TONE_PLAIN, "", "It is empty.");
	json_array_foreach(entries, i, entry)
	{
		double expires = 0;

		field_number(entry, "expires", &expires);
		table_add(&table, TONE_PLAIN, "%s",
			  field_text(entry, "prefix", "?"));
		add_time(&table, expires);
		table_add(&table, TONE_PLAIN, "%s",
			  field_text(entry, "note", ""));
	}
	table_finish(&table, print);
	if (field_count(result, "count") > shown)
		print_paragraph(
			print, TONE_PLAIN, "  ", "... and %s more",
			print_count(field_count(result, "count") - shown,
				    text));
}

/* What prefix_parse() takes: what is no prefix at all is wrong usage. */
static bool is_prefix(const struct ctl *ctl, const char *text)
{
	struct prefix prefix;
	int result = prefix_parse(text, &prefix);

	if (result == 0)
		return true;
	if (result == -EDOM)
		ctl_error(ctl,
			  "\"%s\" has bits set beyond its length: give the "
			  "network's first address, or the address alone",
			  text);
	else
		ctl_error(ctl, "\"%s\" is no address or prefix", text);
	return false;
}

static enum ctl_exit add(const struct ctl *ctl, const char *command,
			 const char *prefix)
{
	const char *time = ctl_option(ctl, "for");
	const char *note = ctl_option(ctl, "note");
	uint64_t for_ms = 0;
	json_t *args;

	if (!is_prefix(ctl, prefix))
		return CTL_MISUSED;
	if (time &&
	    (config_parse_duration(time, &for_ms) != 0 || for_ms < 1000)) {
		ctl_error(ctl,
			  "\"%s\" is no time of a second or more, such "
			  "as 90s, 30m, 12h or 2d",
			  time);
		return CTL_MISUSED;
	}
	args = json_pack("{s:s}", "prefix", prefix);
	if (time)
		json_object_set_new(args, "for_s",
				    json_integer((json_int_t)(for_ms / 1000)));
	if (note && json_object_set_new(args, "note", json_string(note)) != 0) {
		ctl_error(ctl, "the note is not in UTF-8");
		json_decref(args);
		return CTL_MISUSED;
	}
	return ctl_ask(ctl, command, args, ANSWER_S, show_change);
}

static enum ctl_exit del(const struct ctl *ctl, const char *command,
			 const char *prefix)
{
	if (!is_prefix(ctl, prefix))
		return CTL_MISUSED;
	return ctl_ask(ctl, command, json_pack("{s:s}", "prefix", prefix),
		       ANSWER_S, show_change);
}

enum ctl_exit lists_allow_add(const struct ctl *ctl, char **operands)
{
	return add(ctl, "allow-add", operands[0]);
}

enum ctl_exit lists_allow_del(const struct ctl *ctl, char **operands)
{
	return del(ctl, "allow-del", operands[0]);
}

enum ctl_exit lists_allow_list(const struct ctl *ctl, char **operands)
{
	(void)operands;
	return ctl_ask(ctl, "allow-list", json_object(), ANSWER_S, show_list);
}

enum ctl_exit lists_block_add(const struct ctl *ctl, char **operands)
{
	return add(ctl, "block-add", operands[0]);
}

enum ctl_exit lists_block_del(const struct ctl *ctl, char **operands)
{
	return del(ctl, "block-del", operands[0]);
}

enum ctl_exit lists_block_list(const struct ctl *ctl, char **operands)
{
	(void)operands;
	return ctl_ask(ctl, "block-list", json_object(), ANSWER_S, show_list);
}
