/* SPDX-License-Identifier: GPL-2.0-or-later */
/* $TIMESTAMP: when the data is from, and until when it is good. */

#include <string.h>
#include <time.h>

#include "sources/feed_rbldnsd.h"
#include "sources/feed_scan.h"

/* A part of a date: digits, then perhaps `-` or `:`. */
static bool scan_part(const char **at, unsigned int digits, int least, int most,
		      int *out)
{
	const char *next = *at;
	int number = 0;

	if (!feed_is_digit(*next))
		return false;
	for (; digits > 0 && feed_is_digit(*next); digits--)
		number = number * 10 + (*next++ - '0');
	if (number < least || number > most)
		return false;
	if (*next == '-' || *next == ':')
		next++;
	*at = next;
	*out = number;
	return true;
}

static bool is_over(const char *at)
{
	return *at == '\0' || feed_is_blank(*at);
}

/* YYYY-MM-DD, with as much of :HH:MM:SS behind it as there is; 0: none. */
static bool scan_date(const char **at, int64_t *out)
{
	static const struct {
		int least;
		int most;
	} parts[] = {{1, 12}, {1, 31}, {0, 23}, {0, 59}, {0, 59}};
	int values[] = {1, 1, 0, 0, 0};
	const char *next = *at;
	struct tm tm = {0};
	int year;

	if (*next != '\0' && strchr("0-:", *next) && is_over(next + 1)) {
		*out = 0;
		*at = feed_skip_blanks(next + 1);
		return true;
	}
	if (!scan_part(&next, 4, 1970, 2038, &year))
		return false;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (i >= 2 && is_over(next))
			break;
		if (!scan_part(&next, 2, parts[i].least, parts[i].most,
			       &values[i]))
			return false;
	}
	if (!is_over(next))
		return false;
	tm.tm_year = year - 1900;
	tm.tm_mon = values[0] - 1;
	tm.tm_mday = values[1];
	tm.tm_hour = values[2];
	tm.tm_min = values[3];
	tm.tm_sec = values[4];
	*out = timegm(&tm);
	if (tm.tm_mday != values[1]) /* the 31st of a shorter month */
		return false;
	*at = feed_skip_blanks(next);
	return true;
}

/* Seconds, or with a unit. */
static bool scan_time(const char *at, int64_t *out)
{
	static const char units[] = "smhdw";
	static const int64_t seconds[] = {1, 60, 3600, 86400, 604800};
	unsigned int number;
	const char *unit;

	if (!feed_scan_number(&at, UINT32_MAX / 20, &number))
		return false;
	*out = number;
	if (*at != '\0') {
		unit = strchr(units, *at | 0x20);
		if (!unit || *unit == '\0' || at[1] != '\0')
			return false;
		*out = number * seconds[unit - units];
	}
	return *out > 0;
}

bool feed_scan_timestamp(const char *text, int64_t *stamp, int64_t *expires)
{
	int64_t from, after = 0;

	if (!scan_date(&text, &from))
		return false;
	if (*text == '+') {
		if (!scan_time(text + 1, &after) || from == 0)
			return false;
		after += from;
	} else if (*text != '\0' &&
		   (!scan_date(&text, &after) || *text != '\0')) {
		return false;
	}
	*stamp = from;
	*expires = after;
	return true;
}
