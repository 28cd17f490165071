/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The domains that a Postfix relays (relay_domains of postconf(5)). */
#ifndef POSTERN_CTL_SERVED_H
#define POSTERN_CTL_SERVED_H

#include <stddef.h>

#include "core/config.h"
#include "postfix/import.h"
#include "postfix/main_cf.h"

#define SERVED_NOTES_MAX 8
#define SERVED_NOTE_TEXT 256

struct served {
	char domains[CONFIG_DOMAINS_MAX][SITE_ZONE_MAX]; /* lower case */
	size_t count;
	char notes[SERVED_NOTES_MAX][SERVED_NOTE_TEXT]; /* what was left out */
	size_t note_count;
};

/*
 * Fills *out, which is zeroed memory: domains that main.cf names, or that
 * files and the sources of indexed tables have.  Returns 0; or -ENOMEM, or
 * -EINVAL with "PATH:LINE: why" in `error`.
 */
int served_find(struct main_cf *main_cf, postfix_read *read, struct served *out,
		char error[static MAIN_CF_ERROR]);

#endif
