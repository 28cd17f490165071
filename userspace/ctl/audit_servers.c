/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the MX records of a domain to servers and their roles. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/audit_ask.h"
#include "sources/resolver.h"

#define SMTP_PORT 25

/* Of each host its first ones in either family are enough. */
#define HOSTS_MAX     16
#define ADDRESSES_MAX 4

/* One address record at a time is asked for: A, then AAAA. */
static const enum question_type families[] = {QUESTION_A, QUESTION_AAAA};

struct host {
	struct search *search;
	char name[SITE_ZONE_MAX];
	uint16_t preference;
	struct addr addresses[2 * ADDRESSES_MAX];
	size_t address_count;
};

struct search {
	struct audit *audit;
	struct resolver *resolver;
	struct host hosts[HOSTS_MAX];
	size_t host_count;
	size_t pending; /* questions */
};

bool audit_servers_add(struct audit *audit, enum audit_role role,
		       const struct addr *addr, uint16_t port)
{
	struct audit_server *server = &audit->servers[audit->server_count];

	for (size_t i = 0; i < audit->server_count; i++)
		if (audit->servers[i].role == role &&
		    audit->servers[i].port == port &&
		    addr_equal(&audit->servers[i].addr, addr))
			return true;
	if (audit->server_count == AUDIT_SERVERS_MAX)
		return false;
	*server = (struct audit_server){
		.role = role, .addr = *addr, .port = port, .preference = -1};
	audit->server_count++;
	return true;
}

static void on_mx(void *context, const struct answer *answer)
{
	struct search *search = context;

	search->pending--;
	if (answer->kind == ANSWER_FAILED)
		search->audit->mx_failure = answer->why;
	if (answer->kind != ANSWER_RECORDS)
		return;
	for (size_t i = 0; i < answer->count; i++) {
		struct host *host = &search->hosts[search->host_count];

		/* A null MX is none (RFC 7505). */
		if (answer->mx[i].host[0] == '\0')
			continue;
		if (search->host_count == HOSTS_MAX)
			return;
		host->search = search;
		host->preference = answer->mx[i].preference;
		memcpy(host->name, answer->mx[i].host, sizeof(host->name));
		search->host_count++;
	}
}

static void on_address(void *context, const struct answer *answer)
{
	struct host *host = context;

	host->search->pending--;
	/* Half of the truth could name the wrong host. */
	if (answer->kind == ANSWER_FAILED)
		host->search->audit->mx_failure = answer->why;
	if (answer->kind != ANSWER_RECORDS)
		return;
	for (size_t i = 0; i < answer->count && i < ADDRESSES_MAX; i++)
		host->addresses[host->address_count++] = answer->addresses[i];
}

static int ask(struct search *search, const char *name, enum question_type type,
	       resolver_done *done, void *context)
{
	int error = resolver_ask(search->resolver, name, type, done, context);

	if (!error)
		search->pending++;
	return error;
}

static void wait_for_answers(uv_loop_t *loop, const struct search *search)
{
	while (search->pending > 0)
		uv_run(loop, UV_RUN_ONCE);
}

static int look_up(uv_loop_t *loop, struct search *search)
{
	int error;

	error = ask(search, search->audit->domain, QUESTION_MX, on_mx, search);
	wait_for_answers(loop, search);
	for (size_t i = 0; !error && i < search->host_count; i++)
		for (size_t f = 0; !error && f < 2; f++)
			error = ask(search, search->hosts[i].name, families[f],
				    on_address, &search->hosts[i]);
	wait_for_answers(loop, search);
	return error;
}

/* Roles */

static bool has_role(const struct audit *audit, enum audit_role role)
{
	for (size_t i = 0; i < audit->server_count; i++)
		if (audit->servers[i].role == role)
			return true;
	return false;
}

static bool is_there(const struct audit *audit, const struct addr *addr)
{
	for (size_t i = 0; i < audit->server_count; i++)
		if (addr_equal(&audit->servers[i].addr, addr))
			return true;
	return false;
}

static void add_host(struct audit *audit, enum audit_role role,
		     const struct host *host)
{
	for (size_t i = 0; i < host->address_count; i++)
		if (!is_there(audit, &host->addresses[i]))
			audit_servers_add(audit, role, &host->addresses[i],
					  SMTP_PORT);
}

static uint16_t best_preference(const struct search *search)
{
	uint16_t best = UINT16_MAX;

	for (size_t i = 0; i < search->host_count; i++)
		if (search->hosts[i].preference < best)
			best = search->hosts[i].preference;
	return best;
}

/* What the command line names has its role already. */
static void give_roles(struct search *search)
{
	struct audit *audit = search->audit;
	bool primary = has_role(audit, AUDIT_PRIMARY);
	bool backup = has_role(audit, AUDIT_BACKUP);
	uint16_t best = best_preference(search);

	for (size_t i = 0; !primary && i < search->host_count; i++)
		if (search->hosts[i].preference == best)
			add_host(audit, AUDIT_PRIMARY, &search->hosts[i]);
	for (size_t i = 0; !backup && i < search->host_count; i++)
		if (primary || search->hosts[i].preference != best)
			add_host(audit, AUDIT_BACKUP, &search->hosts[i]);
}

static bool has_address(const struct host *host, const struct addr *addr)
{
	for (size_t i = 0; i < host->address_count; i++)
		if (addr_equal(&host->addresses[i], addr))
			return true;
	return false;
}

static void name_server(const struct search *search,
			struct audit_server *server)
{
	for (size_t i = 0; i < search->host_count; i++) {
		const struct host *host = &search->hosts[i];

		if (!has_address(host, &server->addr) ||
		    (server->preference >= 0 &&
		     host->preference >= server->preference))
			continue;
		server->preference = host->preference;
		memcpy(server->name, host->name, sizeof(server->name));
	}
}

int audit_servers_find(uv_loop_t *loop, struct audit *audit)
{
	const struct config_dnsbl *dns =
		audit->config ? &audit->config->dnsbl : NULL;
	struct search *search = calloc(1, sizeof(*search));
	int error;

	if (!search)
		return -ENOMEM;
	search->audit = audit;
	error = resolver_create(loop, dns ? dns->nameservers : NULL,
				dns ? dns->nameserver_count : 0,
				&search->resolver);
	if (error)
		goto out;
	error = look_up(loop, search);
	resolver_close(search->resolver);
	uv_run(loop, UV_RUN_DEFAULT);
	audit->mx_count = search->host_count;
	give_roles(search);
	for (size_t i = 0; i < audit->server_count; i++)
		name_server(search, &audit->servers[i]);
out:
	free(search);
	return error;
}
