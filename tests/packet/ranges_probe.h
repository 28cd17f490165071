/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What test_ranges.c and the program ranges_probe tell each other. */
#ifndef POSTERN_TESTS_RANGES_PROBE_H
#define POSTERN_TESTS_RANGES_PROBE_H

#include "ranges_layout.h"

#define PROBE_QUESTIONS 8
#define PROBE_LISTS	200

struct probe_question {
	struct addr addr;
	enum family family;
	__u32 want; /* 0: never on a list; 1: always on one */
	/* Answers. */
	__u32 id;
	__u32 kind;
	__u64 expires;
};

/*
 * A frame.  In every version of a table that is watched, the list of an
 * address that is always on one is probe_list(version), and the version is
 * what `expires` of that list says.
 */
struct probe {
	__u64 wrong;
	struct probe_question questions[PROBE_QUESTIONS];
};

static inline __u32 probe_list(__u64 version)
{
	return (__u32)(1 + version % PROBE_LISTS);
}

#endif
