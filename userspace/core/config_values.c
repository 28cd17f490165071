/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The values of a configuration as text: parsing and printing. */

#include "core/config_values.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DNS_PORT 53

#define LABEL_MAX     63
#define DOMAIN_MAX    253
#define MAILBOX_MAX   254 /* RFC 5321, 4.5.3.1.3, without the brackets */
#define FEED_NAME_MAX 32
#define ACCOUNT_MAX   32 /* useradd(8) */

static const struct unit {
	const char *name;
	uint64_t ms;
} units[] = {
	{"ms", 1},
	{"s", 1000},
	{"m", UINT64_C(60) * 1000},
	{"h", UINT64_C(60) * 60 * 1000},
	{"d", UINT64_C(24) * 60 * 60 * 1000},
};

#define UNITS (sizeof(units) / sizeof(units[0]))

/* Reads digits up to *rest.  Returns 0, or -EINVAL for none or too many. */
static int take_number(const char *text, const char **rest, uint64_t *out)
{
	uint64_t number = 0;
	const char *at = text;

	for (; *at >= '0' && *at <= '9'; at++) {
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*at - '0'),
					   &number))
			return -EINVAL;
	}
	if (at == text)
		return -EINVAL;
	*rest = at;
	*out = number;
	return 0;
}

int config_parse_number(const char *text, uint64_t *out)
{
	uint64_t number;

	if (take_number(text, &text, &number) != 0 || *text != '\0')
		return -EINVAL;
	*out = number;
	return 0;
}

int config_parse_duration(const char *text, uint64_t *out_ms)
{
	uint64_t number;

	if (take_number(text, &text, &number) != 0)
		return -EINVAL;
	for (size_t i = 0; i < UNITS; i++) {
		if (strcmp(text, units[i].name) != 0)
			continue;
		if (__builtin_mul_overflow(number, units[i].ms, &number))
			return -EINVAL;
		*out_ms = number;
		return 0;
	}
	return -EINVAL;
}

const char *config_format_duration(uint64_t ms,
				   char text[static CONFIG_DURATION_TEXT])
{
	size_t i = UNITS - 1;

	while (i > 0 && (ms == 0 || ms % units[i].ms != 0))
		i--;
	if (ms == 0)
		i = 1;
	snprintf(text, CONFIG_DURATION_TEXT, "%" PRIu64 "%s", ms / units[i].ms,
		 units[i].name);
	return text;
}

int config_parse_rate(const char *text, struct config_rate *out)
{
	struct config_rate rate = {0};

	if (take_number(text, &text, &rate.count) != 0)
		return -EINVAL;
	if (*text == '\0' && rate.count == 0) {
		*out = rate;
		return 0;
	}
	if (*text != '/' || config_parse_duration(text + 1, &rate.period_ms))
		return -EINVAL;
	if (rate.count == 0)
		rate.period_ms = 0;
	*out = rate;
	return 0;
}

const char *config_format_rate(const struct config_rate *rate,
			       char text[static CONFIG_RATE_TEXT])
{
	char period[CONFIG_DURATION_TEXT];

	if (rate->count == 0)
		snprintf(text, CONFIG_RATE_TEXT, "0");
	else
		snprintf(text, CONFIG_RATE_TEXT, "%" PRIu64 "/%s", rate->count,
			 config_format_duration(rate->period_ms, period));
	return text;
}

/* ":PORT", or nothing. */
static int parse_port_suffix(const char *text, uint16_t *port)
{
	uint64_t number = DNS_PORT;

	if (*text != '\0') {
		if (*text != ':' || config_parse_number(text + 1, &number) != 0)
			return -EINVAL;
		if (number < 1 || number > UINT16_MAX)
			return -EINVAL;
	}
	*port = (uint16_t)number;
	return 0;
}

int config_parse_endpoint(const char *text, struct config_nameserver *out)
{
	struct config_nameserver endpoint = {.port = DNS_PORT};
	bool bracket = *text == '[';
	char address[ADDR_TEXT];
	size_t length;

	if (addr_parse(text, &endpoint.addr) != 0) {
		if (bracket)
			text++;
		length = strcspn(text, bracket ? "]" : ":");
		if (length >= sizeof(address) || text[length] == '\0')
			return -EINVAL;
		memcpy(address, text, length);
		address[length] = '\0';
		/* Brackets are for IPv6 alone, as in a URL. */
		if (bracket != (strchr(address, ':') != NULL) ||
		    addr_parse(address, &endpoint.addr) != 0)
			return -EINVAL;
		text += length + (bracket ? 1 : 0);
		if (parse_port_suffix(text, &endpoint.port) != 0)
			return -EINVAL;
	}
	if (!config_is_unicast(&endpoint.addr))
		return -EINVAL;
	*out = endpoint;
	return 0;
}

const char *config_format_endpoint(const struct config_nameserver *endpoint,
				   char text[static CONFIG_ENDPOINT_TEXT])
{
	bool bracket = addr_family(&endpoint->addr) == FAMILY_IPV6;
	char address[ADDR_TEXT];

	snprintf(text, CONFIG_ENDPOINT_TEXT, "%s%s%s:%u", bracket ? "[" : "",
		 addr_format(&endpoint->addr, address), bracket ? "]" : "",
		 endpoint->port);
	return text;
}

bool config_is_unicast(const struct addr *addr)
{
	static const struct addr unspecified;
	uint8_t first = addr->octets[12];

	if (addr_family(addr) == FAMILY_IPV6)
		return addr->octets[0] != 0xff &&
		       !addr_equal(addr, &unspecified);
	/* 224/4 is multicast, 240/4 reserved, 255.255.255.255 the broadcast. */
	return first != 0 && first < 224;
}

bool config_is_interface(const char *text)
{
	size_t length = strlen(text);

	if (length == 0 || length >= IF_NAMESIZE)
		return false;
	if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return false;
	for (; *text != '\0'; text++)
		if (!isgraph((unsigned char)*text) || *text == '/' ||
		    *text == ':')
			return false;
	return true;
}

static bool is_label(const char *label, size_t length)
{
	if (length == 0 || length > LABEL_MAX)
		return false;
	if (label[0] == '-' || label[length - 1] == '-')
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)label[i]) && label[i] != '-' &&
		    label[i] != '_')
			return false;
	return true;
}

bool config_is_host_name(const char *text)
{
	if (strlen(text) > DOMAIN_MAX ||
	    text[strspn(text, "0123456789.")] == '\0')
		return false;
	for (;;) {
		size_t length = strcspn(text, ".");

		if (!is_label(text, length))
			return false;
		if (text[length] == '\0')
			return true;
		text += length + 1;
	}
}

bool config_is_feed_name(const char *text)
{
	size_t length = strlen(text);

	if (length == 0 || length > FEED_NAME_MAX || *text == '.')
		return false;
	for (; *text != '\0'; text++)
		if (!isalnum((unsigned char)*text) && !strchr("-_.", *text))
			return false;
	return true;
}

bool config_is_mailbox(const char *text)
{
	const char *at = strrchr(text, '@');

	if (*text == '\0' || strlen(text) > MAILBOX_MAX || at == text)
		return false;
	if (at && !config_is_host_name(at + 1))
		return false;
	for (; *text != '\0'; text++)
		if (!isgraph((unsigned char)*text) || strchr("<>\"\\", *text) ||
		    (*text == '@' && text != at))
			return false;
	return true;
}

bool config_is_account(const char *text)
{
	size_t length = strlen(text);

	if (length == 0 || length > ACCOUNT_MAX || *text == '-')
		return false;
	for (; *text != '\0'; text++)
		if (!isgraph((unsigned char)*text) || strchr(":,/", *text))
			return false;
	return true;
}

bool config_is_argument(const char *text)
{
	(void)text;
	return true;
}

bool config_is_path(const char *text)
{
	if (*text != '/')
		return false;
	while (*text == '/') {
		size_t length = strcspn(++text, "/");

		if (length == 0 || (length == 1 && text[0] == '.') ||
		    (length == 2 && text[0] == '.' && text[1] == '.'))
			return false;
		text += length;
	}
	return true;
}
