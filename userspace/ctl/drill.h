/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `posternctl drill`: an outage rehearsed with one message. */
#ifndef POSTERN_CTL_DRILL_H
#define POSTERN_CTL_DRILL_H

#include "ctl/ctl.h"

enum ctl_exit drill_run(const struct ctl *ctl, char **operands);

#endif
