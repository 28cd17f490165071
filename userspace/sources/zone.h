/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The health of one list: whether what it says can be believed.
 *
 * Its self-tests (RFC 5782, section 5) and what ordinary answers show go in;
 * out comes a state.  Only a zone that is ok counts; of any other nothing is
 * known.  Two failed tests in a row take a zone out, two good ones bring it
 * back.  Some things take it out at once: an address listed that never is (so
 * it lists the world), an error code, many failures in a row, and a list that
 * names nearly all who stand well without it.
 *
 * Pure: no I/O, no clock.  Times are milliseconds of a monotonic clock.
 */
#ifndef POSTERN_SOURCES_ZONE_H
#define POSTERN_SOURCES_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"

#define ZONE_STATE_TABLE(STATE)                                                \
	STATE(UNTESTED, "untested")                                            \
	STATE(OK, "ok")                                                        \
	STATE(FAILING, "failing")                                              \
	STATE(BLOCKED, "blocked")                                              \
	STATE(EMPTY, "empty")                                                  \
	STATE(WORLD, "lists-the-world")                                        \
	STATE(OVER_QUOTA, "over-quota")

#define ZONE_STATE_ENUM(NAME, name) ZONE_##NAME,
enum zone_state { ZONE_STATE_TABLE(ZONE_STATE_ENUM) ZONE_STATES };

const char *zone_state_name(enum zone_state state);

/* What a test or an answer shows; the words are static. */
struct zone_finding {
	enum zone_state state; /* ZONE_OK: nothing is wrong */
	const char *why;       /* "it ..." */
	const char *remedy;    /* what the postmaster can do, or NULL */
	bool doubtful;	       /* a single answer does not prove it */
};

/* The clients of independent standing that were seen last. */
#define ZONE_CLIENTS 50
struct zone_clients {
	struct addr source[ZONE_CLIENTS];
	bool listed[ZONE_CLIENTS];
	unsigned int count;
	unsigned int next;
	unsigned int listed_count;
};

struct zone {
	enum zone_state state;
	const char *why;    /* static words, of the state; NULL: ok */
	const char *remedy; /* likewise; NULL: none */
	unsigned int bad;   /* tests in a row */
	unsigned int good;
	unsigned int failures; /* answers in a row */
	uint64_t test_ms;      /* when the next test is due */
	uint64_t pause_ms;     /* of the last error code; it grows */
	uint64_t paused_until_ms;
	uint64_t since_ms; /* of the state */
	unsigned int seed;
	struct zone_clients clients;
};

/* The first test is due at once. */
void zone_init(struct zone *zone, uint64_t now_ms, unsigned int seed);

/* Each returns whether the state has changed. */
bool zone_note_test(struct zone *zone, uint64_t now_ms,
		    const struct zone_finding *finding);

/* Of an answer for any source.  Not for those that come when it is out. */
bool zone_note_answer(struct zone *zone, uint64_t now_ms,
		      const struct zone_finding *finding);

/*
 * What the zone says of a source that stands well for other reasons: allowed,
 * a witness, on an allow list, clean for days.
 */
bool zone_note_client(struct zone *zone, uint64_t now_ms,
		      const struct addr *source, bool listed);

bool zone_test_due(const struct zone *zone, uint64_t now_ms);

#endif
