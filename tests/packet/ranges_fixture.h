/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The maps of the range tables with the program ranges_probe, and tables with
 * the addresses that are worth asking for.  What fails, fails the test.
 */
#ifndef POSTERN_TESTS_RANGES_FIXTURE_H
#define POSTERN_TESTS_RANGES_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"
#include "ranges_probe.h"
#include "tables/ranges.h"

#define FIXTURE_IPV4_PAGES 5
#define FIXTURE_IPV6_PAGES 5

struct ranges_probe;

struct fixture {
	struct ranges_probe *skeleton;
	int outer[FAMILY_MAX];
	int inner[FAMILY_MAX][2];
	struct ranges_map *maps[FAMILY_MAX];
};

/* For cmocka: *state gets and has the fixture. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Has the program answer the questions of `probe`, `repeat` times. */
void fixture_run(const struct fixture *fixture, struct probe *probe,
		 unsigned int repeat);

/* List n has the kind n % 3 + 1 and expires at n + `version`. */
void fixture_publish(const struct fixture *fixture, const struct ranges *ranges,
		     enum family family, uint64_t version);

/* Random numbers, the same ones for a seed. */
void random_seed(uint64_t seed);
uint64_t random64(void);
uint32_t random_below(uint64_t limit);
struct addr random_addr(enum family family);

/* The first `bits` of `addr`, counted in its family, and others behind. */
struct addr random_within(struct addr addr, unsigned int bits);

/* A table, and addresses to ask for. */
struct subject {
	enum family family;
	struct ranges_input *input;
	struct ranges *ranges;
	struct addr *addrs;
	size_t count;
	size_t room;
};

struct subject *subject_create(enum family family);
void subject_free(struct subject *subject);
void subject_ask(struct subject *subject, struct addr addr);

/* Adds a prefix, and asks for its borders and within it. */
void subject_add(struct subject *subject, unsigned int list, struct addr addr,
		 unsigned int length);

/* Again, too, after more was added. */
void subject_compile(struct subject *subject);

/* Asks the program for all addresses, and as many random ones. */
void subject_compare(const struct subject *subject,
		     const struct fixture *fixture, uint64_t version);

#endif
