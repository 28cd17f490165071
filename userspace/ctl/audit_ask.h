/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an audit asks of DNS and of SMTP servers, from an event loop of its
 * own.
 */
#ifndef POSTERN_CTL_AUDIT_ASK_H
#define POSTERN_CTL_AUDIT_ASK_H

#include <uv.h>

#include "ctl/audit_facts.h"

/*
 * Looks up the MX hosts of the domain, and names the servers that are there
 * already.  Where a role has no server yet, it gets them: the hosts of the
 * best preference are primaries, the others backups.  What DNS doesn't tell
 * is left open.  Returns 0 or a negative errno.
 */
int audit_servers_find(uv_loop_t *loop, struct audit *audit);

/* Adds a server unless it is there; false: there is no room. */
bool audit_servers_add(struct audit *audit, enum audit_role role,
		       const struct addr *addr, uint16_t port);

/*
 * Asks all servers at once.  `helo` NULL: the literal of our own address.
 * Returns 0 or a negative errno.
 */
int audit_ask(uv_loop_t *loop, struct audit *audit, const char *helo);

#endif
