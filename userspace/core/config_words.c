/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What error messages say of a text. */

#include "core/config_words.h"

#include <string.h>

#define KEY_MAX 32 /* no key comes near it */

const char *config_show(const char *text, bool site,
			char shown[static CONFIG_SHOWN_TEXT])
{
	static const char more[] = "...";
	size_t room = CONFIG_SHOWN_TEXT - sizeof(more);
	char redacted[SITE_ZONE_MAX];
	size_t i;

	if (site)
		text = site_redact(text, redacted);
	for (i = 0; i < room && text[i] != '\0'; i++)
		shown[i] = text[i] < ' ' || text[i] > '~' ? '?' : text[i];
	shown[i] = '\0';
	if (text[i] != '\0')
		memcpy(shown + i, more, sizeof(more));
	return shown;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * How many letters have to be added, removed, changed, or swapped with their
 * neighbours to make one of the other; both have less than KEY_MAX.
 */
static size_t distance(const char *from, const char *to)
{
	size_t cost[KEY_MAX][KEY_MAX];
	size_t rows = strlen(from);
	size_t columns = strlen(to);

	for (size_t i = 0; i <= rows; i++) {
		for (size_t j = 0; j <= columns; j++) {
			if (i == 0 || j == 0) {
				cost[i][j] = i + j;
				continue;
			}
			cost[i][j] =
				cost[i - 1][j - 1] + (from[i - 1] != to[j - 1]);
			cost[i][j] = least(cost[i][j], cost[i - 1][j] + 1);
			cost[i][j] = least(cost[i][j], cost[i][j - 1] + 1);
			if (i > 1 && j > 1 && from[i - 1] == to[j - 2] &&
			    from[i - 2] == to[j - 1])
				cost[i][j] = least(cost[i][j],
						   cost[i - 2][j - 2] + 1);
		}
	}
	return cost[rows][columns];
}

/* Remembers the nearest name so far, if it is near. */
static void consider(const char *key, const char *name, size_t *nearest,
		     const char **best)
{
	size_t apart = distance(key, name);

	/* Half of a short word is not "near". */
	if (apart * 2 < strlen(name) && apart < *nearest) {
		*nearest = apart;
		*best = name;
	}
}

/* The key or section that `key` is probably a slip of, or NULL. */
static const char *find_similar(const struct config_section *section,
				const char *key)
{
	size_t nearest = 3;
	const char *best = NULL;

	if (strlen(key) >= KEY_MAX)
		return NULL;
	for (size_t i = 0; i < section->key_count; i++)
		consider(key, section->keys[i].name, &nearest, &best);
	for (size_t i = 0; *section->name == '\0' && i < CONFIG_SECTIONS; i++)
		consider(key, config_sections[i].name, &nearest, &best);
	return best;
}

/* "within `health {...}`" */
static void advise_place(const struct config_section *section,
			 const char *before, const char *key, const char *after,
			 char advice[static CONFIG_WHY_TEXT])
{
	if (*section->name == '\0')
		snprintf(advice, CONFIG_WHY_TEXT,
			 "%s`%s` outside of sections%s", before, key, after);
	else
		snprintf(advice, CONFIG_WHY_TEXT, "%s`%s` within `%s {...}`%s",
			 before, key, section->name, after);
}

/* Whether the key, or one like it, stands in other sections. */
static bool advise_elsewhere(const char *key,
			     char advice[static CONFIG_WHY_TEXT])
{
	for (size_t i = 0; i < CONFIG_SECTIONS; i++) {
		const struct config_section *section = &config_sections[i];

		if (!config_key_find(section, key) &&
		    (*section->name != '\0' || !config_section_find(key)))
			continue;
		advise_place(section, "expected ", key, "", advice);
		return true;
	}
	for (size_t i = 0; i < CONFIG_SECTIONS; i++) {
		const struct config_section *section = &config_sections[i];
		const char *similar = find_similar(section, key);

		if (!similar)
			continue;
		advise_place(section, "did you mean ", similar, "?", advice);
		return true;
	}
	return false;
}

static void append(char advice[static CONFIG_WHY_TEXT], const char *name)
{
	size_t used = strlen(advice);

	snprintf(advice + used, CONFIG_WHY_TEXT - used, "%s%s",
		 used == 0 ? "expected one of " : ", ", name);
}

const char *config_advise(const struct config_section *section, const char *key,
			  char advice[static CONFIG_WHY_TEXT])
{
	const char *similar = find_similar(section, key);

	if (similar) {
		snprintf(advice, CONFIG_WHY_TEXT, "did you mean `%s`?",
			 similar);
		return advice;
	}
	if (advise_elsewhere(key, advice))
		return advice;
	advice[0] = '\0';
	for (size_t i = 0; i < section->key_count; i++)
		append(advice, section->keys[i].name);
	for (size_t i = 0; *section->name == '\0' && i < CONFIG_SECTIONS; i++)
		if (*config_sections[i].name != '\0')
			append(advice, config_sections[i].name);
	return advice;
}
