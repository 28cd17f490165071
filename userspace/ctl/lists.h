/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `posternctl allow` and `posternctl block`: the run-time lists. */
#ifndef POSTERN_CTL_LISTS_H
#define POSTERN_CTL_LISTS_H

#include "ctl/ctl.h"

enum ctl_exit lists_allow_add(const struct ctl *ctl, char **operands);
enum ctl_exit lists_allow_del(const struct ctl *ctl, char **operands);
enum ctl_exit lists_allow_list(const struct ctl *ctl, char **operands);
enum ctl_exit lists_block_add(const struct ctl *ctl, char **operands);
enum ctl_exit lists_block_del(const struct ctl *ctl, char **operands);
enum ctl_exit lists_block_list(const struct ctl *ctl, char **operands);

#endif
