/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The doorman: takes the connections that were deferred, and tells whoever
 * has made them where to deliver instead.
 *
 *   doorman_session.c	a connection
 *   doorman_smtp.c	what is said
 *   doorman_tls.c	and over TLS
 *   doorman_seats.c	to how many at a time
 *   patience.c		and how often
 *
 * Whom a connection is from, and what it is told, its owner says when it
 * comes (doorman_meet, from the loop; it may not close the doorman).  All that
 * it takes is bounded: connections, their time, what is read of them, and the
 * lines that are logged of them.
 */
#ifndef POSTERN_SOURCES_DOORMAN_H
#define POSTERN_SOURCES_DOORMAN_H

#include <uv.h>

#include "core/config.h"
#include "core/log.h"
#include "sources/doorman_smtp.h"
#include "sources/tls_identity.h"

/* What bypassers are told, by which posternctl audit knows him. */
#define DOORMAN_BYPASS_WORDS                                                   \
	"this is a backup and the primary MX is up, please deliver there"

/* A connection that has come; ports in host byte order. */
struct doorman_guest {
	struct addr source;
	struct addr destination;
	uint16_t client_port;
	uint16_t port;
};

struct doorman_welcome {
	struct addr network; /* of the source: those share their seats */
	bool clean;	     /* it has a clean verdict */
	char refusal[DOORMAN_REPLY_MAX]; /* as in doorman_smtp_begin() */
	/* For the log (core/log.h): why it was deferred, static; its story. */
	const char *reason;
	char id[LOG_ID_TEXT];
};

/* Returns false for who was not deferred: he is hung up on. */
typedef bool doorman_meet(void *context, const struct doorman_guest *guest,
			  struct doorman_welcome *out);

struct doorman;

/* Returns 0 and *out, or -ENOMEM. */
int doorman_create(uv_loop_t *loop, doorman_meet *meet, void *context,
		   struct doorman **out);

/* Copied.  What has begun goes on as it was. */
void doorman_configure(struct doorman *doorman,
		       const struct config_doorman *config);

/*
 * Who he is unless the configuration names him; NULL: the host.  With an
 * identity he offers STARTTLS; it has to be there until another takes its
 * place.  What has begun goes on as it was.
 */
void doorman_identify(struct doorman *doorman, const char *name,
		      const struct tls_identity *identity);

/*
 * Takes connections of a listening socket, which is the doorman's from now on
 * and stands in for one of the same family.  Returns 0 or a negative errno;
 * the descriptor is closed then.
 */
int doorman_listen(struct doorman *doorman, enum family family, int fd);

struct doorman_status {
	size_t sessions;      /* now */
	uint64_t taken;	      /* connections */
	uint64_t told;	      /* of them those that asked for a recipient */
	uint64_t turned_away; /* their network has its share */
	uint64_t cut_short;   /* had to leave for others */
	uint64_t tls;	      /* spoke over TLS */
	uint64_t tls_failed;  /* meant to */
	bool starttls;	      /* it is offered */
};

void doorman_status(const struct doorman *doorman, struct doorman_status *out);

/* Hangs up on everybody; frees itself once the loop has closed its handles. */
void doorman_close(struct doorman *doorman);

#endif
