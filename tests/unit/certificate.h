/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificates that are made here and that nobody has signed. */
#ifndef POSTERN_TESTS_CERTIFICATE_H
#define POSTERN_TESTS_CERTIFICATE_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#define PEM_ROOM 8192

enum key_kind { KEY_RSA, KEY_ECDSA };

struct certificate {
	EVP_PKEY *key;
	X509 *x509;
	char key_pem[PEM_ROOM];
	char pem[PEM_ROOM];
};

/* Takes the text out of a BIO, which is freed. */
static inline void certificate_text(BIO *bio, char text[static PEM_ROOM])
{
	int length = BIO_read(bio, text, PEM_ROOM - 1);

	assert_true(length > 0);
	text[length] = '\0';
	BIO_free(bio);
}

static inline void certificate_make(enum key_kind kind, long serial,
				    struct certificate *out)
{
	BIO *bio;

	out->key = kind == KEY_RSA ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
	assert_non_null(out->key);
	out->x509 = X509_new();
	ASN1_INTEGER_set(X509_get_serialNumber(out->x509), serial);
	X509_gmtime_adj(X509_getm_notBefore(out->x509), -60);
	X509_gmtime_adj(X509_getm_notAfter(out->x509), 3600);
	X509_set_pubkey(out->x509, out->key);
	assert_int_not_equal(X509_sign(out->x509, out->key, EVP_sha256()), 0);
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_PrivateKey(bio, out->key, NULL, NULL, 0, NULL, NULL);
	certificate_text(bio, out->key_pem);
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_X509(bio, out->x509);
	certificate_text(bio, out->pem);
}

/* The key, behind a passphrase. */
static inline void certificate_lock(const struct certificate *certificate,
				    char text[static PEM_ROOM])
{
	BIO *bio = BIO_new(BIO_s_mem());
	static char secret[] = "secret";

	PEM_write_bio_PKCS8PrivateKey(bio, certificate->key, EVP_aes_256_cbc(),
				      secret, (int)strlen(secret), NULL, NULL);
	certificate_text(bio, text);
}

static inline void certificate_free(struct certificate *certificate)
{
	EVP_PKEY_free(certificate->key);
	X509_free(certificate->x509);
}

#endif
