/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `posternctl audit`: compares primary and backup as a sender sees them. */
#ifndef POSTERN_CTL_AUDIT_H
#define POSTERN_CTL_AUDIT_H

#include "ctl/ctl.h"

enum ctl_exit audit_run(const struct ctl *ctl, char **operands);

#endif
