/* SPDX-License-Identifier: GPL-2.0-or-later */
/* posternctl witness: networks that may pass the closed gate. */
#ifndef POSTERN_CTL_WITNESS_H
#define POSTERN_CTL_WITNESS_H

#include "ctl/ctl.h"

enum ctl_exit witness_add_run(const struct ctl *ctl, char **operands);
enum ctl_exit witness_del_run(const struct ctl *ctl, char **operands);
enum ctl_exit witness_list_run(const struct ctl *ctl, char **operands);

/* witness_follow.c */
enum ctl_exit witness_follow_run(const struct ctl *ctl, char **operands);

/*
 * Reads --for into *out, seconds; 0: not given.  Returns false, and has said
 * why, when it is none.
 */
bool witness_time(const struct ctl *ctl, uint64_t *out);

#endif
