/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program with maps of the kernel's: loading, and filling them. */
#ifndef POSTERN_TOOLS_BENCH_PEER_H
#define POSTERN_TOOLS_BENCH_PEER_H

#include "bench_list.h"

enum bench_peer {
	BENCH_TRIE,
	BENCH_HASH,
	BENCH_LRU,
	BENCH_PEERS,
};

struct bench_maps; /* the skeleton */

const char *bench_peer_name(enum bench_peer peer);

/* Why a peer can't have such a list; NULL: it can. */
const char *bench_peer_lacks(enum bench_peer peer,
			     const struct bench_list *list);

/* Loads the program; returns 0 and *out, or a negative errno. */
int bench_peer_load(enum bench_peer peer, const struct bench_list *list,
		    struct bench_maps **out);

/* The map that has the list. */
int bench_peer_map(enum bench_peer peer, const struct bench_list *list,
		   const struct bench_maps *skeleton);

/* Fills it, shared out among so many feeds; returns 0 or a negative errno. */
int bench_peer_fill(enum bench_peer peer, const struct bench_list *list,
		    unsigned int feeds, struct bench_maps *skeleton);

#endif
