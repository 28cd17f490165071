/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration file, by libconfuse, which no other module includes.
 *
 * A struct config is read-only once loaded.  The parent loads the text and
 * hands the same text to the worker, which loads it the same way: so neither
 * needs to trust a structure made by the other.
 */
#ifndef POSTERN_CORE_CONFIG_H
#define POSTERN_CORE_CONFIG_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"
#include "core/site.h"

#define CONFIG_DEFAULT_FILE    "/etc/postern/postern.conf"
#define CONFIG_DEFAULT_CONTROL "/run/postern/control.sock"
#define CONFIG_DEFAULT_PIN     "/sys/fs/bpf/postern"

#define CONFIG_INTERFACES_MAX  16
#define CONFIG_PRIMARIES_MAX   64
#define CONFIG_NAMESERVERS_MAX 8
#define CONFIG_FEEDS_MAX       250

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
};

struct config_primary {
	char *name;
	struct addr *addresses; /* none: resolve the name */
	size_t address_count;
	uint16_t port;
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
	char **on_down;
	char *helo;	 /* NULL: the host's name */
	char *recipient; /* NULL: postmaster, without a domain */
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
	uint64_t hold_limit_ms;
	bool nudge;
	uint64_t quota; /* lookups per zone within `quota_period_ms`; 0: any */
	uint64_t quota_period_ms;
	struct config_nameserver nameservers[CONFIG_NAMESERVERS_MAX];
	size_t nameserver_count; /* 0: resolv.conf */
	uint32_t cache;		 /* verdicts kept in the kernel */
};

struct config {
	char interfaces[CONFIG_INTERFACES_MAX][IF_NAMESIZE];
	size_t interface_count;
	struct addr *protect; /* none: the interfaces' global addresses */
	size_t protect_count;
	uint16_t ports[PORTS_MAX]; /* host byte order */
	size_t port_count;
	enum config_mode mode;
	enum config_attach attach;
	char *user;
	char *group; /* of the control socket */
	struct prefix *allow;
	size_t allow_count;
	struct prefix *block;
	size_t block_count;
	char *control;
	char *pin;
	struct config_primary *primaries;
	size_t primary_count;
	struct config_health health;
	enum config_policy policy;
	struct config_dnsbl dnsbl;
};

/* Room for the one line that says what is wrong. */
#define CONFIG_ERROR_TEXT 512

/*
 * Loads the configuration from an open file; `name` is what error messages
 * call it.  Returns 0 with *out for config_free(), or -EINVAL, -ENOMEM with
 * "NAME:LINE: what is wrong, what is expected" in `error` and *out untouched.
 */
int config_load(int fd, const char *name, struct config **out,
		char error[static CONFIG_ERROR_TEXT]);

void config_free(struct config *config);

/*
 * What a running daemon can't change: the name of the first key of `user`,
 * `group`, `pin`, `control`, `dnsbl.cache` that differs, or NULL.
 */
const char *config_fixed_difference(const struct config *now,
				    const struct config *next);

#endif
