/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificates and keys for OpenSSL. */

#include "sources/tls_identity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifdef POSTERN_TLS

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#define KEYS_MAX	 4
#define CERTIFICATES_MAX 32

struct tls_identity {
	SSL_CTX *context;
};

bool tls_is_built_in(void)
{
	return true;
}

/* What a text in PEM has, in its order. */
struct found {
	EVP_PKEY *keys[KEYS_MAX];
	size_t key_count;
	X509 *certificates[CERTIFICATES_MAX];
	size_t certificate_count;
};

static const char *add_key(struct found *found, const unsigned char *data,
			   long size)
{
	EVP_PKEY *key;

	if (found->key_count == KEYS_MAX)
		return "it has more keys than four";
	key = d2i_AutoPrivateKey(NULL, &data, size);
	if (!key)
		return "a private key is malformed";
	found->keys[found->key_count++] = key;
	return NULL;
}

static const char *add_certificate(struct found *found,
				   const unsigned char *data, long size)
{
	X509 *certificate;

	if (found->certificate_count == CERTIFICATES_MAX)
		return "it has more certificates than 32";
	certificate = d2i_X509(NULL, &data, size);
	if (!certificate)
		return "a certificate is malformed";
	found->certificates[found->certificate_count++] = certificate;
	return NULL;
}

/* One part; what else a file may have, such as parameters, is passed over. */
static const char *add_part(struct found *found, const char *name,
			    const char *header, const unsigned char *data,
			    long size)
{
	static const char key[] = "PRIVATE KEY";
	size_t length = strlen(name), tail = sizeof(key) - 1;

	if (strcmp(name, PEM_STRING_X509) == 0 ||
	    strcmp(name, PEM_STRING_X509_OLD) == 0)
		return add_certificate(found, data, size);
	if (length < tail || strcmp(name + length - tail, key) != 0)
		return NULL;
	/* Nobody is there to be asked for it. */
	if (strcmp(name, PEM_STRING_PKCS8) == 0 || strstr(header, "ENCRYPTED"))
		return "a private key has a passphrase, expected one without";
	return add_key(found, data, size);
}

static const char *find_parts(BIO *text, struct found *found)
{
	const char *why = NULL;
	char *name, *header;
	unsigned char *data;
	long size;

	while (!why && PEM_read_bio(text, &name, &header, &data, &size)) {
		why = add_part(found, name, header, data, size);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_clear_free(data, (size_t)size);
	}
	if (!why &&
	    ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return "a part of its PEM is malformed";
	return why;
}

static const char *find_all(const char *pem, size_t size, struct found *found)
{
	BIO *text = BIO_new_mem_buf(pem, (int)size);
	const char *why;

	if (!text)
		return "no memory";
	ERR_clear_error();
	why = find_parts(text, found);
	ERR_clear_error();
	BIO_free(text);
	if (!why && !found->key_count)
		why = "it has no private key (PEM)";
	if (!why && !found->certificate_count)
		why = "it has no certificate (PEM)";
	return why;
}

static bool belongs(X509 *certificate, EVP_PKEY *key)
{
	EVP_PKEY *public = X509_get0_pubkey(certificate);

	return public && EVP_PKEY_eq(public, key) == 1;
}

static bool is_of_a_key(const struct found *found, size_t certificate)
{
	for (size_t i = 0; i < found->key_count; i++)
		if (belongs(found->certificates[certificate], found->keys[i]))
			return true;
	return false;
}

/* A key, its certificate, and what follows that up to that of another key. */
static const char *use_key(SSL_CTX *context, const struct found *found,
			   size_t key)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	size_t own = 0;
	int used = 0;

	if (!chain)
		return "no memory";
	while (own < found->certificate_count &&
	       !belongs(found->certificates[own], found->keys[key]))
		own++;
	for (size_t i = own + 1;
	     i < found->certificate_count && !is_of_a_key(found, i); i++)
		sk_X509_push(chain, found->certificates[i]);
	if (own < found->certificate_count)
		used = SSL_CTX_use_cert_and_key(context,
						found->certificates[own],
						found->keys[key], chain, 1);
	sk_X509_free(chain);
	ERR_clear_error();
	if (own == found->certificate_count)
		return "a private key belongs to none of the certificates";
	return used == 1 ? NULL : "OpenSSL can't use its certificate";
}

static SSL_CTX *new_context(void)
{
	SSL_CTX *context;

	/* The system's policy is for secrets, and its file not ours to read. */
	if (!OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL))
		return NULL;
	context = SSL_CTX_new(TLS_server_method());
	if (!context)
		return NULL;
	SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_security_level(context, 0);
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION |
					     SSL_OP_NO_TICKET |
					     SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_num_tickets(context, 0);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	return context;
}

static void free_found(struct found *found)
{
	for (size_t i = 0; i < found->key_count; i++)
		EVP_PKEY_free(found->keys[i]);
	for (size_t i = 0; i < found->certificate_count; i++)
		X509_free(found->certificates[i]);
}

int tls_identity_load(const char *pem, size_t size, struct tls_identity **out,
		      const char **why)
{
	struct tls_identity *identity = calloc(1, sizeof(*identity));
	struct found found = {0};

	if (identity)
		identity->context = new_context();
	if (!identity || !identity->context) {
		free(identity);
		return -ENOMEM;
	}
	*why = size > TLS_IDENTITY_MAX ? "it is too large"
				       : find_all(pem, size, &found);
	for (size_t i = 0; !*why && i < found.key_count; i++)
		*why = use_key(identity->context, &found, i);
	free_found(&found);
	if (*why) {
		tls_identity_free(identity);
		return -EINVAL;
	}
	*out = identity;
	return 0;
}

struct ssl_ctx_st *tls_identity_hold(const struct tls_identity *identity)
{
	SSL_CTX_up_ref(identity->context);
	return identity->context;
}

void tls_identity_free(struct tls_identity *identity)
{
	if (!identity)
		return;
	SSL_CTX_free(identity->context);
	free(identity);
}

#else /* without OpenSSL nobody has a struct tls_identity */

bool tls_is_built_in(void)
{
	return false;
}

int tls_identity_load(const char *pem, size_t size, struct tls_identity **out,
		      const char **why)
{
	(void)pem;
	(void)size;
	(void)out;
	(void)why;
	return -ENOTSUP;
}

void tls_identity_free(struct tls_identity *identity)
{
	(void)identity;
}

#endif
