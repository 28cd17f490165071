/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sites in Postfix's syntax.  What postscreen(8) refuses is refused here, and
 * what it takes means the same here; stricter only where a longer zone would
 * leave no room for the 64 characters of an IPv6 address in front of it.
 */

#include "core/site.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define LABEL_MAX    63
#define NIBBLES_TEXT 64 /* "f." for each nibble of an IPv6 address */
#define ZONE_MAX     (SITE_ZONE_MAX - 1 - NIBBLES_TEXT)
#define SECRET_MIN   20
#define SECRET_PART  4 /* of one that is cut off: longer than "***" */

/* Where the rest of a filter begins, and what was wrong with it. */
struct cursor {
	const char *at;
	const char *end;
	const char *why;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool take(struct cursor *cursor, const char *token)
{
	size_t length = strlen(token);

	if ((size_t)(cursor->end - cursor->at) < length ||
	    memcmp(cursor->at, token, length) != 0)
		return false;
	cursor->at += length;
	return true;
}

static int take_number(struct cursor *cursor, unsigned int *out)
{
	unsigned int value = 0;
	const char *start = cursor->at;

	while (cursor->at < cursor->end && is_digit(*cursor->at)) {
		value = value * 10 + (unsigned int)(*cursor->at++ - '0');
		if (value > 255) {
			cursor->why = "an octet of the filter is above 255";
			return -EINVAL;
		}
	}
	if (cursor->at == start) {
		cursor->why = "the filter lacks a number from 0 to 255 "
			      "(expected: d.d.d.d, each d a number or [...])";
		return -EINVAL;
	}
	*out = value;
	return 0;
}

static void add_values(uint64_t set[static 4], unsigned int first,
		       unsigned int last)
{
	for (unsigned int value = first; value <= last; value++)
		set[value / 64] |= UINT64_C(1) << (value % 64);
}

static int take_range(struct cursor *cursor, uint64_t set[static 4])
{
	unsigned int first, last;
	int error;

	error = take_number(cursor, &first);
	if (error)
		return error;
	last = first;
	if (take(cursor, "..")) {
		error = take_number(cursor, &last);
		if (error)
			return error;
		if (last < first) {
			cursor->why = "a range of the filter ends before it "
				      "begins (expected: low..high)";
			return -EINVAL;
		}
	}
	add_values(set, first, last);
	return 0;
}

/* "7", or "[7;10..12]". */
static int take_octet(struct cursor *cursor, uint64_t set[static 4])
{
	unsigned int value;
	int error;

	if (!take(cursor, "[")) {
		error = take_number(cursor, &value);
		if (!error)
			add_values(set, value, value);
		return error;
	}
	do {
		error = take_range(cursor, set);
		if (error)
			return error;
	} while (take(cursor, ";"));
	if (!take(cursor, "]")) {
		cursor->why = "the filter has something else within [...] "
			      "(expected: numbers and low..high, "
			      "separated by \";\", then \"]\")";
		return -EINVAL;
	}
	return 0;
}

/* The "]" that closes the "[" at `start`; `end` if there is none. */
static const char *closing_bracket(const char *start, const char *end)
{
	unsigned int depth = 0;

	for (const char *at = start; at < end; at++) {
		if (*at == '[')
			depth++;
		else if (*at == ']' && --depth == 0)
			return at;
	}
	return end;
}

/* Postfix lets brackets enclose the filter as a whole, too. */
static void strip_brackets(struct cursor *cursor)
{
	if (cursor->at < cursor->end && *cursor->at == '[' &&
	    closing_bracket(cursor->at, cursor->end) == cursor->end - 1) {
		cursor->at++;
		cursor->end--;
	}
}

static int parse_filter(struct cursor *cursor, uint64_t filter[static 4][4])
{
	int error;

	strip_brackets(cursor);
	for (unsigned int i = 0; i < 4; i++) {
		if (i > 0 && !take(cursor, ".")) {
			cursor->why = "the filter has fewer than four octets "
				      "(expected: d.d.d.d)";
			return -EINVAL;
		}
		error = take_octet(cursor, filter[i]);
		if (error)
			return error;
	}
	if (cursor->at != cursor->end) {
		cursor->why = "something follows the filter's fourth octet";
		return -EINVAL;
	}
	return 0;
}

static int parse_weight(const char *text, int *out)
{
	bool negative = *text == '-';
	int value = 0;

	if (*text == '-' || *text == '+')
		text++;
	if (!is_digit(*text))
		return -EINVAL;
	for (; is_digit(*text); text++) {
		value = value * 10 + (*text - '0');
		if (value > SITE_WEIGHT_MAX)
			return -ERANGE;
	}
	if (*text != '\0')
		return -EINVAL;
	*out = negative ? -value : value;
	return 0;
}

static const char *label_fault(const char *label, size_t length)
{
	if (length == 0)
		return "the zone has an empty label: a dot at an end, "
		       "or two in a row";
	if (length > LABEL_MAX)
		return "a label of the zone is longer than 63 characters";
	if (label[0] == '-' || label[length - 1] == '-')
		return "a label of the zone begins or ends with \"-\"";
	for (size_t i = 0; i < length; i++)
		if (!is_alnum(label[i]) && label[i] != '-' && label[i] != '_')
			return "the zone has a character that domain names "
			       "don't have";
	return NULL;
}

/* Copies the zone in lower case; returns what is wrong with it, or NULL. */
static const char *parse_zone(const char *text, size_t length,
			      char zone[static SITE_ZONE_MAX])
{
	const char *label = text;
	bool numeric = true;
	const char *fault;

	if (length == 0)
		return "there is no zone (expected: zone=filter*weight)";
	if (length > ZONE_MAX)
		return "the zone is longer than 189 characters";
	for (size_t i = 0; i <= length; i++) {
		if (i < length && text[i] != '.') {
			numeric = numeric && is_digit(text[i]);
			zone[i] = text[i];
			if (text[i] >= 'A' && text[i] <= 'Z')
				zone[i] = (char)(text[i] - 'A' + 'a');
			continue;
		}
		fault = label_fault(label, (size_t)(text + i - label));
		if (fault)
			return fault;
		label = text + i + 1;
		zone[i] = i < length ? '.' : '\0';
	}
	if (numeric)
		return "the zone is a number (expected: a domain name)";
	return NULL;
}

int site_parse(const char *text, struct site *out, const char **why)
{
	size_t length = strlen(text);
	const char *star = strchr(text, '*');
	const char *end = star ? star : text + length;
	const char *equals = memchr(text, '=', (size_t)(end - text));
	const char *zone_end = equals ? equals : end;
	struct site site = {.weight = 1};
	const char *fault;

	if (star && parse_weight(star + 1, &site.weight) != 0) {
		*why = "the weight after \"*\" is no whole number "
		       "from -1000000 to 1000000";
		return -EINVAL;
	}
	if (equals) {
		struct cursor cursor = {.at = equals + 1, .end = end};

		site.filtered = true;
		if (parse_filter(&cursor, site.filter) != 0) {
			*why = cursor.why;
			return -EINVAL;
		}
	}
	fault = parse_zone(text, (size_t)(zone_end - text), site.zone);
	if (fault) {
		*why = fault;
		return -EINVAL;
	}
	*out = site;
	return 0;
}

bool site_matches(const struct site *site, const uint8_t octets[static 4])
{
	static const uint8_t none[4] = {127, 0, 0, 1};
	static const uint8_t blocked[3] = {127, 255, 255};

	if (octets[0] != 127)
		return false;
	if (!site->filtered)
		return memcmp(octets, none, sizeof(none)) != 0 &&
		       memcmp(octets, blocked, sizeof(blocked)) != 0;
	for (unsigned int i = 0; i < 4; i++)
		if (!(site->filter[i][octets[i] / 64] >> (octets[i] % 64) & 1))
			return false;
	return true;
}

static bool is_secret(const char *label, size_t length)
{
	if (length < SECRET_MIN)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!is_alnum(label[i]))
			return false;
	return true;
}

static const char hidden[] = "***";

const char *site_redact(const char *zone, char text[static SITE_ZONE_MAX])
{
	size_t used = 0;

	while (*zone != '\0') {
		size_t length = strcspn(zone, ".");
		bool secret = is_secret(zone, length);
		size_t size = secret ? strlen(hidden) : length;

		if (used + size + 2 > SITE_ZONE_MAX)
			break;
		memcpy(text + used, secret ? hidden : zone, size);
		used += size;
		zone += length;
		if (*zone == '.')
			text[used++] = *zone++;
	}
	text[used] = '\0';
	return text;
}

/* How much of the label `text` begins with; it may be cut off by its end. */
static size_t begins_with(const char *text, const char *label, size_t length)
{
	size_t same = 0;

	while (same < length && text[same] != '\0' &&
	       tolower((unsigned char)text[same]) ==
		       tolower((unsigned char)label[same]))
		same++;
	return same == length || (text[same] == '\0' && same >= SECRET_PART)
		       ? same
		       : 0;
}

static void redact_label(const char *label, size_t length, char *text)
{
	for (; *text != '\0'; text++) {
		size_t same = begins_with(text, label, length);

		if (same == 0)
			continue;
		/* It is longer than what takes its place. */
		memcpy(text, hidden, strlen(hidden));
		memmove(text + strlen(hidden), text + same,
			strlen(text + same) + 1);
		text += strlen(hidden) - 1;
	}
}

void site_redact_text(const char *zone, char *text)
{
	while (*zone != '\0') {
		size_t length = strcspn(zone, ".");

		if (is_secret(zone, length))
			redact_label(zone, length, text);
		zone += length + (zone[length] == '.');
	}
}
