/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `posternctl check`: what commonly goes wrong, and what to do about it. */
#ifndef POSTERN_CTL_CHECK_H
#define POSTERN_CTL_CHECK_H

#include "ctl/ctl.h"

enum ctl_exit check_run(const struct ctl *ctl, char **operands);

#endif
