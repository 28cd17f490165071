/* SPDX-License-Identifier: GPL-2.0-or-later */
/* posternctl gate, mode: what is ordered by hand. */
#ifndef POSTERN_CTL_ORDERS_H
#define POSTERN_CTL_ORDERS_H

#include "ctl/ctl.h"

enum ctl_exit orders_gate_run(const struct ctl *ctl, char **operands);
enum ctl_exit orders_mode_run(const struct ctl *ctl, char **operands);

#define ORDERS_GIVEN 128

/*
 * "by root, for another 55 min": who has given an order of the protocol, and
 * how long it lasts; returns `text`.
 */
const char *orders_given(const json_t *order, char text[static ORDERS_GIVEN]);

#endif
