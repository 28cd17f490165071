/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long answers took lately: a histogram whose steps grow by a quarter of
 * an octave's span, and which forgets half of the past every few thousand
 * answers.  Pure.
 */
#ifndef POSTERN_SOURCES_LATENCY_H
#define POSTERN_SOURCES_LATENCY_H

#include <stdint.h>

#define LATENCY_STEPS 96 /* up to 16 s in microseconds */

/* Zero-initialised is empty. */
struct latency {
	uint32_t total;
	uint32_t counts[LATENCY_STEPS];
};

void latency_add(struct latency *latency, uint64_t microseconds);

/*
 * The time within which `percent` of the answers came, to a quarter; 0 if
 * there were none.
 */
uint64_t latency_percentile(const struct latency *latency,
			    unsigned int percent);

#endif
