/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An audit for people, and as JSON. */
#ifndef POSTERN_CTL_AUDIT_PRINT_H
#define POSTERN_CTL_AUDIT_PRINT_H

#include <jansson.h>

#include "ctl/audit_facts.h"
#include "ctl/print.h"

void audit_show(const struct print *print, const struct audit *audit);

/* A new reference; the keys stand in posternctl(8). */
json_t *audit_json(const struct audit *audit);

#endif
