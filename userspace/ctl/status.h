/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `posternctl status` as text, made from the daemon's object.  The first line
 * judges the whole, then comes what somebody should see to, then the rest.
 */
#ifndef POSTERN_CTL_STATUS_H
#define POSTERN_CTL_STATUS_H

#include <jansson.h>
#include <stdbool.h>
#include <time.h>

#include "ctl/print.h"

void status_show(const struct print *print, const json_t *status, time_t now);

/* Its parts: */

/* The judgement, and the warnings (lines that begin with "!"). */
void status_judge(const struct print *print, const json_t *status);

/* Guards, where there are several, and domains, where there are any. */
void status_guards(const struct print *print, const json_t *status);

/* SYNs by reason. */
void status_counters(const struct print *print, const json_t *status);

/* How good a word of a zone or feed is: other words are warned of. */
enum tone status_tone(const char *state);

/* What the last probe found: "refuses connections". */
const char *status_probe_words(const json_t *primary);

#endif
