/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sites of postscreen(8), and the threshold. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "postfix/collect.h"
#include "postfix/text.h"

#define SITES	  "postscreen_dnsbl_sites"
#define THRESHOLD "postscreen_dnsbl_threshold"
#define ALLOWING  "postscreen_dnsbl_allowlist_threshold"
#define ACTION	  "postscreen_dnsbl_action"

static bool is_same_site(const struct site *a, const struct site *b)
{
	return strcmp(a->zone, b->zone) == 0 && a->filtered == b->filtered &&
	       memcmp(a->filter, b->filter, sizeof(a->filter)) == 0;
}

/*
 * A restriction that adds nothing to what is there: a second one for the same
 * site, or one for a site of postscreen that suffices alone.  A list of good
 * senders has to outweigh more than in postscreen, and so counts twice.
 */
static bool is_covered(struct postfix_import *import, const struct site *site)
{
	for (size_t i = 0; i < import->site_count; i++) {
		struct postfix_site *there = &import->sites[i];

		if (!is_same_site(&there->site, site))
			continue;
		if (site->weight > 0 && there->site.weight >= site->weight)
			return true;
		if (site->weight > 0 || there->site.weight > 0 ||
		    !there->restricted)
			continue;
		if (there->site.weight > site->weight)
			there->site.weight = site->weight;
		return true;
	}
	return false;
}

/* What stands between "=" and "*"; NULL where there is nothing. */
static const char *find_filter(const char *text, size_t *length)
{
	const char *equals = strchr(text, '=');

	*length = equals ? strcspn(equals + 1, "*") : 0;
	return equals ? equals + 1 : NULL;
}

/* Where what it says comes from: defaults have no line. */
static unsigned int line_of(const struct postfix_collect *collect,
			    const char *parameter)
{
	return main_cf_line(collect->main_cf, parameter);
}

int postfix_collect_site(struct postfix_collect *collect, const char *parameter,
			 const char *text, int weight)
{
	struct postfix_import *import = collect->import;
	struct postfix_site *next = &import->sites[import->site_count];
	unsigned int line = line_of(collect, parameter);
	char shown[SITE_ZONE_MAX];
	const char *why, *filter;
	struct site site;
	size_t length;

	if (weight != 0 && strchr(text, '*'))
		return postfix_collect_fail(
			collect, line, "%s: \"%s\": a weight has no place here",
			parameter, site_redact(text, shown));
	if (site_parse(text, &site, &why) != 0)
		return postfix_collect_fail(collect, line, "%s: \"%s\": %s",
					    parameter, site_redact(text, shown),
					    why);
	if (weight != 0) {
		site.weight = weight;
		if (is_covered(import, &site))
			return 0;
	}
	if (import->site_count == CONFIG_SITES_MAX) {
		postfix_collect_note(collect, NULL, line,
				     "%s: \"%s\" is left out: there is room "
				     "for %d sites",
				     parameter, site_redact(text, shown),
				     CONFIG_SITES_MAX);
		return 0;
	}
	filter = find_filter(text, &length);
	*next = (struct postfix_site){
		.site = site,
		.filter = filter ? strndup(filter, length) : NULL,
		.restricted = weight != 0,
	};
	import->site_count++;
	return filter && !next->filter ? -ENOMEM : 0;
}

static int collect_threshold(struct postfix_collect *collect)
{
	char *text = NULL, *end;
	long value;
	int result;

	result = postfix_collect_value(collect, THRESHOLD, &text);
	if (result)
		return result;
	value = strtol(text, &end, 10);
	if (*text == '\0' || *end != '\0' || value < 1 ||
	    value > SITE_WEIGHT_MAX)
		result = postfix_collect_fail(
			collect, line_of(collect, THRESHOLD),
			THRESHOLD " is \"%.40s\", expected a number from 1 to "
				  "%d",
			text, SITE_WEIGHT_MAX);
	else
		collect->import->threshold = (int)value;
	free(text);
	return result;
}

static int collect_list(struct postfix_collect *collect)
{
	char *text = NULL, *rest, *word;
	int result;

	result = postfix_collect_value(collect, SITES, &text);
	if (result)
		return result;
	rest = text;
	while (!result && (word = postfix_word(&rest)))
		result = postfix_collect_site(collect, SITES, word, 0);
	free(text);
	return result;
}

/* Notes a parameter unless it has the value that makes no difference. */
static int note_unless(struct postfix_collect *collect, const char *name,
		       const char *harmless, const char *words)
{
	char *text = NULL;
	int result = postfix_collect_value(collect, name, &text);

	if (result)
		return result;
	if (strcmp(text, harmless) != 0)
		postfix_collect_note(collect, NULL, line_of(collect, name),
				     "%s is %.100s: %s", name, text, words);
	free(text);
	return 0;
}

static int note_action(struct postfix_collect *collect)
{
	char *text = NULL;
	int result = postfix_collect_value(collect, ACTION, &text);

	if (result)
		return result;
	if (strcmp(text, "ignore") == 0)
		postfix_collect_note(
			collect, NULL, line_of(collect, ACTION),
			ACTION " is ignore: Postfix has only logged what these "
			       "sites say, Postern refuses it once mode is "
			       "enforce");
	free(text);
	return 0;
}

int postfix_collect_sites(struct postfix_collect *collect)
{
	int result = collect_threshold(collect);

	if (!result)
		result = collect_list(collect);
	if (!result)
		result = note_unless(
			collect, ALLOWING, "0",
			"it has no counterpart, it only spares a client "
			"postscreen's other tests");
	if (!result && collect->import->site_count > 0)
		result = note_action(collect);
	return result;
}
