/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The manual pages name what the tables have: keys with their defaults and
 * bounds, commands, options, reasons; and nothing else.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/config_keys.h"
#include "core/config_values.h"
#include "core/reason.h"
#include "ctl/ctl.h"
#include "ctl/metrics.h"

#define SHARE "userspace/share/"

#define SOURCE_MAX 65536
#define WORD_MAX   64

static char page[SOURCE_MAX];

static void read_source(const char *path, char text[static SOURCE_MAX])
{
	FILE *file = fopen(path, "re");
	size_t size;

	assert_non_null(file);
	size = fread(text, 1, SOURCE_MAX - 1, file);
	assert_true(feof(file));
	text[size] = '\0';
	fclose(file);
}

static bool begins(const char *line, const char *start)
{
	return strncmp(line, start, strlen(start)) == 0;
}

/* What follows `start` at the next line of *rest that begins so, or NULL. */
static const char *next_line(const char **rest, const char *start)
{
	while (*rest) {
		const char *line = *rest + (**rest == '\n');

		*rest = strchr(line, '\n');
		if (begins(line, start))
			return line + strlen(start);
	}
	return NULL;
}

/* The line that begins with `start`, which ends a word; or NULL. */
static const char *find_line(const char *text, const char *start)
{
	const char *behind;

	while ((behind = next_line(&text, start)))
		if (*behind == ' ' || *behind == '\n')
			return behind - strlen(start);
	return NULL;
}

static bool begins_any(const char *line, const char *const *starts)
{
	for (size_t i = 0; starts[i]; i++)
		if (begins(line, starts[i]))
			return true;
	return false;
}

/* Copies from `start` to the next line that begins with one of `ends`. */
static void cut(const char *start, const char *const *ends,
		char text[static SOURCE_MAX])
{
	const char *end = strchr(start, '\n');

	while (end && !begins_any(end + 1, ends))
		end = strchr(end + 1, '\n');
	if (!end)
		end = start + strlen(start);
	snprintf(text, SOURCE_MAX, "%.*s", (int)(end - start), start);
}

/* A section or subsection of `page`, by the line that begins it. */
static void cut_section(const char *heading, char text[static SOURCE_MAX])
{
	static const char *const sections[] = {".Sh ", NULL};
	static const char *const subsections[] = {".Sh ", ".Ss ", NULL};
	const char *start = find_line(page, heading);

	if (!start)
		fail_msg("no section \"%s\"", heading);
	cut(start, heading[2] == 'h' ? sections : subsections, text);
}

/*
 * The entry of a list in `text`, whose first line begins with `start`, as one
 * line; NULL: there is none.
 */
static const char *find_entry(const char *text, const char *start)
{
	static const char *const ends[] = {".It ", ".El", NULL};
	static char entry[SOURCE_MAX];
	const char *line = find_line(text, start);

	if (!line)
		return NULL;
	cut(line, ends, entry);
	for (char *at = entry; *at; at++)
		if (*at == '\n')
			*at = ' ';
	return entry;
}

/* The word behind `start` on the next line that begins so. */
static bool next_word(const char **rest, const char *start,
		      char word[static WORD_MAX])
{
	const char *line = next_line(rest, start);

	return line && sscanf(line, "%63s", word) == 1;
}

static unsigned int count_lines(const char *text, const char *start)
{
	unsigned int count = 0;

	while (next_line(&text, start))
		count++;
	return count;
}

static void expect_text(const char *what, const char *entry, const char *text)
{
	if (!strstr(entry, text))
		fail_msg("%s: the page lacks \"%s\"", what, text);
}

static bool is_duration(const struct config_key *key)
{
	return key->kind == &config_kind_duration;
}

static bool has_range(const struct config_key *key)
{
	return is_duration(key) || key->kind == &config_kind_number ||
	       key->kind == &config_kind_require;
}

static void check_range(const struct config_key *key, const char *entry)
{
	char least[CONFIG_DURATION_TEXT], most[CONFIG_DURATION_TEXT];
	char text[96];

	if (is_duration(key))
		snprintf(text, sizeof(text), "from %s to %s",
			 config_format_duration(key->least, least),
			 config_format_duration(key->most, most));
	else
		snprintf(text, sizeof(text), "from %" PRIu64 " to %" PRIu64,
			 key->least, key->most);
	expect_text(key->name, entry, text);
}

/* Bounds that nobody meets are not worth a word. */
static void check_entries(const struct config_key *key, const char *entry)
{
	char text[64];

	if (key->entries == 0 || key->entries > 1000)
		return;
	snprintf(text, sizeof(text), "%zu at most", key->entries);
	expect_text(key->name, entry, text);
}

static void check_key(const struct config_key *key, const char *text)
{
	char start[64], word[WORD_MAX];
	const char *entry;

	snprintf(start, sizeof(start), ".It Ic %s", key->name);
	entry = find_entry(text, start);
	if (!entry)
		fail_msg("no \"%s\"", start);
	strcat(start, " No =");
	if (!key->fallback != !find_line(text, start))
		fail_msg("%s: with a default, or without?", key->name);
	if (key->fallback)
		expect_text(key->name, entry, key->fallback);
	for (size_t i = 0; key->choices && key->choices[i].word; i++) {
		snprintf(word, sizeof(word), " %s ", key->choices[i].word);
		expect_text(key->name, entry, word);
	}
	if (has_range(key))
		check_range(key, entry);
	check_entries(key, entry);
}

static void each_key_has_its_default_and_bounds(void **state)
{
	static char text[SOURCE_MAX];

	(void)state;
	read_source(SHARE "postern.conf.5", page);
	for (size_t s = 0; s < CONFIG_SECTIONS; s++) {
		const struct config_section *section = &config_sections[s];
		const char *rest = text;
		char heading[64], word[WORD_MAX];

		snprintf(heading, sizeof(heading), ".Ss %s",
			 *section->name ? section->name
					: "Outside of sections");
		cut_section(heading, text);
		for (size_t k = 0; k < section->key_count; k++)
			check_key(&section->keys[k], text);
		while (next_word(&rest, ".It Ic ", word))
			if (!config_key_find(section, word))
				fail_msg("there is no key %s", word);
	}
}

static bool is_command(const char *word)
{
	for (size_t i = 0; i < ctl_command_count; i++)
		if (strncmp(ctl_commands[i].name, word, strlen(word)) == 0)
			return true;
	return false;
}

/* Its first lines may stand in a block of their own (.It Xo). */
static const char *find_command(const char *text, const char *name)
{
	char start[WORD_MAX];
	const char *entry;

	snprintf(start, sizeof(start), ".It Cm %s", name);
	entry = find_entry(text, start);
	if (entry)
		return entry;
	snprintf(start, sizeof(start), ".Cm %s", name);
	return find_entry(text, start);
}

static void each_command_is_described(void **state)
{
	static char text[SOURCE_MAX];
	const char *rest = text;
	char word[WORD_MAX];

	(void)state;
	read_source(SHARE "posternctl.8", page);
	cut_section(".Sh COMMANDS", text);
	for (size_t i = 0; i < ctl_command_count; i++) {
		const struct ctl_command *command = &ctl_commands[i];
		const char *entry = find_command(text, command->name);
		char option[WORD_MAX];

		if (!entry)
			fail_msg("no \"%s\"", command->name);
		for (size_t o = 0;
		     o < CTL_OPTIONS_MAX && command->options[o].name; o++) {
			snprintf(option, sizeof(option), "Fl -%s ",
				 command->options[o].name);
			expect_text(command->name, entry, option);
		}
	}
	while (next_word(&rest, ".It Cm ", word))
		if (!is_command(word))
			fail_msg("there is no command %s", word);
}

/* What --help says, one line an option: "  -s, --socket PATH  words". */
static void posternctl_options(char text[static SOURCE_MAX])
{
	char name[] = "posternctl", help[] = "--help";
	char *argv[] = {name, help, NULL};
	FILE *out = fmemopen(text, SOURCE_MAX, "w");

	assert_non_null(out);
	assert_int_equal(ctl_main(2, argv, out, stderr), 0);
	fclose(out);
}

static void posternctl_has_these_options(void **state)
{
	static char text[SOURCE_MAX];
	const char *rest = text, *line;
	unsigned int count = 0;

	(void)state;
	read_source(SHARE "posternctl.8", page);
	posternctl_options(text);
	for (; (line = next_line(&rest, "  -")); count++) {
		char start[WORD_MAX + 16], word[WORD_MAX];

		assert_int_equal(sscanf(line, "%*s --%63s", word), 1);
		snprintf(start, sizeof(start), ".It Fl %c , Fl -%s", *line,
			 word);
		if (!find_line(page, start))
			fail_msg("no \"%s\"", start);
	}
	assert_true(count > 0);
	assert_int_equal(count_lines(page, ".It Fl "), count);
}

/* The table in its source: {"config", required_argument, NULL, 'c'}. */
static void posternd_has_these_options(void **state)
{
	static char text[SOURCE_MAX];
	char word[WORD_MAX];
	const char *rest = text;
	unsigned int count = 0;

	(void)state;
	read_source(SHARE "posternd.8", page);
	read_source("userspace/posternd.c", text);
	for (; next_word(&rest, "\t{\"", word); count++) {
		char lone[WORD_MAX + 16], paired[WORD_MAX + 16];

		word[strcspn(word, "\"")] = '\0';
		snprintf(lone, sizeof(lone), ".It Fl -%s", word);
		snprintf(paired, sizeof(paired), ".It Fl %c , Fl -%s", *word,
			 word);
		if (!find_line(page, lone) && !find_line(page, paired))
			fail_msg("no \"%s\"", lone);
	}
	assert_true(count > 0);
	assert_int_equal(count_lines(page, ".It Fl "), count);
}

static void each_reason_has_its_words(void **state)
{
	static char text[SOURCE_MAX];
	const char *rest = text;
	char word[WORD_MAX];

	(void)state;
	read_source(SHARE "postern.7", page);
	cut_section(".Sh REASONS", text);
	for (enum reason reason = 0; reason < REASON_MAX; reason++) {
		const char *entry;
		char start[64];

		snprintf(start, sizeof(start), ".It Cm %s",
			 reason_name(reason));
		entry = find_entry(text, start);
		if (!entry)
			fail_msg("no \"%s\"", start);
		/* There it begins a sentence. */
		expect_text(start, entry, reason_words(reason) + 1);
	}
	while (next_word(&rest, ".It Cm ", word))
		if (reason_by_name(word) == REASON_MAX)
			fail_msg("there is no reason %s", word);
}

static bool is_metric(const char *word)
{
	char name[METRIC_NAME_MAX];

	for (size_t i = 0; i < metrics_count; i++)
		if (strcmp(metric_sample_name(&metrics[i], name), word) == 0)
			return true;
	return false;
}

static void each_metric_has_its_help(void **state)
{
	static char text[SOURCE_MAX];
	const char *rest = text;
	char word[WORD_MAX], name[METRIC_NAME_MAX];

	(void)state;
	read_source(SHARE "posternctl.8", page);
	cut_section(".Sh METRICS", text);
	for (size_t i = 0; i < metrics_count; i++) {
		const char *entry;
		char start[METRIC_NAME_MAX + 16];

		snprintf(start, sizeof(start), ".It Cm %s",
			 metric_sample_name(&metrics[i], name));
		entry = find_entry(text, start);
		if (!entry)
			fail_msg("no \"%s\"", start);
		expect_text(start, entry, metrics[i].help);
	}
	while (next_word(&rest, ".It Cm ", word))
		if (!is_metric(word))
			fail_msg("there is no metric %s", word);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_key_has_its_default_and_bounds),
		cmocka_unit_test(each_command_is_described),
		cmocka_unit_test(posternctl_has_these_options),
		cmocka_unit_test(posternd_has_these_options),
		cmocka_unit_test(each_reason_has_its_words),
		cmocka_unit_test(each_metric_has_its_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
