/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Comparisons: of numbers where both sides are digits, of text otherwise, and
 * of compatibility levels ("3.10" is above "3.9") with the suffix "level".
 */

#include "postfix/relation.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL_SUFFIX "level"
#define LEVEL_PARTS  3 /* major.minor.patch */

/* Postfix packs them into one number. */
static const long long level_max[LEVEL_PARTS] = {(1LL << 43) - 1, 1023, 1023};

static const struct {
	const char *word;
	bool less, equal, greater; /* which of them it accepts */
} operators[] = {
	{"==", false, true, false}, {"!=", true, false, true},
	{"<", true, false, false},  {"<=", true, true, false},
	{">", false, false, true},  {">=", false, true, true},
};

static bool is_digits(const char *text)
{
	return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static int compare(long long left, long long right)
{
	return (left > right) - (left < right);
}

/* False where a number is too large for Postfix, too. */
static bool compare_values(const char *left, const char *right, int *order)
{
	long long numbers[2];

	if (!is_digits(left) || !is_digits(right)) {
		*order = strcmp(left, right);
		return true;
	}
	errno = 0;
	numbers[0] = strtoll(left, NULL, 10);
	numbers[1] = strtoll(right, NULL, 10);
	*order = compare(numbers[0], numbers[1]);
	return errno == 0;
}

static bool parse_level(const char *text, long long parts[static LEVEL_PARTS])
{
	char *end;

	memset(parts, 0, LEVEL_PARTS * sizeof(*parts));
	for (size_t i = 0; i < LEVEL_PARTS; i++) {
		parts[i] = strtoll(text, &end, 10);
		if (end == text || parts[i] < 0 || parts[i] > level_max[i])
			return false;
		if (*end == '\0')
			return true;
		if (*end != '.')
			return false;
		text = end + 1;
	}
	return false;
}

static bool compare_levels(const char *left, const char *right, int *order)
{
	long long a[LEVEL_PARTS], b[LEVEL_PARTS];

	if (!parse_level(left, a) || !parse_level(right, b))
		return false;
	*order = 0;
	for (size_t i = 0; i < LEVEL_PARTS && *order == 0; i++)
		*order = compare(a[i], b[i]);
	return true;
}

enum postfix_truth postfix_compare(const char *left, const char *word,
				   size_t length, const char *right)
{
	size_t symbol = strspn(word, "<>=!");
	bool accepted, level, comparable;
	int order = 0;

	if (symbol > length)
		symbol = length;
	level = length - symbol == strlen(LEVEL_SUFFIX) &&
		memcmp(word + symbol, LEVEL_SUFFIX, length - symbol) == 0;
	if (symbol != length && !level)
		return POSTFIX_NO_RELATION;
	comparable = level ? compare_levels(left, right, &order)
			   : compare_values(left, right, &order);
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		if (strlen(operators[i].word) != symbol ||
		    memcmp(operators[i].word, word, symbol) != 0)
			continue;
		if (!comparable)
			return POSTFIX_NO_RELATION;
		accepted = order < 0   ? operators[i].less
			   : order > 0 ? operators[i].greater
				       : operators[i].equal;
		return accepted ? POSTFIX_TRUE : POSTFIX_FALSE;
	}
	return POSTFIX_NO_RELATION;
}
