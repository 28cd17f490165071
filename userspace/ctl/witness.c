/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Witnesses: added, taken back, listed. */

#include "ctl/witness.h"

#include "core/addr.h"
#include "core/config_values.h"
#include "ctl/fields.h"
#include "ctl/table.h"

#define ANSWER_S 10

bool witness_time(const struct ctl *ctl, uint64_t *out)
{
	const char *time = ctl_option(ctl, "for");
	uint64_t ms = 0;

	if (time && (config_parse_duration(time, &ms) != 0 || ms < 1000)) {
		ctl_error(ctl,
			  "\"%s\" is no time of a second or more, such as 90s, "
			  "30m, 12h or 2d",
			  time);
		return false;
	}
	*out = ms / 1000;
	return true;
}

static void show_change(const struct print *print, const json_t *result)
{
	uint64_t over = field_count(result, "over_share");
	uint64_t failed = field_count(result, "failed");

	if (field_count(result, "done"))
		print_paragraph(print, TONE_PLAIN, "", "Done, and in force.");
	if (over)
		print_paragraph(print, TONE_WARN, "! ",
				"Not done: too many networks of its /16 (/32 "
				"for IPv6) may pass already.");
	if (failed)
		print_paragraph(print, TONE_BAD, "! ",
				"Not done: the kernel's table does not take "
				"it.");
}

/* What no network of a sender can be is wrong usage. */
static json_t *network_args(const struct ctl *ctl, const char *text)
{
	struct prefix prefix;

	if (prefix_parse(text, &prefix) == 0)
		return json_pack("{s:[s]}", "networks", text);
	ctl_error(ctl, "\"%s\" is no address or prefix", text);
	return NULL;
}

enum ctl_exit witness_add_run(const struct ctl *ctl, char **operands)
{
	uint64_t for_s;
	json_t *args;

	if (!witness_time(ctl, &for_s))
		return CTL_MISUSED;
	args = network_args(ctl, operands[0]);
	if (!args)
		return CTL_MISUSED;
	if (for_s) {
		json_object_set_new(args, "for_s",
				    json_integer((json_int_t)for_s));
		json_object_set_new(args, "exactly", json_true());
	}
	return ctl_ask(ctl, "witness-add", args, ANSWER_S, show_change);
}

enum ctl_exit witness_del_run(const struct ctl *ctl, char **operands)
{
	json_t *args = network_args(ctl, operands[0]);

	if (!args)
		return CTL_MISUSED;
	return ctl_ask(ctl, "witness-del", args, ANSWER_S, show_change);
}

static void show_list(const struct print *print, const json_t *result)
{
	const json_t *networks = json_object_get(result, "networks");
	struct table table = table_of("ll");
	char text[PRINT_QUANTITY];
	const json_t *one;
	size_t i;

	if (json_array_size(networks) == 0)
		print_paragraph(print, TONE_PLAIN, "", "There are none.");
	json_array_foreach(networks, i, one)
	{
		double left = 0;

		field_number(one, "left_s", &left);
		table_add(&table, TONE_PLAIN, "%s",
			  field_text(one, "network", "?"));
		table_add(&table, TONE_PLAIN, "for another %s",
			  print_duration(left, text));
	}
	table_finish(&table, print);
}

enum ctl_exit witness_list_run(const struct ctl *ctl, char **operands)
{
	(void)operands;
	return ctl_ask(ctl, "witness-list", json_object(), ANSWER_S, show_list);
}
