/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `posternctl feed check`: reads a feed offline. */
#ifndef POSTERN_CTL_FEED_H
#define POSTERN_CTL_FEED_H

#include "ctl/ctl.h"

enum ctl_exit feed_check_run(const struct ctl *ctl, char **operands);

#endif
