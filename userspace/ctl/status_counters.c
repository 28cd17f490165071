/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SYNs by reason, in the order of what becomes of them. */

#include "ctl/status.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "core/reason.h"
#include "core/stage.h"
#include "ctl/fields.h"

/* Two columns of 13 end at column 80. */
#define ROW "    %-9s %-40s%13s%13s\n"

#define REASON_NAME_MAX 10
#define ZEROS_MAX	512

static bool is_zero(const json_t *counter)
{
	return field_count(counter, "ipv4") == 0 &&
	       field_count(counter, "ipv6") == 0;
}

static void print_counter(const struct print *print, const char *name,
			  const char *words, const json_t *counter)
{
	char ipv4[PRINT_QUANTITY];
	char ipv6[PRINT_QUANTITY];

	fprintf(print->out, ROW, name, words,
		print_count(field_count(counter, "ipv4"), ipv4),
		print_count(field_count(counter, "ipv6"), ipv6));
}

static const char *outcome_words(enum outcome outcome, bool monitor)
{
	static const struct {
		const char *enforced;
		const char *monitored;
	} words[] = {
		[OUTCOME_LET_IN] = {"let in", "let in"},
		[OUTCOME_FAILED_OPEN] = {"let in for want of knowledge",
					 "let in for want of knowledge"},
		[OUTCOME_HELD] = {"held", "would have been held"},
		[OUTCOME_REFUSED] = {"refused", "would have been refused"},
	};

	return monitor ? words[outcome].monitored : words[outcome].enforced;
}

/* The reasons that are only watched; all of them in monitor mode. */
static __u32 watched_reasons(const json_t *status)
{
	const json_t *watched = json_object_get(status, "watched");
	const json_t *one;
	__u32 reasons = 0;
	size_t i;

	if (field_is(status, "mode", "monitor"))
		return ~0U;
	json_array_foreach(watched, i, one)
	{
		const char *name = json_string_value(one);

		for (enum stage stage = 0; name && stage < STAGES; stage++)
			if (strcmp(stage_name(stage), name) == 0)
				reasons |= stage_reasons(stage);
	}
	return reasons;
}

/* Those of `reasons`, a set. */
static void print_outcome(const struct print *print, const json_t *counters,
			  enum outcome outcome, __u32 reasons, bool monitor)
{
	const json_t *counter;
	bool headed = false;
	enum tone tone;

	tone = outcome == OUTCOME_FAILED_OPEN ? TONE_WARN : TONE_PLAIN;
	for (enum reason reason = 0; reason < REASON_MAX; reason++) {
		counter = json_object_get(counters, reason_name(reason));
		if (reason_outcome(reason) != outcome || is_zero(counter) ||
		    !(reasons & REASON_BIT(reason)))
			continue;
		if (!headed)
			print_paragraph(print, tone, "  ",
					"%s:", outcome_words(outcome, monitor));
		headed = true;
		print_counter(print, reason_name(reason), reason_words(reason),
			      counter);
	}
}

/* Those that only a newer daemon knows. */
static bool print_others(const struct print *print, json_t *counters)
{
	char name[REASON_NAME_MAX];
	json_t *counter;
	bool any = false;
	const char *key;

	json_object_foreach(counters, key, counter)
	{
		if (reason_by_name(key) != REASON_MAX || is_zero(counter))
			continue;
		if (!any)
			print_paragraph(print, TONE_PLAIN, "  ",
					"not known to this posternctl:");
		any = true;
		snprintf(name, sizeof(name), "%s", key);
		print_counter(print, print_clean(name), "", counter);
	}
	return any;
}

/* What nothing was counted of, and whether something was of anything. */
static bool list_zeros(const json_t *counters, char text[ZEROS_MAX])
{
	bool any = false;
	size_t used = 0;

	text[0] = '\0';
	for (enum reason reason = 0; reason < REASON_MAX; reason++) {
		const char *name = reason_name(reason);

		if (!is_zero(json_object_get(counters, name))) {
			any = true;
			continue;
		}
		used += (size_t)snprintf(text + used, ZEROS_MAX - used, "%s%s",
					 used ? ", " : "", name);
	}
	return any;
}

void status_counters(const struct print *print, const json_t *status)
{
	json_t *counters = json_object_get(status, "counters");
	__u32 watched = watched_reasons(status);
	char zeros[ZEROS_MAX];
	bool any;

	any = list_zeros(counters, zeros);
	fputc('\n', print->out);
	print_text(print, TONE_HEAD, "SYNs by reason");
	fprintf(print->out, "%53s%13s\n", "IPv4", "IPv6");
	for (enum outcome outcome = 0; outcome < OUTCOME_MAX; outcome++) {
		__u32 apart = outcome < OUTCOME_HELD ? 0 : watched;

		print_outcome(print, counters, outcome, ~apart, false);
		print_outcome(print, counters, outcome, apart, true);
	}
	any = print_others(print, counters) || any;
	if (!any)
		print_paragraph(print, TONE_PLAIN, "  ", "None was seen yet.");
	else if (*zeros)
		print_paragraph(print, TONE_PLAIN, "  ", "none yet: %s", zeros);
}
