/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and reasons of stages. */

#include "core/stage.h"

#define STAGE_ROW(NAME, name, reasons) [STAGE_##NAME] = {#name, reasons},

static const struct {
	const char *name;
	__u32 reasons;
} stages[] = {STAGE_TABLE(STAGE_ROW)};

const char *stage_name(enum stage stage)
{
	return stages[stage].name;
}

__u32 stage_reasons(enum stage stage)
{
	return stages[stage].reasons;
}
