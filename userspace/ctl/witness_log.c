/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a line of Postfix's log. */

#include "ctl/witness_log.h"

#include <string.h>

/* "[198.51.100.7]", "[IPv6:...]" is not written there; a port may follow. */
static bool parse_bracketed(const char *text, struct addr *out)
{
	const char *end = strchr(text, ']');
	char address[ADDR_TEXT];
	size_t length;

	if (*text != '[' || !end)
		return false;
	length = (size_t)(end - text) - 1;
	if (length >= sizeof(address))
		return false;
	memcpy(address, text + 1, length);
	address[length] = '\0';
	return addr_parse(address, out) == 0;
}

/*
 * What follows the tag of syslog, "postfix/smtpd[1234]: ", or with the name of
 * an instance for "postfix".  The first "]: " of a line ends its tag: what
 * strangers may have put into the line comes later.
 */
static const char *find_message(const char *line, const char *service)
{
	const char *end = strstr(line, "]: ");
	size_t length = strlen(service);
	const char *at = end;

	while (at && at > line && at[-1] >= '0' && at[-1] <= '9')
		at--;
	if (!at || at == end || (size_t)(at - line) < length ||
	    strncmp(at - length, service, length) != 0)
		return NULL;
	return end + 3;
}

/* A host name has no bracket and no blank. */
static bool parse_smtpd(const char *message, struct addr *out)
{
	static const char start[] = "connect from ";

	if (strncmp(message, start, sizeof(start) - 1) != 0)
		return false;
	message += sizeof(start) - 1;
	return parse_bracketed(message + strcspn(message, " ["), out);
}

static bool parse_postscreen(const char *message, struct addr *out)
{
	static const char start[] = "CONNECT from ";

	if (strncmp(message, start, sizeof(start) - 1) != 0)
		return false;
	return parse_bracketed(message + sizeof(start) - 1, out);
}

bool witness_log_parse(const char *line, struct addr *out)
{
	const char *message = find_message(line, "/smtpd[");

	if (message)
		return parse_smtpd(message, out);
	message = find_message(line, "/postscreen[");
	return message && parse_postscreen(message, out);
}
