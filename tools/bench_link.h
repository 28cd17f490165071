/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network to play with: pairs of veth interfaces in a network namespace that
 * only this process has, and that ends with it, whatever else happens.
 */
#ifndef POSTERN_TOOLS_BENCH_LINK_H
#define POSTERN_TOOLS_BENCH_LINK_H

#include <net/if.h>
#include <stdint.h>

#define BENCH_LINKS_MAX 16

struct bench_link {
	unsigned int
		from;	 /* the index of the end that frames are sent out of */
	unsigned int to; /* and of the one where they come in */
	char name[IF_NAMESIZE]; /* of that one */
};

/*
 * Enters namespaces of its own, with a bpf file system that nobody else sees.
 * Returns 0 or a negative errno.
 */
int bench_link_private(void);

/*
 * Makes pair `number`; the end where frames come in has the destination
 * address of tests/packet/frame.h, and takes redirected frames as they are.
 * Returns 0 and *out, or a negative errno after it has said why.
 */
int bench_link_create(unsigned int number, struct bench_link *out);

/* The frames that have come in. */
uint64_t bench_link_received(const void *link);

/* The IPv4 packets that have got through to routing, of all interfaces. */
uint64_t bench_link_routed(void);

#endif
