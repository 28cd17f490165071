/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as a site: it is taken or refused, and what is taken is sound. */

#include <stdlib.h>
#include <string.h>

#include "core/site.h"
#include "sources/dnsbl_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct site *site)
{
	const struct addr longest = {{0xff}};
	char name[SITE_ZONE_MAX], shown[SITE_ZONE_MAX];

	if (site->zone[0] == '\0' || site->weight > SITE_WEIGHT_MAX ||
	    site->weight < -SITE_WEIGHT_MAX)
		abort();
	for (const char *at = site->zone; *at; at++)
		if (*at <= ' ' || *at > '~' || (*at >= 'A' && *at <= 'Z'))
			abort();
	if (strlen(dnsbl_name(&longest, site->zone, name)) >= sizeof(name))
		abort();
	if (strlen(site_redact(site->zone, shown)) > strlen(site->zone))
		abort();
	strcpy(shown, site->zone);
	site_redact_text(site->zone, shown);
	if (strlen(shown) > strlen(site->zone))
		abort();
	for (unsigned int i = 0; i < 256; i++) {
		uint8_t octets[4] = {(uint8_t)i, 0, 0, (uint8_t)i};

		if (site_matches(site, octets) && i != 127)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *why = NULL;
	struct site site;
	char *text;

	text = malloc(size + 1);
	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (site_parse(text, &site, &why) == 0)
		check(&site);
	else if (!why)
		abort();
	free(text);
	return 0;
}
