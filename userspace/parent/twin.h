/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs programs on crafted frames, through BPF_PROG_TEST_RUN. */
#ifndef POSTERN_PARENT_TWIN_H
#define POSTERN_PARENT_TWIN_H

#include "core/addr.h"
#include "tables/clock.h"

/*
 * What the program `explain` decides of a frame: `size` octets, up to 3,500,
 * from Ethernet's header on, which are overwritten.  Returns 0 or a negative
 * errno.
 */
int twin_judge(int program, unsigned char *frame, size_t size,
	       struct decision *out);

/*
 * What it decides of a SYN.  Both addresses are of one family; the port is in
 * host byte order.  Returns 0 or a negative errno.
 */
int twin_explain(int program, const struct addr *source,
		 const struct addr *destination, uint16_t port,
		 struct decision *out);

/*
 * Calibrates with the program `clock`; takes 60 ms, and more where the clocks
 * don't seem to agree.  Returns 0 and *out or a negative errno.
 */
int twin_calibrate(int program, struct jiffies_clock *out);

#endif
