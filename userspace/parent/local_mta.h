/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the MTA that is guarded takes its connections on this host, in this
 * network namespace: only these can be given to the doorman instead.
 */
#ifndef POSTERN_PARENT_LOCAL_MTA_H
#define POSTERN_PARENT_LOCAL_MTA_H

#include <stdio.h>

#include "core/config.h"

/*
 * Returns 0; or a negative errno with why not in `why`: -EADDRNOTAVAIL for a
 * protected address that is not this host's, -ENOTCONN where nothing listens
 * on a port at these addresses.
 */
int local_mta_check(const struct config *config,
		    char why[static CONFIG_ERROR_TEXT]);

/*
 * Whether a table of sockets, as /proc/net/tcp and /proc/net/tcp6 are, has one
 * that listens on the port at any address, or at one of these; without any,
 * wherever it listens.
 */
bool local_mta_listens(FILE *table, uint16_t port, const struct addr *at,
		       size_t count);

#endif
