/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What error messages say of a text: the text itself, fit for a line of a
 * log, and which key was probably meant by it.
 *
 * Private to core/config*.c.
 */
#ifndef POSTERN_CORE_CONFIG_WORDS_H
#define POSTERN_CORE_CONFIG_WORDS_H

#include "core/config_keys.h"

#define CONFIG_SHOWN_TEXT 96

/* On one line, shortened where it is long, redacted where it is a site. */
const char *config_show(const char *text, bool site,
			char shown[static CONFIG_SHOWN_TEXT]);

/* What to do about a key that `section` doesn't have. */
const char *config_advise(const struct config_section *section, const char *key,
			  char advice[static CONFIG_WHY_TEXT]);

#endif
