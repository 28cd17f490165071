/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OpenSSL on buffers. */

#include "sources/tls.h"

#include <errno.h>
#include <stdlib.h>

#ifdef POSTERN_TLS

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "sources/tls_identity.h"

struct tls {
	SSL_CTX *context;
	SSL *ssl;
	BIO *in, *out; /* of the network; `ssl` owns them */
	const char *error;
};

void tls_free(struct tls *tls)
{
	if (!tls)
		return;
	SSL_free(tls->ssl);
	SSL_CTX_free(tls->context);
	free(tls);
}

static int set_up_client(struct tls *tls)
{
	/* The system's policy is for secrets, and its file not ours to read. */
	if (!OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL))
		return -ENOMEM;
	tls->context = SSL_CTX_new(TLS_client_method());
	if (!tls->context)
		return -ENOMEM;
	SSL_CTX_set_verify(tls->context, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_security_level(tls->context, 0);
	SSL_CTX_set_min_proto_version(tls->context, TLS1_VERSION);
	SSL_CTX_set_options(tls->context, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_session_cache_mode(tls->context, SSL_SESS_CACHE_OFF);
	return 0;
}

static int connect_buffers(struct tls *tls)
{
	tls->ssl = SSL_new(tls->context);
	tls->in = BIO_new(BIO_s_mem());
	tls->out = BIO_new(BIO_s_mem());
	if (!tls->ssl || !tls->in || !tls->out) {
		BIO_free(tls->in);
		BIO_free(tls->out);
		return -ENOMEM;
	}
	SSL_set_bio(tls->ssl, tls->in, tls->out);
	return 0;
}

int tls_client(struct tls **out)
{
	struct tls *tls = calloc(1, sizeof(*tls));

	if (!tls)
		return -ENOMEM;
	tls->error = "";
	if (set_up_client(tls) || connect_buffers(tls)) {
		tls_free(tls);
		return -ENOMEM;
	}
	SSL_set_connect_state(tls->ssl);
	*out = tls;
	return 0;
}

int tls_server(const struct tls_identity *identity, struct tls **out)
{
	struct tls *tls = calloc(1, sizeof(*tls));

	if (!tls)
		return -ENOMEM;
	tls->error = "";
	tls->context = tls_identity_hold(identity);
	if (connect_buffers(tls)) {
		tls_free(tls);
		return -ENOMEM;
	}
	SSL_set_accept_state(tls->ssl);
	*out = tls;
	return 0;
}

int tls_take(struct tls *tls, const void *data, size_t size)
{
	size_t taken;

	return BIO_write_ex(tls->in, data, size, &taken) && taken == size
		       ? 0
		       : -ENOMEM;
}

size_t tls_give(struct tls *tls, void *data, size_t size)
{
	size_t given;

	return BIO_read_ex(tls->out, data, size, &given) ? given : 0;
}

/* What `result` of an SSL function means: -EAGAIN, -EPIPE or -EPROTO. */
static int fail(struct tls *tls, int result)
{
	int error = SSL_get_error(tls->ssl, result);
	const char *words;

	if (error == SSL_ERROR_WANT_READ)
		return -EAGAIN;
	if (error == SSL_ERROR_ZERO_RETURN)
		return -EPIPE;
	words = ERR_reason_error_string(ERR_peek_error());
	tls->error = words ? words : "unexpected end";
	return -EPROTO;
}

int tls_handshake(struct tls *tls)
{
	int result, error;

	ERR_clear_error();
	result = SSL_do_handshake(tls->ssl);
	if (result == 1)
		return 0;
	error = fail(tls, result);
	return error == -EPIPE ? -EPROTO : error;
}

ssize_t tls_read(struct tls *tls, void *data, size_t size)
{
	size_t length;
	int result, error;

	ERR_clear_error();
	result = SSL_read_ex(tls->ssl, data, size, &length);
	if (result == 1)
		return (ssize_t)length;
	error = fail(tls, result);
	return error == -EAGAIN ? 0 : error;
}

int tls_write(struct tls *tls, const void *data, size_t size)
{
	size_t written;

	ERR_clear_error();
	/* Into memory: all or nothing. */
	return SSL_write_ex(tls->ssl, data, size, &written) == 1 ? 0 : -EPROTO;
}

void tls_end(struct tls *tls)
{
	ERR_clear_error();
	SSL_shutdown(tls->ssl);
}

const char *tls_error(const struct tls *tls)
{
	return tls->error;
}

#else /* without OpenSSL nobody has a struct tls */

int tls_client(struct tls **out)
{
	(void)out;
	return -ENOTSUP;
}

int tls_server(const struct tls_identity *identity, struct tls **out)
{
	(void)identity;
	(void)out;
	return -ENOTSUP;
}

void tls_free(struct tls *tls)
{
	(void)tls;
}

void tls_end(struct tls *tls)
{
	(void)tls;
}

int tls_take(struct tls *tls, const void *data, size_t size)
{
	(void)tls;
	(void)data;
	(void)size;
	return -ENOTSUP;
}

size_t tls_give(struct tls *tls, void *data, size_t size)
{
	(void)tls;
	(void)data;
	(void)size;
	return 0;
}

int tls_handshake(struct tls *tls)
{
	(void)tls;
	return -ENOTSUP;
}

ssize_t tls_read(struct tls *tls, void *data, size_t size)
{
	(void)tls;
	(void)data;
	(void)size;
	return -ENOTSUP;
}

int tls_write(struct tls *tls, const void *data, size_t size)
{
	(void)tls;
	(void)data;
	(void)size;
	return -ENOTSUP;
}

const char *tls_error(const struct tls *tls)
{
	(void)tls;
	return "";
}

#endif
