/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses as the maps have them, from what contexts of sockets have. */
#ifndef POSTERN_ADDR_H
#define POSTERN_ADDR_H

#include "shared.h"

#define AF_INET 2 /* sys/socket.h is not for programs */

/* ::ffff:a.b.c.d, which a socket of both families has as such. */
static __always_inline void put_ipv4(struct addr *to, __be32 address)
{
	__builtin_memset(to, 0, sizeof(*to));
	to->octets[10] = 0xff;
	to->octets[11] = 0xff;
	__builtin_memcpy(&to->octets[12], &address, sizeof(address));
}

static __always_inline void put_ipv6(struct addr *to, __u32 a, __u32 b, __u32 c,
				     __u32 d)
{
	__builtin_memcpy(&to->octets[0], &a, sizeof(a));
	__builtin_memcpy(&to->octets[4], &b, sizeof(b));
	__builtin_memcpy(&to->octets[8], &c, sizeof(c));
	__builtin_memcpy(&to->octets[12], &d, sizeof(d));
}

#endif
