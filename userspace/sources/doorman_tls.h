/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TLS of a connection to the doorman: between octets of its socket and those
 * of doorman_smtp.c.  The handshake happens by the way, while octets are taken
 * and read.
 *
 * Bounded: DOORMAN_SEALED_MAX octets are taken in all; of these OpenSSL keeps
 * a message of the handshake (128 KiB) at most.
 */
#ifndef POSTERN_SOURCES_DOORMAN_TLS_H
#define POSTERN_SOURCES_DOORMAN_TLS_H

#include <sys/types.h>

#include "sources/doorman_smtp.h"
#include "sources/tls.h"

#define DOORMAN_SEALED_MAX (2 * DOORMAN_OCTETS_MAX)

struct doorman_tls;

/* Returns 0 and *out for doorman_tls_free(), or a negative errno. */
int doorman_tls_start(const struct tls_identity *identity,
		      struct doorman_tls **out);

/* NULL is fine. */
void doorman_tls_free(struct doorman_tls *tls);

/* Octets of the socket.  Returns 0, -EMSGSIZE or -ENOMEM. */
int doorman_tls_take(struct doorman_tls *tls, const void *data, size_t size);

/*
 * What was said in them; each time, something may have to be sent.  Returns
 * its length, 0 when there is none yet, -EPIPE at the end, or -EPROTO.
 */
ssize_t doorman_tls_read(struct doorman_tls *tls, void *data, size_t size);

/* Whether anything was said yet: then the handshake is done, too. */
bool doorman_tls_spoken(const struct doorman_tls *tls);

/* Takes the replies out of `smtp`.  Returns 0 or -EPROTO. */
int doorman_tls_seal(struct doorman_tls *tls, struct doorman_smtp *smtp);

/*
 * Returns how many octets are to be sent next, in *data until the next call;
 * 0: none.
 */
size_t doorman_tls_give(struct doorman_tls *tls, char **data);

const char *doorman_tls_error(const struct doorman_tls *tls);

#endif
