/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The DNS servers that this machine asks, and whether DNSBLs answer them. */
#ifndef POSTERN_CTL_NAMESERVERS_H
#define POSTERN_CTL_NAMESERVERS_H

#include "core/config.h"

/*
 * Writes the nameservers of resolv.conf(5), or those that systemd-resolved
 * forwards to; `root` as in ctl/host.h.  Returns how many.
 */
size_t nameservers_read(const char *root,
			struct addr out[static CONFIG_NAMESERVERS_MAX]);

/*
 * Who runs the public resolver at this address, or NULL.  Lists that count
 * questions refuse those of whom anybody may ask.
 */
const char *nameservers_public(const struct addr *addr);

#endif
