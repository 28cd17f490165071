/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stages of the way of a SYN that can be watched only: decided and counted,
 * but not enforced.  Each is a set of reasons.
 */
#ifndef POSTERN_CORE_STAGE_H
#define POSTERN_CORE_STAGE_H

#include "shared.h"

#define STAGE_TABLE(STAGE)                                                     \
	STAGE(LISTS, lists,                                                    \
	      REASON_BIT(REASON_BLOCKED) | REASON_BIT(REASON_FEED))            \
	STAGE(VERDICTS, verdicts,                                              \
	      REASON_BIT(REASON_LISTED) | REASON_BIT(REASON_HELD))             \
	STAGE(BYPASS, bypass, REASON_BIT(REASON_BYPASS))                       \
	STAGE(EVASION, evasion, REASON_BIT(REASON_EVASION))

#define STAGE_ENUM(NAME, name, reasons) STAGE_##NAME,
enum stage { STAGE_TABLE(STAGE_ENUM) STAGES };

_Static_assert(REASON_MAX <= 32, "a bit for each reason");

/* "lists", ...: as in configuration and JSON. */
const char *stage_name(enum stage stage);

/* The reasons for which it refuses, as REASON_BIT()s. */
__u32 stage_reasons(enum stage stage);

#endif
