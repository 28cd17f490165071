/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Seats and their networks.  All is searched from end to end: some thousands
 * of entries at most, some hundred times a second.
 */

#include "sources/doorman_seats.h"

#include <errno.h>
#include <stdlib.h>

struct seat {
	void *occupant; /* NULL: free */
	uint64_t since; /* the order of taking */
	size_t network; /* index */
	bool clean;
};

struct share {
	struct addr addr;
	unsigned int seats; /* 0: free */
	unsigned int other; /* of them without a clean verdict */
};

/* One more than seats, so that a newcomer's always has a place. */
#define NETWORKS (DOORMAN_SEATS_MAX + 1)

struct doorman_seats {
	size_t all;
	size_t per_network;
	size_t taken;
	size_t other; /* of them without a clean verdict */
	uint64_t last;
	struct seat seats[DOORMAN_SEATS_MAX];
	struct share networks[NETWORKS];
};

int doorman_seats_create(struct doorman_seats **out)
{
	struct doorman_seats *seats = calloc(1, sizeof(*seats));

	if (!seats)
		return -ENOMEM;
	doorman_seats_limit(seats, DOORMAN_SEATS_MAX, DOORMAN_SEATS_MAX);
	*out = seats;
	return 0;
}

void doorman_seats_limit(struct doorman_seats *seats, unsigned int all,
			 unsigned int per_network)
{
	seats->all = all < DOORMAN_SEATS_MAX ? all : DOORMAN_SEATS_MAX;
	seats->per_network = per_network;
}

/* The network's index, or that of a free one. */
static size_t find_network(const struct doorman_seats *seats,
			   const struct addr *addr)
{
	size_t free = NETWORKS;

	for (size_t i = 0; i < NETWORKS; i++) {
		const struct share *network = &seats->networks[i];

		if (network->seats && addr_equal(&network->addr, addr))
			return i;
		if (!network->seats && free == NETWORKS)
			free = i;
	}
	return free;
}

/*
 * Who has to leave: the oldest of the greediest network; among equally greedy
 * ones the oldest of all.  With `other`, only those without a clean verdict
 * count.
 */
static int find_victim(const struct doorman_seats *seats, bool other)
{
	unsigned int most = 0;
	int victim = -1;

	for (int i = 0; i < DOORMAN_SEATS_MAX; i++) {
		const struct seat *seat = &seats->seats[i];
		const struct share *network = &seats->networks[seat->network];
		unsigned int has = other ? network->other : network->seats;

		if (!seat->occupant || (other && seat->clean))
			continue;
		if (victim >= 0 &&
		    (has < most ||
		     (has == most && seat->since > seats->seats[victim].since)))
			continue;
		most = has;
		victim = i;
	}
	return victim;
}

static int find_free(const struct doorman_seats *seats)
{
	int i = 0;

	while (i < DOORMAN_SEATS_MAX - 1 && seats->seats[i].occupant)
		i++;
	return i;
}

void *doorman_seats_take(struct doorman_seats *seats,
			 const struct addr *network, bool clean, void *occupant,
			 int *seat)
{
	size_t index = find_network(seats, network);
	size_t for_other = seats->all - seats->all / 4;
	void *loser = NULL;
	int victim = -1;

	*seat = -1;
	if (seats->networks[index].seats >= seats->per_network)
		return NULL;
	if (!clean && seats->other >= for_other)
		victim = find_victim(seats, true);
	else if (seats->taken >= seats->all)
		victim = find_victim(seats, false);
	if (victim >= 0) {
		loser = seats->seats[victim].occupant;
		doorman_seats_give_back(seats, victim);
		/* It may have been the last one of its network. */
		index = find_network(seats, network);
	}
	*seat = find_free(seats);
	seats->seats[*seat] = (struct seat){
		.occupant = occupant,
		.since = ++seats->last,
		.network = index,
		.clean = clean,
	};
	seats->networks[index].addr = *network;
	seats->networks[index].seats++;
	seats->networks[index].other += !clean;
	seats->taken++;
	seats->other += !clean;
	return loser;
}

void doorman_seats_give_back(struct doorman_seats *seats, int number)
{
	struct seat *seat = &seats->seats[number];
	struct share *network = &seats->networks[seat->network];

	network->seats--;
	network->other -= !seat->clean;
	seats->taken--;
	seats->other -= !seat->clean;
	seat->occupant = NULL;
}

size_t doorman_seats_count(const struct doorman_seats *seats)
{
	return seats->taken;
}

void doorman_seats_free(struct doorman_seats *seats)
{
	free(seats);
}
