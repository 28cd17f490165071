/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `posternctl history` as text, made from the daemon's object. */
#ifndef POSTERN_CTL_HISTORY_H
#define POSTERN_CTL_HISTORY_H

#include <jansson.h>

#include "ctl/print.h"

void history_show(const struct print *print, const json_t *found);

#endif
