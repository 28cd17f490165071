/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Networks that knock at the closed gate: which of them have kept at it so
 * long that they get in (mercy), and whether so many knock at once that they
 * know something of the primary that its probes don't (crowd).
 *
 * A network is a /24 or /64.  A knock is a SYN that the program tells of,
 * which under load is one of many; knocks within two minutes (or an eighth of
 * `mercy`, if that is less) are one attempt, for a client repeats its SYN about
 * six times.  A network of which one host
 * was found to be listed gets no mercy and is of no crowd.
 *
 * Pure: no I/O, no clock of its own.  Times are of one monotonic clock.
 */
#ifndef POSTERN_CORE_KNOCKERS_H
#define POSTERN_CORE_KNOCKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared.h"

/* Networks remembered, 64 octets each. */
#define KNOCKERS_MAX 16384

/* Attempts that show that somebody keeps at it. */
#define KNOCKERS_ATTEMPTS 3

/* Who has not come for so long begins anew. */
#define KNOCKERS_FORGET_S 86400

/* Distinct networks are counted in windows of this length. */
#define KNOCKERS_WINDOW_S 600

/* Windows until it is known what is usual. */
#define KNOCKERS_LEARN 6

/* So many times the usual number of networks are a crowd. */
#define KNOCKERS_FACTOR 4

/* How long a crowd opens the gate: at first, and at most. */
#define KNOCKERS_OPEN_S	    1800
#define KNOCKERS_OPEN_MAX_S 14400

/* A crowd that is back within this after the last one opens for twice as long
 */
#define KNOCKERS_BACK_S 3600

struct knockers;

/* `seed`: any, so that nobody can choose who shares a place.  NULL: no memory
 */
struct knockers *knockers_create(uint64_t seed);

enum knock {
	KNOCK_ONE_OF_MANY, /* nothing follows from it */
	KNOCK_ASK,	   /* is its source clean?  knockers_clean() tells */
	KNOCK_MERCY,	   /* its network is to be let in */
};

/*
 * A source of the network `key` knocks; `verdict` is what is known of it
 * already.  `mercy_ns` 0: there is none.
 */
enum knock knockers_knock(struct knockers *knockers, const struct addr *key,
			  enum verdict verdict, uint64_t now_ns,
			  uint64_t mercy_ns);

/*
 * A source of the network was found clean; returns whether its network is to
 * be let in now.
 */
bool knockers_clean(struct knockers *knockers, const struct addr *key,
		    uint64_t now_ns, uint64_t mercy_ns);

/* A source of the network was found listed, if that has knocked at all. */
void knockers_listed(struct knockers *knockers, const struct addr *key);

/*
 * Whether a crowd has the gate of a family open now: `least` distinct networks
 * within one window at least, and KNOCKERS_FACTOR times as many as usual.
 * 0: never.  `closed`: the gate is, so that there is something to knock at.
 * Ask every few seconds, for it is here that windows end.
 */
bool knockers_crowd(struct knockers *knockers, enum family family, bool closed,
		    uint64_t now_ns, unsigned int least);

/* For status: networks in this window, and what is usual (-1: not known). */
struct knockers_status {
	unsigned int now;
	double usual;
	double open_left_s; /* 0: no crowd has it open */
};
void knockers_status(const struct knockers *knockers, enum family family,
		     uint64_t now_ns, struct knockers_status *out);

void knockers_free(struct knockers *knockers);

#endif
