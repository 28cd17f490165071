/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The MX records of the domains that a host serves, and what that host is in
 * them: how posternctl sees beforehand what posternd will make of `mx-of`.
 */
#ifndef POSTERN_CTL_MX_H
#define POSTERN_CTL_MX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/ask.h"

#define MX_HOSTS_MAX	 256 /* of all domains */
#define MX_OF_DOMAIN_MAX 16
#define MX_ADDRESSES_MAX 8

enum mx_role {
	MX_UNKNOWN,   /* DNS didn't tell */
	MX_NONE,      /* the domain has no MX record */
	MX_ELSEWHERE, /* none of its MX has an address of ours */
	MX_BACKUP,    /* one of them has, and others are strictly better */
	MX_EQUAL,     /* none is better, and others are as good */
	MX_FIRST,     /* we are the best, and others are worse */
	MX_ONLY,      /* there is no other */
};

struct mx_host {
	char name[SITE_ZONE_MAX];
	struct addr addresses[MX_ADDRESSES_MAX];
	size_t address_count;
	const char *failure; /* why not all of them are known, or NULL */
	bool own;	     /* has an address of ours */
};

struct mx_record {
	uint16_t preference;
	size_t host; /* its number in the survey */
};

struct mx_domain {
	const char *name; /* the caller's */
	enum mx_role role;
	const char *why; /* MX_UNKNOWN: static words */
	struct mx_record records[MX_OF_DOMAIN_MAX];
	size_t record_count;
	int own;  /* our best preference; -1: none */
	int best; /* of the others; -1: none */
};

struct mx_survey {
	struct mx_domain domains[CONFIG_DOMAINS_MAX];
	size_t domain_count;
	struct mx_host hosts[MX_HOSTS_MAX];
	size_t host_count;
};

/*
 * Asks DNS about all domains, whose names must outlive the survey, and judges
 * them; *out is zeroed memory.  Returns 0 or -ENOMEM.
 */
int mx_find(struct ask *ask, const char *const *names, size_t name_count,
	    const struct addr *own, size_t own_count, struct mx_survey *out);

/* Sets what follows from the records and from which hosts are own ones. */
void mx_judge(const struct mx_survey *survey, struct mx_domain *domain);

/* Whether the record is of a host that our closed gate relies on. */
bool mx_is_primary(const struct mx_survey *survey,
		   const struct mx_domain *domain,
		   const struct mx_record *record);

size_t mx_count(const struct mx_survey *survey, enum mx_role role);

#endif
