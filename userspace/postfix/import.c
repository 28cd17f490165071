/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The import as a whole, its values, notes and errors. */

#include "postfix/import.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "postfix/collect.h"

int postfix_collect_fail(struct postfix_collect *collect, unsigned int line,
			 const char *format, ...)
{
	va_list args;
	int used;

	used = snprintf(collect->error, MAIN_CF_ERROR,
			"%.200s:%u: ", main_cf_path(collect->main_cf), line);
	va_start(args, format);
	vsnprintf(collect->error + used, MAIN_CF_ERROR - (size_t)used, format,
		  args);
	va_end(args);
	return -EINVAL;
}

void postfix_collect_note(struct postfix_collect *collect, const char *path,
			  unsigned int line, const char *format, ...)
{
	struct postfix_import *import = collect->import;
	char text[POSTFIX_NOTE_TEXT] = "";
	va_list args;
	int used = 0;

	if (!path)
		path = main_cf_path(collect->main_cf);
	if (line > 0)
		used = snprintf(text, sizeof(text), "%.200s:%u: ", path, line);
	va_start(args, format);
	vsnprintf(text + used, sizeof(text) - (size_t)used, format, args);
	va_end(args);
	/* Once is enough: a parameter may be used by several others. */
	for (size_t i = 0; i < import->note_count; i++)
		if (strcmp(import->notes[i], text) == 0)
			return;
	if (import->note_count < POSTFIX_NOTES_MAX)
		memcpy(import->notes[import->note_count++], text, sizeof(text));
	else
		import->notes_omitted++;
}

static void on_undefined(void *context, const char *name, unsigned int line)
{
	postfix_collect_note(context, NULL, line,
			     "$%.100s is not set in this file and was taken as "
			     "empty: if Postfix has a default for it, see what "
			     "is missing here",
			     name);
}

int postfix_collect_value(struct postfix_collect *collect, const char *name,
			  char **out)
{
	return main_cf_get(collect->main_cf, name, on_undefined, collect, out,
			   collect->error);
}

/* What Postern does its own way, or needs no more. */
static const struct {
	const char *name;
	const char *words;
} others[] = {
	{"postscreen_dnsbl_max_ttl",
	 "verdicts are kept for as long as the answers of the lists are valid, "
	 "from a minute to an hour"},
	{"postscreen_dnsbl_min_ttl",
	 "verdicts are kept for as long as the answers of the lists are valid, "
	 "from a minute to an hour"},
	{"postscreen_dnsbl_reply_map",
	 "nothing is said to those who are refused, so no name of a zone needs "
	 "to be hidden"},
	{"postscreen_dnsbl_timeout",
	 "how long a source waits for the lists is dnsbl.hold-limit"},
	{"postscreen_dnsbl_ttl",
	 "verdicts are kept for as long as the answers of the lists are valid, "
	 "from a minute to an hour"},
	{"rbl_reply_maps", "nothing is said to those who are refused"},
};

static void note_others(struct postfix_collect *collect)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		unsigned int line =
			main_cf_line(collect->main_cf, others[i].name);

		if (line > 0)
			postfix_collect_note(collect, NULL, line, "%s: %s",
					     others[i].name, others[i].words);
	}
}

static void note_outcome(struct postfix_collect *collect)
{
	const struct postfix_import *import = collect->import;

	if (import->site_count > 0 && !postfix_import_lists(import))
		postfix_collect_note(
			collect, NULL, 0,
			"the weights of the sites don't add up to the "
			"threshold of %d, so they refuse nobody",
			import->threshold);
}

int postfix_import(struct main_cf *main_cf, postfix_read *read,
		   struct postfix_import *out, char error[static MAIN_CF_ERROR])
{
	struct postfix_collect collect = {
		.main_cf = main_cf,
		.read = read,
		.import = out,
		.error = error,
	};
	int result;

	result = main_cf_check(main_cf, error);
	if (!result)
		result = postfix_collect_sites(&collect);
	if (!result)
		result = postfix_collect_restrictions(&collect);
	if (!result)
		result = postfix_collect_access(&collect);
	if (!result)
		result = main_cf_get(main_cf, "relay_domains", NULL, NULL,
				     &out->relay_domains, error);
	note_others(&collect);
	note_outcome(&collect);
	if (result == -ENOMEM)
		snprintf(error, MAIN_CF_ERROR, "%s", strerror(ENOMEM));
	return result;
}

bool postfix_import_lists(const struct postfix_import *import)
{
	long long reach = 0;

	for (size_t i = 0; i < import->site_count; i++)
		if (import->sites[i].site.weight > 0)
			reach += import->sites[i].site.weight;
	return reach >= import->threshold;
}

bool postfix_import_has_secret(const struct postfix_import *import)
{
	char text[SITE_ZONE_MAX];

	for (size_t i = 0; i < import->site_count; i++) {
		const char *zone = import->sites[i].site.zone;

		if (strcmp(site_redact(zone, text), zone) != 0)
			return true;
	}
	return false;
}

void postfix_import_free(struct postfix_import *import)
{
	for (size_t i = 0; i < import->site_count; i++)
		free(import->sites[i].filter);
	networks_free(&import->allow);
	free(import->relay_domains);
}
