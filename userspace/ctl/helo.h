/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What posternctl is called where it speaks SMTP. */
#ifndef POSTERN_CTL_HELO_H
#define POSTERN_CTL_HELO_H

#include <stdbool.h>

#include "ctl/ctl.h"
#include "sources/dialogue.h"

#define HELO_MAX (DIALOGUE_ARGUMENT_MAX + 1)

/*
 * The value of --helo, else this host's name; "" where that has no dot, for
 * careful servers refuse it: then our address's literal is to be said.
 * Returns false, having said why, for a value that no command can carry.
 */
bool helo_choose(const struct ctl *ctl, char text[static HELO_MAX]);

#endif
