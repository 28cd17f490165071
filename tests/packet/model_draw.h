/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random states and frames.  What is likely to matter is drawn often: hosts
 * and doors that something is known of, frames that are nearly right.
 */
#ifndef POSTERN_TESTS_MODEL_DRAW_H
#define POSTERN_TESTS_MODEL_DRAW_H

#include "model.h"

/* The same numbers follow from the same seed, on every machine. */
struct draw {
	uint64_t state;
};

/* Lists, verdicts and networks; the rest of the state stays. */
void draw_knowledge(struct draw *draw, struct model_state *out);

/* ... and the rest, without `pending`. */
void draw_rules(struct draw *draw, struct model_state *out);

/* What is remembered of the source of this SYN. */
void draw_pending(struct draw *draw, const struct model_syn *syn,
		  struct model_state *out);

/* At least as long as the header of Ethernet. */
void draw_frame(struct draw *draw, struct frame *out);

#endif
