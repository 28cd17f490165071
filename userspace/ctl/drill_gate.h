/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's part of a drill: is all well, and the gate open for a while.
 *
 * The gate is opened for everybody, by an order with an end: that is what an
 * outage does, and what is to be rehearsed; an entry of the allow list for our
 * address alone would go round gate and DNSBLs, and prove nothing.  Lists and
 * verdicts stay in force meanwhile, and it lasts for one SMTP session.
 */
#ifndef POSTERN_CTL_DRILL_GATE_H
#define POSTERN_CTL_DRILL_GATE_H

#include "ctl/drill_facts.h"

/*
 * Judges the daemon's status: ends the steps `daemon` and `primary`, and fills
 * in which protected address and recipient are meant where the command line
 * doesn't say.  Returns whether the gate may be opened.
 */
bool drill_judge_status(struct drill *drill, const json_t *status);

/* Asks for it first. */
bool drill_check(struct drill *drill);

/* The step `open`. */
bool drill_open_gate(struct drill *drill);

/*
 * The step `auto`, where an order was given: takes it back, unless it is over
 * or no longer ours.
 */
void drill_close_gate(struct drill *drill);

#endif
