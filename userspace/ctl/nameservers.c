/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolv.conf(5), and public resolvers. */

#include "ctl/nameservers.h"

#include <stdio.h>
#include <string.h>

#include "ctl/host.h"

#define STUB "127.0.0.53" /* systemd-resolved(8) */

static const struct {
	const char *network;
	const char *owner;
} public[] = {
	{"8.8.8.8/32", "Google"},
	{"8.8.4.4/32", "Google"},
	{"2001:4860:4860::8888/128", "Google"},
	{"2001:4860:4860::8844/128", "Google"},
	{"1.1.1.0/29", "Cloudflare"},
	{"1.0.0.0/29", "Cloudflare"},
	{"2606:4700:4700::/48", "Cloudflare"},
	{"9.9.9.0/24", "Quad9"},
	{"149.112.112.0/24", "Quad9"},
	{"2620:fe::/48", "Quad9"},
	{"208.67.216.0/21", "OpenDNS"},
	{"2620:119:35::/48", "OpenDNS"},
	{"2620:119:53::/48", "OpenDNS"},
	{"4.2.2.0/29", "Level 3"},
	{"94.140.14.0/23", "AdGuard"},
	{"2a10:50c0::/32", "AdGuard"},
};

const char *nameservers_public(const struct addr *addr)
{
	struct prefix prefix;

	for (size_t i = 0; i < sizeof(public) / sizeof(public[0]); i++)
		if (prefix_parse(public[i].network, &prefix) == 0 &&
		    prefix_contains(&prefix, addr))
			return public[i].owner;
	return NULL;
}

static size_t read_from(const char *root, const char *path,
			struct addr out[static CONFIG_NAMESERVERS_MAX])
{
	char whole[HOST_PATH], line[HOST_TEXT], text[ADDR_TEXT];
	size_t count = 0;
	FILE *file;

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	file = fopen(whole, "re");
	if (!file)
		return 0;
	while (count < CONFIG_NAMESERVERS_MAX &&
	       fgets(line, sizeof(line), file))
		if (sscanf(line, "nameserver %45s", text) == 1 &&
		    addr_parse(text, &out[count]) == 0)
			count++;
	fclose(file);
	return count;
}

size_t nameservers_read(const char *root,
			struct addr out[static CONFIG_NAMESERVERS_MAX])
{
	size_t count = read_from(root, "/etc/resolv.conf", out);
	struct addr stub;

	if (count == 1 && addr_parse(STUB, &stub) == 0 &&
	    addr_equal(&out[0], &stub)) {
		size_t behind = read_from(
			root, "/run/systemd/resolve/resolv.conf", out);

		if (behind > 0)
			return behind;
		out[0] = stub;
	}
	return count;
}
