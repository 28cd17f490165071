/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the checks look at, and what they find.
 *
 * Private to ctl/check*.c: check.c reads the command line, gathers, and runs
 * the table of checks; check_network.c, check_dns.c, check_mx.c,
 * check_primary.c, check_system.c and check_daemon.c have one group of them
 * each; check_print.c tells.  Each check adds at least one finding where it
 * has something to look at, and changes nothing.
 */
#ifndef POSTERN_CTL_CHECK_FACTS_H
#define POSTERN_CTL_CHECK_FACTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "control/protocol.h"
#include "core/config.h"
#include "ctl/ask.h"
#include "ctl/host.h"
#include "ctl/mx.h"
#include "ctl/print.h"
#include "ctl/served.h"
#include "sources/addresses.h"

#define CHECK_FINDINGS_MAX 512
#define CHECK_ABOUT	   64
#define CHECK_TEXT	   320
#define CHECK_CURE	   400

enum check_state {
	CHECK_OK,
	CHECK_WARN,
	CHECK_FAIL,
	CHECK_UNKNOWN, /* could not tell */
	CHECK_STATES,
};

struct check_item;

struct check_finding {
	const struct check_item *item;
	enum check_state state;
	char about[CHECK_ABOUT]; /* an interface, a zone, ...; or "" */
	char text[CHECK_TEXT];
	char cure[CHECK_CURE]; /* "": nothing to do */
};

struct check {
	const char *root;      /* as in ctl/host.h */
	const char *path;      /* of the configuration */
	struct config *config; /* NULL: it can't be used */
	char config_error[CONFIG_ERROR_TEXT];
	int config_status; /* negative errno of reading it, or 0 */

	json_t *status;	  /* of the daemon; NULL: it gives none */
	int status_error; /* negative errno of asking for it */
	char status_text[CONTROL_ERROR_MAX];

	/* Of the configuration. */
	struct addr doors[ADDRESSES_PROTECTED_MAX];
	size_t door_count;
	struct served served;			 /* by Postfix */
	bool certificate;			 /* Postfix has one */
	const char *domains[CONFIG_DOMAINS_MAX]; /* mx-of, then served ones */
	size_t domain_count;

	struct ask *ask;			 /* NULL: DNS can't be asked */
	struct ask_zone zones[CONFIG_SITES_MAX]; /* set by "zone" */
	size_t zone_count;
	struct mx_survey mx;

	const struct check_item *item; /* the one that runs */
	struct check_finding findings[CHECK_FINDINGS_MAX];
	size_t finding_count;
	size_t omitted;
};

struct check_item {
	const char *name; /* in JSON, too: stable */
	const char *group;
	void (*run)(struct check *check);
};

/* Ends with a name that is NULL. */
extern const struct check_item check_items[];

/*
 * Adds a finding of the check that runs; `about` may be "".  check_cure() says
 * what to do about the last one.
 */
void check_add(struct check *check, enum check_state state, const char *about,
	       const char *format, ...) __attribute__((format(printf, 4, 5)));
void check_cure(struct check *check, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

size_t check_count(const struct check *check, enum check_state state);

/* Network */
void check_interface(struct check *check);
void check_mtu(struct check *check);
void check_channels(struct check *check);
void check_offload(struct check *check);
void check_attach(struct check *check);

/* DNS */
void check_resolver(struct check *check);
void check_zone(struct check *check);
void check_own_listed(struct check *check);

/* MX */
void check_preference(struct check *check);
void check_tlsa(struct check *check);
void check_mta_sts(struct check *check);

/* Primaries */
void check_primary(struct check *check);

/* System */
void check_kernel(struct check *check);
void check_bpf(struct check *check);
void check_clock(struct check *check);
void check_doorman(struct check *check);
void check_container(struct check *check);

/* Pure: what adjtimex(2) returned, and its status. */
void check_judge_clock(struct check *check, int state, int status);

/* Daemon */
void check_config(struct check *check);
void check_permissions(struct check *check);
void check_daemon(struct check *check);

/* The findings, for people and as JSON (a new reference). */
void check_show(const struct print *print, const struct check *check);
json_t *check_json(const struct check *check);

#endif
