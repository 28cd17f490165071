/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses and prefixes as everything in Postern holds them: 16 octets in
 * network byte order, IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2).  A prefix
 * length counts from the start of the address in its own family: 0-32 for
 * IPv4, 0-128 for IPv6.
 *
 * Values are plain structs, copied freely; nothing here allocates.
 */
#ifndef POSTERN_CORE_ADDR_H
#define POSTERN_CORE_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "shared.h"

struct prefix {
	struct addr addr;
	uint8_t length;
};

/* Room for the longest text of either, with its NUL. */
#define ADDR_TEXT   46
#define PREFIX_TEXT (ADDR_TEXT + 4)

/* The address that `in` (network byte order) stands for. */
struct addr addr_from_ipv4(struct in_addr in);
struct addr addr_from_ipv6(const struct in6_addr *in6);

/* The address of IPv4 that it stands for; of one of IPv6 its last octets. */
struct in_addr addr_to_ipv4(const struct addr *addr);

enum family addr_family(const struct addr *addr);

/* 32 or 128. */
uint8_t addr_bits(enum family family);

/*
 * Parses "192.0.2.1" or "2001:db8::1", as inet_pton(3) does.  Returns 0, or
 * -EINVAL with *out untouched.
 */
int addr_parse(const char *text, struct addr *out);

/* As inet_ntop(3) writes it; returns `text`. */
const char *addr_format(const struct addr *addr, char text[static ADDR_TEXT]);

int addr_compare(const struct addr *a, const struct addr *b);
bool addr_equal(const struct addr *a, const struct addr *b);

/* Fills `storage` for bind(2) and connect(2); returns the length to pass. */
socklen_t addr_to_sockaddr(const struct addr *addr, uint16_t port,
			   struct sockaddr_storage *storage);

/* Returns 0, or -EAFNOSUPPORT for anything but AF_INET and AF_INET6. */
int addr_from_sockaddr(const struct sockaddr *sockaddr, struct addr *out);

/*
 * Parses "ADDRESS" or "ADDRESS/LENGTH".  Host bits must be zero.  Returns 0;
 * -EINVAL for text that is no prefix, -ERANGE for a length that the family
 * does not have, -EDOM for host bits set; *out is untouched then.
 */
int prefix_parse(const char *text, struct prefix *out);

/* The address alone where the prefix is one host; returns `text`. */
const char *prefix_format(const struct prefix *prefix,
			  char text[static PREFIX_TEXT]);

bool prefix_contains(const struct prefix *prefix, const struct addr *addr);

/* `addr` with all but its first `length` bits (of its family) zero. */
struct addr addr_mask(const struct addr *addr, uint8_t length);

#endif
