/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reasons of REASON_TABLE: names, words, outcomes; names of actions. */
#ifndef POSTERN_CORE_REASON_H
#define POSTERN_CORE_REASON_H

#include "shared.h"

/* What the reason means for the sender. */
enum outcome {
	OUTCOME_LET_IN,
	OUTCOME_FAILED_OPEN,
	OUTCOME_HELD,
	OUTCOME_REFUSED,
	OUTCOME_MAX,
};

/* REASON_MAX for a name that this build does not know. */
enum reason reason_by_name(const char *name);

/* "allowed", ...: as in counters, JSON and logs; "none" for REASON_MAX. */
const char *reason_name(enum reason reason);

/* The words of REASON_TABLE. */
const char *reason_words(enum reason reason);

enum outcome reason_outcome(enum reason reason);

/* "pass", "drop", "reset", "defer": as in JSON. */
const char *action_name(enum action action);

#endif
