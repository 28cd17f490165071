/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A verdict, a table, and what to do: in this order. */

#include <string.h>

#include "ctl/check_facts.h"
#include "ctl/table.h"

static const struct {
	const char *name; /* in JSON */
	const char *mark; /* in the table */
	enum tone tone;
} states[CHECK_STATES] = {
	[CHECK_OK] = {"ok", "ok", TONE_GOOD},
	[CHECK_WARN] = {"warn", "warn", TONE_WARN},
	[CHECK_FAIL] = {"fail", "fail", TONE_BAD},
	[CHECK_UNKNOWN] = {"unknown", "?", TONE_WARN},
};

static void show_verdict(const struct print *print, const struct check *check)
{
	size_t failed = check_count(check, CHECK_FAIL);
	size_t warned = check_count(check, CHECK_WARN);
	size_t unknown = check_count(check, CHECK_UNKNOWN);

	print_paragraph(print,
			failed	 ? TONE_BAD
			: warned ? TONE_WARN
				 : TONE_GOOD,
			"",
			"%zu wrong, %zu worth a look, %zu could not be told "
			"(?), %zu ok.",
			failed, warned, unknown, check_count(check, CHECK_OK));
}

static void show_findings(const struct print *print, const struct check *check)
{
	struct table table = table_of("llll");
	char text[CHECK_TEXT];

	print_heading(print, "Checks");
	for (size_t i = 0; i < check->finding_count; i++) {
		const struct check_finding *one = &check->findings[i];

		table_add(&table, states[one->state].tone, "%s",
			  states[one->state].mark);
		table_add(&table, TONE_PLAIN, "%s", one->item->name);
		memcpy(text, one->about, sizeof(one->about));
		table_add(&table, TONE_PLAIN, "%s", print_clean(text));
		memcpy(text, one->text, sizeof(text));
		table_add(&table, TONE_PLAIN, "%s", print_clean(text));
	}
	table_finish(&table, print);
	if (check->omitted > 0)
		print_paragraph(print, TONE_PLAIN, "  ", "and %zu more.",
				check->omitted);
}

/* The same advice for several is given once. */
static bool is_told(const struct check *check, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(check->findings[i].cure,
			   check->findings[index].cure) == 0)
			return true;
	return false;
}

static void show_cures(const struct print *print, const struct check *check)
{
	char text[CHECK_CURE];
	bool headed = false;

	for (size_t i = 0; i < check->finding_count; i++) {
		const struct check_finding *one = &check->findings[i];

		if (one->cure[0] == '\0' || is_told(check, i))
			continue;
		if (!headed)
			print_heading(print, "What to do");
		headed = true;
		memcpy(text, one->cure, sizeof(text));
		print_paragraph(print, TONE_PLAIN,
				one->state == CHECK_FAIL ? "! " : "  ",
				"%s: %s.", one->item->name, print_clean(text));
	}
}

void check_show(const struct print *print, const struct check *check)
{
	show_verdict(print, check);
	show_findings(print, check);
	show_cures(print, check);
}

json_t *check_json(const struct check *check)
{
	json_t *all = json_array();

	for (size_t i = 0; i < check->finding_count; i++) {
		const struct check_finding *one = &check->findings[i];

		json_array_append_new(
			all,
			json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "check",
				  one->item->name, "group", one->item->group,
				  "state", states[one->state].name, "about",
				  control_text(one->about), "text",
				  control_text(one->text), "cure",
				  control_text(one->cure)));
	}
	return json_pack(
		"{s:s, s:I, s:I, s:I, s:I, s:o}", "config", check->path,
		"failed", (json_int_t)check_count(check, CHECK_FAIL), "warned",
		(json_int_t)check_count(check, CHECK_WARN), "unknown",
		(json_int_t)check_count(check, CHECK_UNKNOWN), "omitted",
		(json_int_t)check->omitted, "findings", all);
}
