/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `posternctl lookup` as text, made from the daemon's object. */
#ifndef POSTERN_CTL_LOOKUP_H
#define POSTERN_CTL_LOOKUP_H

#include <jansson.h>

#include "ctl/print.h"

void lookup_show(const struct print *print, const json_t *found);

#endif
