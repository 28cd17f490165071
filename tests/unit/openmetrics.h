/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A strict reader of OpenMetrics 1.0.0, as far as exporters without
 * histograms need it: fails the test at the first line that a scraper would
 * refuse, or that breaks Prometheus' rules for names.
 */
#ifndef POSTERN_TESTS_OPENMETRICS_H
#define POSTERN_TESTS_OPENMETRICS_H

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OM_NAME_MAX   128
#define OM_SERIES_MAX 4096

struct om_reader {
	char family[OM_NAME_MAX];
	char type[OM_NAME_MAX];
	bool helped;
	bool sampled;
	char families[256][OM_NAME_MAX];
	size_t family_count;
	char *series[OM_SERIES_MAX]; /* names with labels, of all samples */
	size_t series_count;
	bool ended;
};

static inline bool om_is_name(const char *text, size_t length)
{
	if (length == 0 || !(isalpha((unsigned char)*text) || *text == '_'))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '_')
			return false;
	return true;
}

static inline bool om_ends(const char *text, const char *end)
{
	size_t length = strlen(text), size = strlen(end);

	return length >= size && strcmp(text + length - size, end) == 0;
}

static inline void om_type(struct om_reader *reader, const char *line)
{
	if (sscanf(line, "# TYPE %127s %127s", reader->family, reader->type) !=
	    2)
		fail_msg("%s", line);
	if (!om_is_name(reader->family, strlen(reader->family)))
		fail_msg("no name: %s", line);
	for (size_t i = 0; i < reader->family_count; i++)
		if (strcmp(reader->families[i], reader->family) == 0)
			fail_msg("twice: %s", line);
	strcpy(reader->families[reader->family_count++], reader->family);
	if (strcmp(reader->type, "gauge") != 0 &&
	    strcmp(reader->type, "counter") != 0 &&
	    strcmp(reader->type, "info") != 0)
		fail_msg("no type: %s", line);
	if (om_ends(reader->family, "_total") ||
	    om_ends(reader->family, "_info") ||
	    om_ends(reader->family, "_count") ||
	    om_ends(reader->family, "_sum") ||
	    om_ends(reader->family, "_bucket"))
		fail_msg("a reserved end: %s", line);
	reader->helped = reader->sampled = false;
}

/* "# UNIT name unit" or "# HELP name words" of the family that began. */
static inline void om_comment(struct om_reader *reader, const char *line)
{
	char name[OM_NAME_MAX], word[OM_NAME_MAX];

	if (sscanf(line, "# %*s %127s %127s", name, word) != 2 ||
	    strcmp(name, reader->family) != 0 || reader->sampled)
		fail_msg("out of place: %s", line);
	if (strncmp(line, "# HELP ", 7) == 0) {
		if (reader->helped || strchr(line, '\\'))
			fail_msg("%s", line);
		reader->helped = true;
	} else if (strncmp(line, "# UNIT ", 7) != 0 || reader->helped ||
		   !om_ends(name, word)) {
		fail_msg("%s", line);
	}
}

/* Returns what follows the labels. */
static inline const char *om_labels(const char *at)
{
	if (*at != '{')
		return at;
	do {
		const char *equals = strchr(++at, '=');

		if (!equals || !om_is_name(at, (size_t)(equals - at)) ||
		    equals[1] != '"')
			fail_msg("no label: %s", at);
		for (at = equals + 2; *at != '"'; at++)
			if (*at == '\0' ||
			    (*at == '\\' && !strchr("\\\"n", *++at)))
				fail_msg("no value of a label: %s", equals);
	} while (*++at == ',');
	if (*at != '}')
		fail_msg("no end of labels: %s", at);
	return at + 1;
}

static inline void om_sample(struct om_reader *reader, const char *line)
{
	size_t length = strcspn(line, "{ ");
	size_t family = strlen(reader->family);
	bool counter = strcmp(reader->type, "counter") == 0;
	const char *end = counter			      ? "_total"
			  : strcmp(reader->type, "info") == 0 ? "_info"
							      : "";
	const char *at = om_labels(line + length);
	double value;
	char *rest;

	if (strncmp(line, reader->family, family) != 0 ||
	    length != family + strlen(end) ||
	    strncmp(line + family, end, strlen(end)) != 0)
		fail_msg("not of %s: %s", reader->family, line);
	for (size_t i = 0; i < reader->series_count; i++)
		if (strlen(reader->series[i]) == (size_t)(at - line) &&
		    strncmp(reader->series[i], line, (size_t)(at - line)) == 0)
			fail_msg("twice: %s", line);
	assert_true(reader->series_count < OM_SERIES_MAX);
	reader->series[reader->series_count++] =
		strndup(line, (size_t)(at - line));
	if (*at++ != ' ')
		fail_msg("no value: %s", line);
	value = strtod(at, &rest);
	if (rest == at || *rest != '\0' || (counter && value < 0))
		fail_msg("no value: %s", line);
	if (!reader->helped)
		fail_msg("without HELP: %s", line);
	reader->sampled = true;
}

/* Returns how many samples there are. */
static inline size_t om_check(const char *text)
{
	struct om_reader *reader = calloc(1, sizeof(*reader));
	char *copy = strdup(text), *rest = copy;
	size_t samples;

	assert_non_null(reader);
	if (!om_ends(text, "\n# EOF\n"))
		fail_msg("no # EOF at the end");
	for (char *line = strsep(&rest, "\n"); rest;
	     line = strsep(&rest, "\n")) {
		if (reader->ended)
			fail_msg("after the end: %s", line);
		if (strcmp(line, "# EOF") == 0)
			reader->ended = true;
		else if (strncmp(line, "# TYPE ", 7) == 0)
			om_type(reader, line);
		else if (*line == '#')
			om_comment(reader, line);
		else
			om_sample(reader, line);
	}
	samples = reader->series_count;
	for (size_t i = 0; i < samples; i++)
		free(reader->series[i]);
	free(copy);
	free(reader);
	return samples;
}

#endif
