/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The syntax is that of nameservers, the port another by default. */

#include "ctl/endpoint.h"

#include <errno.h>
#include <string.h>

#include "core/config_values.h"

int endpoint_parse(const char *text, uint16_t port,
		   struct config_nameserver *out)
{
	struct config_nameserver endpoint;
	struct addr addr;

	if (config_parse_endpoint(text, &endpoint) != 0)
		return -EINVAL;
	if (addr_parse(text, &addr) == 0 || text[strlen(text) - 1] == ']')
		endpoint.port = port;
	*out = endpoint;
	return 0;
}
