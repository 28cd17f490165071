/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What replay says: of each frame, and in all. */
#ifndef POSTERN_CTL_REPLAY_PRINT_H
#define POSTERN_CTL_REPLAY_PRINT_H

#include "core/addr.h"
#include "ctl/print.h"
#include "ctl/replay_frame.h"

/* A frame that was judged. */
struct replay_record {
	uint64_t number;
	struct replay_ends ends;
	enum action action;
	enum reason reason;
};

struct replay_totals {
	uint64_t frames; /* that were read */
	uint64_t cut;	 /* of which so little was kept, see REPLAY_ENOUGH */
	uint64_t judged;
	uint64_t counts[REASON_MAX][FAMILY_MAX];
};

/* "frame N SRC > DST action reason" */
void replay_print_frame(FILE *out, const struct replay_record *record);

/* What was judged, and by what. */
struct replay_scope {
	const char *capture;
	const char *config; /* the path; NULL: without one */
	enum gate gate;
	const uint16_t *ports; /* host byte order */
	size_t port_count;
	const struct addr *protect;
	size_t protect_count; /* 0: every destination */
};

/* In words, and as a table of reasons. */
void replay_print_totals(const struct print *print,
			 const struct replay_scope *scope,
			 const struct replay_totals *totals);

/*
 * {"frames":N,"smtp_syns":N,"reasons":{"NAME":N,...},"per_frame":[{"frame":N,
 * "source":"...","destination":"...","action":"...","reason":"..."},...]}:
 * `reasons` has all names there are.
 */
void replay_print_json(FILE *out, const struct replay_totals *totals,
		       const struct replay_record *records, size_t count);

#endif
