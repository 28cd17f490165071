/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `posternctl setup`: a first configuration, of what this host tells. */
#ifndef POSTERN_CTL_SETUP_H
#define POSTERN_CTL_SETUP_H

#include "ctl/ctl.h"

enum ctl_exit setup_run(const struct ctl *ctl, char **operands);

#endif
