/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One list's self-test (RFC 5782, section 5), question by question: nothing
 * that must not be listed is (127.0.0.1, for IPv6 ::ffff:7f00:1, and another
 * loopback address at random, of which no resolver has an old answer; where
 * that is listed, as a list may do, addresses from anywhere tell), what
 * must be is (127.0.0.2 or ::ffff:7f00:2), and at last whether one of our own
 * addresses is.  The first part alone confirms that what the zone lists may be
 * believed just now.
 *
 * Owned by whoever keeps the zone.  `done` is called once for each start, never
 * from within it; it may start the next one, but not free the test.
 */
#ifndef POSTERN_SOURCES_ZONE_TEST_H
#define POSTERN_SOURCES_ZONE_TEST_H

#include "sources/resolver.h"
#include "sources/zone.h"

enum zone_test_kind {
	ZONE_TEST_CONFIRM, /* only what must not be listed */
	ZONE_TEST_FULL,
};

struct zone_test;

typedef void zone_test_done(struct zone_test *test,
			    const struct zone_finding *finding);

struct zone_test {
	struct resolver *resolver;
	const char *zone;
	const struct site *sites; /* of the whole configuration */
	size_t site_count;
	zone_test_done *done;
	void *context; /* the owner's */
	bool running;
	bool waiting; /* for the resolver: zone_test_resume() */
	bool stopped;
	enum zone_test_kind kind;
	unsigned int step;
	uint32_t nonce;
	unsigned int anybody; /* addresses at random that were listed */
	bool has_own;
	struct addr own;
	bool own_listed; /* a result, beside the finding */
	uint8_t own_code[4];
	unsigned int questions; /* asked by this test so far */
};

/*
 * Starts; `own` may be NULL.  Nothing happens when one is running already.
 * `nonce`: a number that the zone can't have seen before.
 */
void zone_test_start(struct zone_test *test, enum zone_test_kind kind,
		     uint32_t nonce, const struct addr *own);

/* Call it now and then while `waiting`: the resolver was full. */
void zone_test_resume(struct zone_test *test);

/*
 * Ends it for good.  Returns whether an answer is still under way: then `done`
 * is called once more, without a finding, and the test must be there until
 * then.
 */
bool zone_test_stop(struct zone_test *test);

#endif
