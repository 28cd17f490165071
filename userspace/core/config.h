/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration file, by libconfuse, which no other module includes.
 *
 * A struct config is read-only once loaded.  The parent opens the file with
 * config_open(), which copies it, loads the copy, and hands the same copy to
 * the worker, which loads it the same way: so neither needs to trust a
 * structure made by the other, and both have read the same text.
 *
 * Not for use by two threads at once: libconfuse keeps its state in globals.
 */
#ifndef POSTERN_CORE_CONFIG_H
#define POSTERN_CORE_CONFIG_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/addr.h"
#include "core/feed_format.h"
#include "core/site.h"
#include "core/stage.h"
#include "core/starttls.h"

#define CONFIG_DEFAULT_FILE    "/etc/postern/postern.conf"
#define CONFIG_DEFAULT_CONTROL "/run/postern/control.sock"
#define CONFIG_DEFAULT_PIN     "/sys/fs/bpf/postern"
#define CONFIG_DEFAULT_STATE   "/var/lib/postern"

#define CONFIG_SIZE_MAX	       1048576 /* octets of a file */
#define CONFIG_INTERFACES_MAX  16
#define CONFIG_PRIMARIES_MAX   64   /* of one guard */
#define CONFIG_GUARDS_MAX      32   /* with the one without a name */
#define CONFIG_DOMAINS_MAX     1000 /* of all guards */
#define CONFIG_ADDRESSES_MAX   16   /* of one primary */
#define CONFIG_SITES_MAX       64
#define CONFIG_NAMESERVERS_MAX 8
#define CONFIG_FEEDS_MAX       250
#define CONFIG_ARGUMENTS_MAX   32 /* of a command, its name included */

enum config_mode {
	MODE_MONITOR,
	MODE_ENFORCE,
};

enum config_attach {
	ATTACH_AUTO,
	ATTACH_NATIVE,
	ATTACH_GENERIC,
};

enum config_policy {
	POLICY_OFF,
	POLICY_STRICT,
	POLICY_WITNESS,
};

struct config_primary {
	char *name;
	struct addr *addresses; /* none: resolve the name */
	size_t address_count;
	uint16_t port;
};

/* A part of the protected addresses, and what its gate depends on. */
struct config_guard {
	char *name;
	struct addr *protect;
	size_t protect_count;
	char **mx_of; /* domains */
	size_t mx_of_count;
	struct config_primary *primaries;
	size_t primary_count;
};

struct config_feed {
	char *name;
	char *file;
	enum feed_format format;
	enum action action;	   /* ACTION_PASS: count only */
	uint64_t max_age_ms;	   /* 0: any */
	unsigned int rejected_max; /* percent of entries that are none */
	unsigned int change_max;   /* percent of the size before; 0: any */
	unsigned int widest_ipv4;  /* lengths of prefixes */
	unsigned int widest_ipv6;
};

struct config_health {
	uint64_t interval_ms;
	uint64_t timeout_ms; /* of a whole dialogue */
	uint64_t settle_ms;
	unsigned int fall;
	unsigned int rise;
	unsigned int require; /* healthy primaries that close the gate */
	bool require_all;     /* `require` is then 0 */
	char **on_up;	      /* NULL-terminated; NULL: none */
	size_t on_up_count;   /* without the NULL */
	char **on_down;
	size_t on_down_count;
	char **on_open; /* of the gate, as is the next */
	size_t on_open_count;
	char **on_close;
	size_t on_close_count;
	char **on_fail_open;
	size_t on_fail_open_count;
	struct addr source[FAMILY_MAX]; /* of probes, one of a family */
	size_t source_count;
	char *helo;	 /* NULL: the host's name */
	char *recipient; /* NULL: postmaster, without a domain */
	enum starttls starttls;
};

/* What is done so that known recipients are taken in an outage. */
enum config_recipients {
	RECIPIENTS_OFF,
	RECIPIENTS_VERIFY,
};

/* The queue of the backup's own MTA. */
struct config_queue {
	char *directory; /* of Postfix, to count it */
	char **flush;	 /* domains */
	size_t flush_count;
	char **flush_command; /* NULL: postqueue -s; the domain follows */
	size_t flush_command_count;
	uint64_t flush_delay_ms;
	enum config_recipients recipients;
	char *recipient_file; /* NULL: none */
	uint16_t verify_port; /* of the MTA's listener at 127.0.0.1 */
	uint64_t verify_delay_ms;
};

struct config_nameserver {
	struct addr addr;
	uint16_t port;
};

struct config_dnsbl {
	struct site *sites;
	size_t site_count;
	int threshold;
	enum unknown unknown;
	enum action action;   /* with what is listed */
	enum action overload; /* ... can't be looked up for want of room */
	uint64_t hold_limit_ms;
	bool nudge;
	uint64_t quota; /* lookups per zone within `quota_period_ms`; 0: any */
	uint64_t quota_period_ms;
	struct config_nameserver nameservers[CONFIG_NAMESERVERS_MAX];
	size_t nameserver_count; /* 0: resolv.conf */
	uint32_t cache;		 /* verdicts kept in the kernel */
};

/* What the doorman says, to how many at once. */
struct config_doorman {
	char *name;		  /* NULL: Postfix's, or else the host's */
	unsigned int listed_code; /* of replies to sources that are listed */
	unsigned int connections;
	unsigned int per_network; /* ... of them from one /24 or /64 */
	uint64_t timeout_ms;	  /* of a connection */
	enum starttls starttls;	  /* NONE, or MAY: with a certificate */
	char *tls_cert_file;	  /* NULL: Postfix's */
	char *tls_key_file;	  /* NULL: in the same file */
	char *postfix;		  /* directory of its main.cf */
};

struct config {
	char interfaces[CONFIG_INTERFACES_MAX][IF_NAMESIZE];
	size_t interface_count;
	struct addr *protect; /* none: the interfaces' global addresses */
	size_t protect_count;
	uint16_t ports[PORTS_MAX]; /* host byte order */
	size_t port_count;
	enum config_mode mode;
	enum stage monitored[STAGES]; /* decided, but not enforced */
	size_t monitored_count;
	enum config_attach attach;
	char *user;
	char *group;		/* of the control socket */
	uint32_t list_capacity; /* entries of each family in the lists' maps */
	uint32_t list_capacity_max; /* that these may be enlarged to */
	struct prefix *allow;
	size_t allow_count;
	struct prefix *block;
	size_t block_count;
	char *control;
	char *pin;
	char *state;  /* the directory of what is kept over restarts */
	char **mx_of; /* domains */
	size_t mx_of_count;
	struct config_primary *primaries;
	size_t primary_count;
	struct config_guard *guards; /* those with a name */
	size_t guard_count;
	struct config_feed *feeds;
	size_t feed_count;
	struct config_health health;
	struct config_queue queue;
	enum config_policy policy;
	enum action bypass_action;
	uint64_t witness_wait_ms;
	uint64_t mercy_ms;  /* 0: none */
	unsigned int crowd; /* networks; 0: none is one */
	uint64_t patience;  /* how often a network is deferred within ... */
	uint64_t patience_period_ms;
	struct config_doorman doorman;
	struct config_dnsbl dnsbl;
};

/* Room for the one line that says what is wrong. */
#define CONFIG_ERROR_TEXT 512

/*
 * Opens a copy of the file at `path`, which nobody can change any more.
 * Returns a descriptor, or a negative errno with "PATH: why" in `error`.
 */
int config_open(const char *path, char error[static CONFIG_ERROR_TEXT]);

/*
 * Loads the configuration from an open file, from its start wherever it can
 * seek; `name` is what error messages call it.  Returns 0 with *out for
 * config_free(), or -EINVAL, -ENOMEM or the errno of read(2), negative, with
 * "NAME:LINE: what is wrong, what is expected" in `error` ("NAME: why" where
 * no line is to blame) and *out untouched.  The error is one line, without a
 * newline, and the first one in the file where there are several, except
 * that comments, strings and braces are checked before anything else.
 */
int config_load(int fd, const char *name, struct config **out,
		char error[static CONFIG_ERROR_TEXT]);

void config_free(struct config *config);

/*
 * Prints what is in effect, defaults included, as a configuration file that
 * loads to the same.  Keys of DNSBLs that are part of a zone are not hidden.
 */
void config_print(const struct config *config, FILE *out);

/* Whether anybody can meet the doorman. */
bool config_defers(const struct config *config);

/*
 * The guards, by number: that of the keys outside of sections, whose name is
 * "", is number 0.  What the result points to is the configuration's.
 */
size_t config_guard_count(const struct config *config);
struct config_guard config_guard(const struct config *config, size_t number);

/* The number of the guard of that name; SIZE_MAX: there is none. */
size_t config_guard_named(const struct config *config, const char *name);

/* The guard that a protected address belongs to. */
size_t config_guard_of(const struct config *config, const struct addr *addr);

/*
 * What a running daemon can't change: the name of the first key of `user`,
 * `group`, `control`, `pin`, `state`, `list-capacity`, `dnsbl.cache` that
 * differs, or NULL.
 */
const char *config_fixed_difference(const struct config *now,
				    const struct config *next);

#endif
