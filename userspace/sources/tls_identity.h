/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a server of TLS is known by: certificates with their keys.
 *
 * They come as PEM, as files of Postfix have it: each key with its certificate
 * and those that vouch for it, in this order, in any other, or apart.  Several
 * keys, of RSA and ECDSA, serve several kinds of clients.
 *
 * TLS 1.2 and newer.  No tickets and no sessions are kept: what is offered here
 * is one short dialogue.
 */
#ifndef POSTERN_SOURCES_TLS_IDENTITY_H
#define POSTERN_SOURCES_TLS_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#define TLS_IDENTITY_MAX 65536 /* octets of PEM */

struct tls_identity;
struct ssl_ctx_st;

/* Whether this build has OpenSSL. */
bool tls_is_built_in(void);

/*
 * Returns 0 and *out for tls_identity_free(); -ENOTSUP without OpenSSL;
 * -ENOMEM; or -EINVAL and in *why what is wrong, none of it secret.  *out is
 * untouched then.  Keys with a passphrase are refused.
 */
int tls_identity_load(const char *pem, size_t size, struct tls_identity **out,
		      const char **why);

/* For tls.c alone: OpenSSL's context, to be freed there. */
struct ssl_ctx_st *tls_identity_hold(const struct tls_identity *identity);

/* Connections that use it go on.  NULL is fine. */
void tls_identity_free(struct tls_identity *identity);

#endif
