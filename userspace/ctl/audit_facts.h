/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an audit knows of the servers of a domain, and what follows from it.
 *
 * Private to ctl/audit*.c: audit.c reads the command line and the files,
 * audit_servers.c finds the servers by DNS, audit_ask.c asks them,
 * audit_judge.c (pure) compares, audit_print.c tells.
 */
#ifndef POSTERN_CTL_AUDIT_FACTS_H
#define POSTERN_CTL_AUDIT_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "postfix/import.h"
#include "sources/answer.h"
#include "sources/probe.h"

#define AUDIT_SERVERS_MAX 32
/* Postfix hangs up after 20 errors (smtpd_hard_error_limit). */
#define AUDIT_KNOWN_MAX	     16
#define AUDIT_RECIPIENTS_MAX (2 + AUDIT_KNOWN_MAX)
#define AUDIT_FINDINGS_MAX   512
#define AUDIT_TEXT	     320
#define AUDIT_CURE	     512

/* The first two recipients; those that are said to exist follow. */
#define AUDIT_UNKNOWN	 0
#define AUDIT_POSTMASTER 1

enum audit_role {
	AUDIT_PRIMARY,
	AUDIT_BACKUP,
};

/* The reply to a RCPT. */
struct audit_answer {
	unsigned int code; /* 0: there is none */
	uint64_t took_ms;
	char text[REPLY_TEXT_MAX];
};

struct audit_server {
	enum audit_role role;
	struct addr addr;
	uint16_t port;
	char name[SITE_ZONE_MAX]; /* of the MX; "": none has this address */
	int preference;		  /* the least of its names; -1: no MX */
	bool own;		  /* an address of this machine */
	struct probe_result result;
	bool offers_known; /* it has answered EHLO */
	bool starttls;
	uint64_t size; /* octets; 0: it tells no limit */
	uint64_t mail_ms;
	struct audit_answer answers[AUDIT_RECIPIENTS_MAX];
};

/* NAME, name */
#define AUDIT_CHECK_TABLE(CHECK)                                               \
	CHECK(REACH, reach)                                                    \
	CHECK(UNKNOWN, unknown)                                                \
	CHECK(POSTMASTER, postmaster)                                          \
	CHECK(KNOWN, known)                                                    \
	CHECK(SIZE, size)                                                      \
	CHECK(STARTTLS, starttls)                                              \
	CHECK(MX, mx)                                                          \
	CHECK(DNSBL, dnsbl)                                                    \
	CHECK(LIFETIME, lifetime)

#define AUDIT_CHECK_ENUM(NAME, name) AUDIT_CHECK_##NAME,
enum audit_check { AUDIT_CHECK_TABLE(AUDIT_CHECK_ENUM) AUDIT_CHECKS };

enum audit_state {
	AUDIT_OK,
	AUDIT_NOTE,  /* worth knowing */
	AUDIT_FAULT, /* worth mending */
	AUDIT_STATES,
};

struct audit_finding {
	enum audit_check check;
	enum audit_state state;
	const struct audit_server *server; /* NULL: it is about none */
	char text[AUDIT_TEXT];
	char cure[AUDIT_CURE]; /* "": none is needed */
};

struct audit {
	const char *domain;
	const char *recipients[AUDIT_RECIPIENTS_MAX + 1]; /* ends with NULL */
	size_t recipient_count;
	struct audit_server servers[AUDIT_SERVERS_MAX];
	size_t server_count;
	const char *mx_failure; /* why nothing is known of MX; NULL: it is */
	size_t mx_count;
	const struct postfix_import *theirs; /* the primary's; or NULL */
	const struct config *config;	     /* ours; or NULL */
	bool lifetime_known;
	uint64_t lifetime_s;
	struct audit_finding findings[AUDIT_FINDINGS_MAX];
	size_t finding_count;
};

/* Fills the findings from the rest. */
void audit_judge(struct audit *audit);

/* Those of that state. */
size_t audit_count(const struct audit *audit, enum audit_state state);

#endif
