/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names, words and outcomes of reasons. */

#include "core/reason.h"

#include <string.h>

#define REASON_ROW(NAME, name, words) [REASON_##NAME] = {#name, words},

static const struct {
	const char *name;
	const char *words;
} reasons[] = {REASON_TABLE(REASON_ROW)};

static const enum outcome outcomes[] = {
	[REASON_ALLOWED] = OUTCOME_LET_IN,
	[REASON_WITNESS] = OUTCOME_LET_IN,
	[REASON_CLEAN] = OUTCOME_LET_IN,
	[REASON_UNKNOWN] = OUTCOME_LET_IN,
	[REASON_LATE] = OUTCOME_FAILED_OPEN,
	[REASON_OVERLOAD] = OUTCOME_FAILED_OPEN,
	[REASON_STALE] = OUTCOME_FAILED_OPEN,
	[REASON_HELD] = OUTCOME_HELD,
	[REASON_BLOCKED] = OUTCOME_REFUSED,
	[REASON_FEED] = OUTCOME_REFUSED,
	[REASON_LISTED] = OUTCOME_REFUSED,
	[REASON_EVASION] = OUTCOME_REFUSED,
	[REASON_BYPASS] = OUTCOME_REFUSED,
};
_Static_assert(sizeof(outcomes) / sizeof(outcomes[0]) == REASON_MAX,
	       "each reason has an outcome");

enum reason reason_by_name(const char *name)
{
	enum reason reason;

	for (reason = 0; reason < REASON_MAX; reason++)
		if (strcmp(reasons[reason].name, name) == 0)
			break;
	return reason;
}

const char *reason_name(enum reason reason)
{
	return reason < REASON_MAX ? reasons[reason].name : "none";
}

const char *reason_words(enum reason reason)
{
	return reason < REASON_MAX ? reasons[reason].words : "not judged";
}

enum outcome reason_outcome(enum reason reason)
{
	return outcomes[reason];
}

const char *action_name(enum action action)
{
	switch (action) {
	case ACTION_DROP:
		return "drop";
	case ACTION_RESET:
		return "reset";
	case ACTION_DEFER:
		return "defer";
	default:
		return "pass";
	}
}
