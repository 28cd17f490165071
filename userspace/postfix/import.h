/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a main.cf has that Postern has a place for, and notes about what it
 * has no place for.
 *
 * Opens nothing by itself: tables are read by the caller's function.
 */
#ifndef POSTERN_POSTFIX_IMPORT_H
#define POSTERN_POSTFIX_IMPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/config.h"
#include "core/site.h"
#include "postfix/main_cf.h"
#include "postfix/networks.h"

#define POSTFIX_NOTES_MAX 256
#define POSTFIX_NOTE_TEXT 768 /* longer ones are cut */

struct postfix_site {
	struct site site;
	char *filter;	 /* as it is written; NULL: none */
	bool restricted; /* of smtpd_*_restrictions */
};

struct postfix_import {
	struct postfix_site sites[CONFIG_SITES_MAX];
	size_t site_count;
	int threshold;
	struct networks allow;
	char notes[POSTFIX_NOTES_MAX][POSTFIX_NOTE_TEXT];
	size_t note_count;
	size_t notes_omitted;
	char *relay_domains; /* NULL: not set */
};

/* As postfix_text_read() does. */
typedef int postfix_read(const char *path, char **text, size_t *size);

/*
 * Fills *out, which is zeroed memory.  Returns 0; or -ENOMEM, or -EINVAL with
 * "PATH:LINE: why" in `error`.  postfix_import_free() in any case.
 */
int postfix_import(struct main_cf *main_cf, postfix_read *read,
		   struct postfix_import *out,
		   char error[static MAIN_CF_ERROR]);

/* Whether the sites can make the threshold at all. */
bool postfix_import_lists(const struct postfix_import *import);

/* Whether a zone's name has what may be a secret key. */
bool postfix_import_has_secret(const struct postfix_import *import);

void postfix_import_free(struct postfix_import *import);

#endif
