/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record of a drill's steps. */

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "ctl/drill_facts.h"

#define STEP_NAME(NAME, name) [DRILL_##NAME] = #name,
static const char *const names[] = {DRILL_STEP_TABLE(STEP_NAME)};

uint64_t drill_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

const char *drill_step_name(enum drill_step step)
{
	return names[step];
}

void drill_begin(struct drill *drill, enum drill_step step)
{
	drill->steps[step].at_ms = drill_clock_ms() - drill->started_ms;
}

bool drill_end(struct drill *drill, enum drill_step step,
	       enum drill_state state, const char *format, ...)
{
	struct drill_outcome *outcome = &drill->steps[step];
	va_list args;

	va_start(args, format);
	vsnprintf(outcome->text, sizeof(outcome->text), format, args);
	va_end(args);
	outcome->state = state;
	outcome->took_ms =
		drill_clock_ms() - drill->started_ms - outcome->at_ms;
	return state == DRILL_OK;
}

enum drill_step drill_first_failed(const struct drill *drill)
{
	enum drill_step step = 0;

	while (step < DRILL_STEPS && drill->steps[step].state != DRILL_FAILED)
		step++;
	return step;
}

const char *drill_result(const struct drill *drill)
{
	if (drill_first_failed(drill) < DRILL_STEPS)
		return "failed";
	for (enum drill_step step = 0; step < DRILL_STEPS; step++)
		if (drill->steps[step].state != DRILL_OK)
			return "unseen";
	return "passed";
}
