/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads addresses off a line.  Each function moves *at behind what it has
 * read and returns true, or returns false and leaves all as it was.
 */
#ifndef POSTERN_SOURCES_FEED_SCAN_H
#define POSTERN_SOURCES_FEED_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/addr.h"

static inline bool feed_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool feed_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline const char *feed_skip_blanks(const char *at)
{
	while (feed_is_blank(*at))
		at++;
	return at;
}

/* Four octets, without leading zeros: some read those as octal. */
bool feed_scan_ipv4(const char **at, uint32_t *out);

bool feed_scan_ipv6(const char **at, struct addr *out);

/* Digits, up to `most`. */
bool feed_scan_number(const char **at, unsigned int most, unsigned int *out);

/* A length, or for IPv4 a netmask, of ones and then zeros. */
bool feed_scan_length(const char **at, enum family family, uint8_t *out);
bool feed_scan_netmask(const char **at, uint8_t *out);

#endif
