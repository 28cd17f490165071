/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What parsers have found: past the guard into layers, and into problems. */

#include "sources/feed_entry.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sources/feed_guard.h"

int feed_refuse(struct feed_report *report, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(report->refused, sizeof(report->refused), format, arguments);
	va_end(arguments);
	return -EBADMSG;
}

static size_t kept(const struct feed_report *report,
		   enum feed_problem_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < report->problem_count; i++)
		count += report->problems[i].kind == kind;
	return count;
}

int feed_problem(struct feed_reading *reading, enum feed_problem_kind kind,
		 const char *format, ...)
{
	struct feed_report *report = reading->report;
	struct feed_problem *problem;
	va_list arguments;
	size_t length = reading->line_length;

	if (report->count[kind]++ >= FEED_PROBLEMS_MAX ||
	    kept(report, kind) >= FEED_PROBLEMS_MAX)
		return 0;
	problem = &report->problems[report->problem_count++];
	problem->kind = kind;
	problem->line = reading->line_number;
	if (length >= sizeof(problem->text))
		length = sizeof(problem->text) - 1;
	memcpy(problem->text, reading->line, length);
	problem->text[length] = '\0';
	va_start(arguments, format);
	vsnprintf(problem->reason, sizeof(problem->reason), format, arguments);
	va_end(arguments);
	return 0;
}

bool feed_admits(struct feed_reading *reading, const struct addr *first,
		 const struct addr *last)
{
	char why[FEED_PROBLEM_REASON];

	if (!reading->options->guard ||
	    feed_guard_admits(reading->options->guard, first, last, why,
			      sizeof(why)))
		return true;
	feed_problem(reading, FEED_LEFT_OUT, "%s", why);
	return false;
}

int feed_count(struct feed_reading *reading, enum family family)
{
	uint64_t *entries = reading->report->entries;

	entries[family]++;
	if (entries[FAMILY_IPV4] + entries[FAMILY_IPV6] <= FEED_ENTRIES_MAX)
		return 0;
	return feed_refuse(reading->report,
			   "it has more than %" PRIu64 " entries",
			   FEED_ENTRIES_MAX);
}

static struct addr from_ipv4(uint32_t address)
{
	return addr_from_ipv4((struct in_addr){htobe32(address)});
}

int feed_add_ipv4(struct feed_reading *reading, unsigned int layer,
		  uint32_t first, uint32_t last)
{
	struct addr from, to;
	int error;

	if (reading->options->guard) {
		from = from_ipv4(first);
		to = from_ipv4(last);
		if (!feed_admits(reading, &from, &to))
			return 0;
	}
	error = feed_count(reading, FAMILY_IPV4);
	if (!error)
		error = ranges_input_ipv4(reading->layers, layer, first, last);
	return error;
}

struct addr feed_last_ipv6(const struct addr *addr, unsigned int length)
{
	struct addr last = *addr;

	for (unsigned int bit = length; bit < 128; bit++)
		last.octets[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return last;
}

int feed_add_prefix(struct feed_reading *reading, unsigned int layer,
		    const struct prefix *prefix)
{
	struct addr last;
	int error;

	if (reading->options->guard) {
		last = feed_last_ipv6(&prefix->addr, prefix->length);
		if (!feed_admits(reading, &prefix->addr, &last))
			return 0;
	}
	error = feed_count(reading, FAMILY_IPV6);
	if (!error)
		error = ranges_input_prefix(reading->layers, layer, prefix);
	return error;
}

int feed_add_ipv6(struct feed_reading *reading, const struct addr *first,
		  const struct addr *last)
{
	int error;

	if (!feed_admits(reading, first, last))
		return 0;
	error = feed_count(reading, FAMILY_IPV6);
	if (!error)
		error = ranges_input_between(reading->layers, FEED_LAYER, first,
					     last);
	return error;
}

int feed_resolve(struct feed_reading *reading)
{
	int error = ranges_input_resolve(reading->layers, &reading->excluded,
					 reading->all);

	memset(&reading->excluded, 0, sizeof(reading->excluded));
	return error;
}
