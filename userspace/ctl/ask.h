/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DNS questions of a command that has nothing else to do: asked all at once,
 * from an event loop of its own, and waited for.
 */
#ifndef POSTERN_CTL_ASK_H
#define POSTERN_CTL_ASK_H

#include <stdbool.h>
#include <stddef.h>

#include "core/config.h"
#include "sources/answer.h"
#include "sources/zone.h"

struct ask;

/* Large: keep them on the heap. */
struct ask_question {
	char name[SITE_ZONE_MAX];
	enum question_type type;
	struct answer answer; /* set by ask_all() */
};

/* A list, and what its test entries (RFC 5782) show. */
struct ask_zone {
	const char *zone;
	struct zone_finding finding; /* set by ask_zones() */
};

/*
 * Without nameservers those of resolv.conf(5) are asked.  Returns 0 and *out
 * for ask_close(), or a negative errno with *out untouched.
 */
int ask_open(const struct config_nameserver *nameservers,
	     size_t nameserver_count, struct ask **out);

/* Returns when each has an answer, ANSWER_FAILED at the worst. */
void ask_all(struct ask *ask, struct ask_question *questions, size_t count);

/*
 * Tests lists; `sites` are those of the whole configuration.  Returns when
 * each has a finding, or -ENOMEM with none.
 */
int ask_zones(struct ask *ask, const struct site *sites, size_t site_count,
	      struct ask_zone *zones, size_t count);

void ask_close(struct ask *ask);

#endif
