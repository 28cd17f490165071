/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A drill for people, and as JSON. */
#ifndef POSTERN_CTL_DRILL_PRINT_H
#define POSTERN_CTL_DRILL_PRINT_H

#include <jansson.h>

#include "ctl/drill_facts.h"
#include "ctl/print.h"

void drill_show(const struct print *print, const struct drill *drill);

/* A new reference; the keys stand in posternctl(8). */
json_t *drill_json(const struct drill *drill);

#endif
