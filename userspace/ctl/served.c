/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list of names, files, and tables (match_list of postconf(5)). */

#include "ctl/served.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config_values.h"
#include "postfix/text.h"

/* Tables that are made of a text of the same name by postmap(1), or are it. */
static const char *const textual[] = {"hash",	  "btree", "lmdb", "cdb",
				      "texthash", "dbm",   "sdbm"};

__attribute__((format(printf, 2, 3))) static void note(struct served *served,
						       const char *format, ...)
{
	va_list args;

	if (served->note_count == SERVED_NOTES_MAX)
		return;
	va_start(args, format);
	vsnprintf(served->notes[served->note_count++], SERVED_NOTE_TEXT, format,
		  args);
	va_end(args);
}

static void add(struct served *served, const char *word)
{
	char name[SITE_ZONE_MAX];
	size_t length = strlen(word);

	/* ".example.net" is about names below it, which have no MX of it. */
	if (!config_is_host_name(word) || length >= sizeof(name)) {
		note(served, "\"%.80s\" of relay_domains is no domain", word);
		return;
	}
	for (size_t i = 0; i <= length; i++)
		name[i] = (char)tolower((unsigned char)word[i]);
	for (size_t i = 0; i < served->count; i++)
		if (strcmp(served->domains[i], name) == 0)
			return;
	if (served->count == CONFIG_DOMAINS_MAX)
		note(served, "more than %d domains: the others are left out",
		     CONFIG_DOMAINS_MAX);
	else
		memcpy(served->domains[served->count++], name, length + 1);
}

/* Of a table the keys, which come first; of a file all words. */
static int add_file(struct served *served, postfix_read *read, const char *path,
		    bool table)
{
	struct postfix_lines lines;
	unsigned int line;
	char *text;
	size_t size;
	int error;

	error = read(path, &text, &size);
	if (error) {
		note(served, "%.160s of relay_domains can't be read: %s", path,
		     strerror(-error));
		return error == -ENOMEM ? error : 0;
	}
	error = postfix_lines_open(text, size, &lines, &line);
	if (error) {
		note(served, "%.160s of relay_domains is no text", path);
		free(text);
		return error == -ENOMEM ? error : 0;
	}
	while (postfix_lines_next(&lines)) {
		char *rest = lines.text, *word;

		while ((word = postfix_word(&rest))) {
			add(served, word);
			if (table)
				break;
		}
	}
	postfix_lines_close(&lines);
	free(text);
	return 0;
}

static bool is_textual(const char *type, size_t length)
{
	for (size_t i = 0; i < sizeof(textual) / sizeof(textual[0]); i++)
		if (strlen(textual[i]) == length &&
		    strncmp(textual[i], type, length) == 0)
			return true;
	return false;
}

static int add_word(struct served *served, postfix_read *read, const char *word)
{
	const char *colon = strchr(word, ':');

	if (*word == '/')
		return add_file(served, read, word, false);
	if (*word == '!')
		note(served, "\"%.80s\" of relay_domains is an exception",
		     word);
	else if (!colon)
		add(served, word);
	else if (is_textual(word, (size_t)(colon - word)) && colon[1] == '/')
		return add_file(served, read, colon + 1, true);
	else
		note(served,
		     "\"%.80s\" of relay_domains is no table that can be read "
		     "here: name its domains in mx-of",
		     word);
	return 0;
}

int served_find(struct main_cf *main_cf, postfix_read *read, struct served *out,
		char error[static MAIN_CF_ERROR])
{
	char *text = NULL, *rest, *word;
	int result;

	result =
		main_cf_get(main_cf, "relay_domains", NULL, NULL, &text, error);
	rest = text;
	while (!result && rest && (word = postfix_word(&rest)))
		result = add_word(out, read, word);
	free(text);
	return result;
}
