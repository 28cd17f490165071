/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `posternctl report`: asked for, and as text made from the daemon's object. */
#ifndef POSTERN_CTL_REPORT_H
#define POSTERN_CTL_REPORT_H

#include <jansson.h>

#include "ctl/ctl.h"
#include "ctl/print.h"

enum ctl_exit report_run(const struct ctl *ctl, char **operands);

void report_show(const struct print *print, const json_t *report);

#endif
