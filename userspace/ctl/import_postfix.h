/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `posternctl import-postfix`: from Postfix's settings to Postern's. */
#ifndef POSTERN_CTL_IMPORT_POSTFIX_H
#define POSTERN_CTL_IMPORT_POSTFIX_H

#include "ctl/ctl.h"

/* operands[0] is a main.cf, or its directory. */
enum ctl_exit import_postfix_run(const struct ctl *ctl, char **operands);

#endif
