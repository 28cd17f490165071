/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Live sources and rates on a terminal. */
#ifndef POSTERN_CTL_TOP_H
#define POSTERN_CTL_TOP_H

#include "ctl/ctl.h"

enum ctl_exit top_run(const struct ctl *ctl, char **operands);

#endif
