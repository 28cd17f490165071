/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps: four to each power of two, the first four are 0 to 3 themselves. */

#include "sources/latency.h"

#define FORGET_AT 4096

static unsigned int step_of(uint64_t value)
{
	unsigned int octave, step;

	if (value < 4)
		return (unsigned int)value;
	octave = 63 - (unsigned int)__builtin_clzll(value);
	step = 4 * (octave - 1) + (unsigned int)(value >> (octave - 2) & 3);
	return step < LATENCY_STEPS ? step : LATENCY_STEPS - 1;
}

/* The largest value of a step. */
static uint64_t step_end(unsigned int step)
{
	unsigned int octave = step / 4 + 1;

	if (step < 4)
		return step;
	return (((uint64_t)step % 4 + 5) << (octave - 2)) - 1;
}

void latency_add(struct latency *latency, uint64_t microseconds)
{
	latency->counts[step_of(microseconds)]++;
	if (++latency->total < FORGET_AT)
		return;
	latency->total = 0;
	for (unsigned int i = 0; i < LATENCY_STEPS; i++) {
		latency->counts[i] /= 2;
		latency->total += latency->counts[i];
	}
}

uint64_t latency_percentile(const struct latency *latency, unsigned int percent)
{
	uint64_t wanted = ((uint64_t)latency->total * percent + 99) / 100;
	uint64_t seen = 0;
	unsigned int step = 0;

	if (latency->total == 0)
		return 0;
	while (step < LATENCY_STEPS - 1) {
		seen += latency->counts[step];
		if (seen >= wanted)
			break;
		step++;
	}
	return step_end(step);
}
