/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The values of a configuration as text: parsers that return 0, or -EINVAL
 * with *out untouched, and what prints them again.  Pure; what bounds a key
 * has is not known here.
 *
 * Private to core/config*.c; times are also read from command lines.
 */
#ifndef POSTERN_CORE_CONFIG_VALUES_H
#define POSTERN_CORE_CONFIG_VALUES_H

#include "core/config.h"

#define CONFIG_DURATION_TEXT 24
#define CONFIG_RATE_TEXT     48
#define CONFIG_ENDPOINT_TEXT (ADDR_TEXT + 8)

struct config_rate {
	uint64_t count;
	uint64_t period_ms;
};

/* Digits only. */
int config_parse_number(const char *text, uint64_t *out);

/* A number and one of ms, s, m, h, d. */
int config_parse_duration(const char *text, uint64_t *out_ms);

/* In the largest unit that leaves no rest; returns `text`. */
const char *config_format_duration(uint64_t ms,
				   char text[static CONFIG_DURATION_TEXT]);

/* "COUNT/DURATION", or "0". */
int config_parse_rate(const char *text, struct config_rate *out);
const char *config_format_rate(const struct config_rate *rate,
			       char text[static CONFIG_RATE_TEXT]);

/* "ADDRESS", "IPV4:PORT", "[IPV6]" or "[IPV6]:PORT"; port 53 if none. */
int config_parse_endpoint(const char *text, struct config_nameserver *out);
const char *config_format_endpoint(const struct config_nameserver *endpoint,
				   char text[static CONFIG_ENDPOINT_TEXT]);

/* Neither unspecified, multicast, broadcast nor reserved. */
bool config_is_unicast(const struct addr *addr);

/* What the kernel takes for the name of an interface. */
bool config_is_interface(const char *text);

/* A domain name: letters, digits, "-" and "_", not all of it numbers. */
bool config_is_host_name(const char *text);

/* Fit for logs and names of files: letters, digits, "-", "_" and "." */
bool config_is_feed_name(const char *text);

/* "LOCAL" or "LOCAL@DOMAIN", fit for RCPT TO:<...>. */
bool config_is_mailbox(const char *text);

/* A name of passwd(5) or group(5). */
bool config_is_account(const char *text);

/* A part of a command line: anything. */
bool config_is_argument(const char *text);

/* Absolute, and without a slash at its end or an empty, "." or ".." part. */
bool config_is_path(const char *text);

#endif
