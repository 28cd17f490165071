/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `posternctl explain` as text, made from the daemon's object. */
#ifndef POSTERN_CTL_EXPLAIN_H
#define POSTERN_CTL_EXPLAIN_H

#include <jansson.h>

#include "ctl/print.h"

void explain_show(const struct print *print, const json_t *explained);

/* A table of what each site says. */
void explain_show_sites(const struct print *print, const json_t *sites);

/* A line of what each says in words, where it does; once for each zone. */
void explain_show_texts(const struct print *print, const json_t *sites);

#endif
