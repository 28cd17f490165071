/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses with ports on the command line. */
#ifndef POSTERN_CTL_ENDPOINT_H
#define POSTERN_CTL_ENDPOINT_H

#include "core/config.h"

/*
 * "ADDRESS", "IPV4:PORT", "[IPV6]" or "[IPV6]:PORT"; `port` if none is given.
 * Returns 0, or -EINVAL with *out untouched.
 */
int endpoint_parse(const char *text, uint16_t port,
		   struct config_nameserver *out);

#endif
