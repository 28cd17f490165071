/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a setup has found out, and what it makes of that.
 *
 * Private to ctl/setup*.c: setup.c reads the command line and tells,
 * setup_find.c looks at the host and at Postfix, setup_mail.c at DNS and
 * chooses, setup_print.c (pure) makes a configuration of it, setup_file.c
 * writes that.
 */
#ifndef POSTERN_CTL_SETUP_FACTS_H
#define POSTERN_CTL_SETUP_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/config.h"
#include "ctl/ask.h"
#include "ctl/host.h"
#include "ctl/mx.h"
#include "ctl/served.h"
#include "postfix/import.h"
#include "sources/addresses.h"

#define SETUP_NOTES_MAX 128
#define SETUP_TEXT	320

enum setup_state {
	SETUP_FOUND,
	SETUP_LOOK,    /* found, and somebody should look at it */
	SETUP_MISSING, /* not found: a line to fill in */
	SETUP_STATES,
};

struct setup_note {
	enum setup_state state;
	const char *what; /* "interface", "domains", ... */
	char text[SETUP_TEXT];
};

struct setup {
	const char *root; /* as in ctl/host.h */
	bool witnesses;	  /* somebody says that they come, or one is seen */

	char routed[CONFIG_INTERFACES_MAX][IF_NAMESIZE]; /* have addresses */
	size_t routed_count;
	char interfaces[CONFIG_INTERFACES_MAX][IF_NAMESIZE]; /* below these */
	size_t interface_count; /* 0: none was found */
	struct addr own[ADDRESSES_PROTECTED_MAX];
	size_t own_count;
	struct addr protect[ADDRESSES_PROTECTED_MAX];
	size_t protect_count; /* 0: all own ones, as they change */

	char *postfix; /* path of main.cf; NULL: there is none to use */
	struct postfix_import import;
	struct served served;
	char *host_name;   /* myhostname; NULL: not set */
	char *queue;	   /* queue_directory; NULL: not set */
	char *certificate; /* of smtpd(8); NULL: not set */

	struct mx_survey mx;
	enum config_policy policy;
	enum action action;
	bool local_resolver; /* lists answer 127.0.0.1, and not resolv.conf's */

	struct setup_note notes[SETUP_NOTES_MAX];
	size_t note_count;
};

void setup_note(struct setup *setup, enum setup_state state, const char *what,
		const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Interfaces and addresses. */
void setup_find_host(struct setup *setup);

/*
 * Postfix's settings, from the file or directory `operand`.  Returns 0 also
 * where there is none or it can't be used, which is noted; or -ENOMEM.
 */
int setup_find_postfix(struct setup *setup, const char *operand);

/* MX records and lists.  Returns 0 or a negative errno. */
int setup_find_dns(struct setup *setup);

/* Policy and action; all else must be there. */
void setup_choose(struct setup *setup);

/* Whether the domain belongs into `mx-of`. */
bool setup_serves(const struct setup *setup, const struct mx_domain *domain);

/* A configuration that posternd loads. */
void setup_print(const struct setup *setup, FILE *out);

/*
 * Writes `text` to a new file at `path`, whole or not at all, mode 0640, for
 * root and the group "postern" where there is one, in a directory that is made
 * if need be.  What is there is replaced if `force`, else -EEXIST.  Returns 0
 * or a negative errno.
 */
int setup_write(const char *path, const char *text, size_t size, bool force);

#endif
