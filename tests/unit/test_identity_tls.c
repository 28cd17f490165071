/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificates and keys in PEM, in whatever order, and what is wrong in it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <openssl/ssl.h>
#include <stdio.h>

#include "certificate.h"
#include "sources/tls_identity.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static struct certificate rsa, ecdsa, other;
static char locked[PEM_ROOM], broken_key[PEM_ROOM], broken[PEM_ROOM];

#define BROKEN	   "a part of its PEM is malformed"
#define PASSPHRASE "a private key has a passphrase, expected one without"

/* Up to six parts, one after the other. */
static const struct {
	const char *name;
	const char *parts[7];
	const char *why; /* NULL: it is good */
	unsigned int chain;
} cases[] = {
	{"a key and its certificate", {rsa.key_pem, rsa.pem}, NULL, 0},
	{"a certificate and its key", {ecdsa.pem, ecdsa.key_pem}, NULL, 0},
	{"with one that vouches", {rsa.key_pem, rsa.pem, other.pem}, NULL, 1},
	{"with the key last", {rsa.pem, other.pem, rsa.key_pem}, NULL, 1},
	{"with words around",
	 {"# mx2\n\n", rsa.pem, "words\n", rsa.key_pem, "the end"},
	 NULL,
	 0},
	{"two keys, as in smtpd_tls_chain_files",
	 {rsa.key_pem, rsa.pem, other.pem, ecdsa.key_pem, ecdsa.pem},
	 NULL,
	 1},
	{"two keys, as in pairs of files",
	 {rsa.pem, other.pem, rsa.key_pem, ecdsa.pem, ecdsa.key_pem},
	 NULL,
	 1},
	{"nothing", {""}, "it has no private key (PEM)", 0},
	{"garbage", {"garbage\n"}, "it has no private key (PEM)", 0},
	{"no key", {rsa.pem}, "it has no private key (PEM)", 0},
	{"no certificate", {rsa.key_pem}, "it has no certificate (PEM)", 0},
	{"of another key",
	 {ecdsa.key_pem, rsa.pem},
	 "a private key belongs to none of the certificates",
	 0},
	{"a passphrase is not asked for", {locked, rsa.pem}, PASSPHRASE, 0},
	{"half a key", {broken_key, rsa.pem}, BROKEN, 0},
	{"no key at all",
	 {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"},
	 "a private key is malformed",
	 0},
	{"no certificate at all",
	 {rsa.key_pem,
	  "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"},
	 "a certificate is malformed",
	 0},
	{"half a certificate", {rsa.key_pem, broken}, BROKEN, 0},
	{"too many keys",
	 {rsa.key_pem, rsa.key_pem, rsa.key_pem, rsa.key_pem, rsa.key_pem,
	  rsa.pem},
	 "it has more keys than four",
	 0},
};

static unsigned int chain_length(const struct tls_identity *identity)
{
	SSL_CTX *context = tls_identity_hold(identity);
	STACK_OF(X509) *chain = NULL;
	unsigned int most = 0;
	long more = SSL_CERT_SET_FIRST;

	while (SSL_CTX_set_current_cert(context, more) == 1) {
		SSL_CTX_get0_chain_certs(context, &chain);
		if (chain && (unsigned int)sk_X509_num(chain) > most)
			most = (unsigned int)sk_X509_num(chain);
		more = SSL_CERT_SET_NEXT;
	}
	SSL_CTX_free(context);
	return most;
}

static void each_is_taken_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tls_identity *identity = NULL;
		char text[6 * PEM_ROOM] = "";
		const char *why = NULL;
		int result;

		print_message("%s\n", cases[i].name);
		for (size_t j = 0; cases[i].parts[j]; j++)
			strcat(text, cases[i].parts[j]);
		result = tls_identity_load(text, strlen(text), &identity, &why);
		assert_int_equal(result, cases[i].why ? -EINVAL : 0);
		if (cases[i].why) {
			assert_string_equal(why, cases[i].why);
			assert_null(identity);
			continue;
		}
		assert_int_equal(chain_length(identity), cases[i].chain);
		tls_identity_free(identity);
	}
}

static void what_is_too_large_is_refused(void **state)
{
	static char text[TLS_IDENTITY_MAX + 1];
	struct tls_identity *identity = NULL;
	const char *why;

	(void)state;
	assert_int_equal(tls_identity_load(text, sizeof(text), &identity, &why),
			 -EINVAL);
	assert_string_equal(why, "it is too large");
}

/* Cuts some lines out of the middle. */
static void damage(const char *pem, char out[static PEM_ROOM])
{
	size_t length = strlen(pem), start = length / 4;

	snprintf(out, PEM_ROOM, "%.*s\n%s", (int)start, pem,
		 pem + length - start);
}

static int make_all(void **state)
{
	(void)state;
	certificate_make(KEY_RSA, 1, &rsa);
	certificate_make(KEY_ECDSA, 2, &ecdsa);
	certificate_make(KEY_RSA, 3, &other);
	certificate_lock(&rsa, locked);
	damage(rsa.key_pem, broken_key);
	damage(rsa.pem, broken);
	return 0;
}

static int free_all(void **state)
{
	(void)state;
	certificate_free(&rsa);
	certificate_free(&ecdsa);
	certificate_free(&other);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_taken_or_refused),
		cmocka_unit_test(what_is_too_large_is_refused),
	};

	return cmocka_run_group_tests(tests, make_all, free_all);
}
