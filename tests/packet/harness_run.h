/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two halves of the harness share. */
#ifndef POSTERN_TESTS_HARNESS_RUN_H
#define POSTERN_TESTS_HARNESS_RUN_H

#include "harness.h"

struct postern *harness_skeleton(void);

/* Returns what the program returned; `out` is the frame afterwards. */
int harness_run_program(const struct bpf_program *program,
			const struct frame *in, struct frame *out);

/* Begins to read the ring buffer; 0 or a negative errno. */
int harness_watch(int events);
void harness_forget_events(void);
void harness_unwatch(void);

#endif
