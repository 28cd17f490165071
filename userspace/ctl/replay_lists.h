/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lists of a configuration as a daemon that started now would have them:
 * without what was allowed or blocked at run time.
 */
#ifndef POSTERN_CTL_REPLAY_LISTS_H
#define POSTERN_CTL_REPLAY_LISTS_H

#include "ctl/ctl.h"
#include "tables/lists.h"

/*
 * Puts them into an empty plan, feeds read from their files.  A feed that a
 * daemon would not use lists nobody, and stderr says why.  Returns 0, or a
 * negative errno with one line in `error`.
 */
int replay_lists_plan(const struct ctl *ctl, const struct config *config,
		      struct lists_plan *plan,
		      char error[static CONFIG_ERROR_TEXT]);

#endif
