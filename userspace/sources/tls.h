/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One TLS connection, of a client or a server, apart from its socket: octets
 * of the network go in and come out through buffers of the caller.  All of
 * OpenSSL is in here and in tls_identity.c; without it tls_client() and
 * tls_server() say -ENOTSUP, and the rest is never called.
 *
 * For a probe, which asks whether a server is alive, and for the doorman, who
 * takes no mail: no certificate is verified, and what senders out there may
 * still use is good enough.  Nothing said over it is a secret.
 *
 * Bounded: of what comes in, OpenSSL keeps a record and a certificate chain
 * (100 KiB) at most; there is no renegotiation, no session cache.
 */
#ifndef POSTERN_SOURCES_TLS_H
#define POSTERN_SOURCES_TLS_H

#include <stddef.h>
#include <sys/types.h>

struct tls;
struct tls_identity;

/* Returns 0 and *out for tls_free(), -ENOTSUP or -ENOMEM. */
int tls_client(struct tls **out);

/* The same; `identity` may be freed meanwhile. */
int tls_server(const struct tls_identity *identity, struct tls **out);

/* NULL is fine. */
void tls_free(struct tls *tls);

/* What has come from the network.  Returns 0 or -ENOMEM. */
int tls_take(struct tls *tls, const void *data, size_t size);

/* Returns how many octets are to be sent, at most `size`; 0: none. */
size_t tls_give(struct tls *tls, void *data, size_t size);

/*
 * The handshake, from its start to its end: returns 0 once it is done, -EAGAIN
 * when more has to come in, or -EPROTO.  After each call, also a failed one,
 * there may be something to send.
 */
int tls_handshake(struct tls *tls);

/*
 * Plain text that has come.  Returns its length, 0 when there is none, -EPIPE
 * when the peer has ended the connection, or -EPROTO.
 */
ssize_t tls_read(struct tls *tls, void *data, size_t size);

/* Plain text to send, all of it.  Returns 0 or -EPROTO. */
int tls_write(struct tls *tls, const void *data, size_t size);

/* Tells the peer that nothing follows; that is to be sent, too. */
void tls_end(struct tls *tls);

/* What went wrong in the call that failed, in the words of OpenSSL. */
const char *tls_error(const struct tls *tls);

#endif
