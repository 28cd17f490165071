/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A drill that has just begun, for each case. */
#ifndef POSTERN_TESTS_DRILL_FIXTURE_H
#define POSTERN_TESTS_DRILL_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include "ctl/drill_facts.h"

static struct drill drill;

static int fresh(void **state)
{
	(void)state;
	memset(&drill, 0, sizeof(drill));
	drill.started_ms = drill_clock_ms();
	drill.port = 25;
	drill.open_s = 60;
	drill.wait_s = 120;
	snprintf(drill.token, sizeof(drill.token), "0123456789abcdef");
	return 0;
}

#endif
