/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `posternctl completion SHELL`: a script that completes posternctl's command
 * lines, made from the table of commands.  Installed by `make install`.
 */
#ifndef POSTERN_CTL_COMPLETION_H
#define POSTERN_CTL_COMPLETION_H

#include "ctl/ctl.h"

enum ctl_exit completion_run(const struct ctl *ctl, char **operands);

#endif
