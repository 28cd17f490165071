/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom the parent takes the doorman for, by configuration and main.cf. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "parent/door_identity.h"
#include "sources/tls_identity.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static char directory[] = "/tmp/postern-identity-XXXXXX";

/* "@" is the directory. */
static const struct {
	const char *name;
	const char *main_cf; /* NULL: there is none */
	const char *cert_file, *key_file;
	enum starttls starttls;
	const char *called;
	const char *holds; /* NULL: no certificates */
	int result;
} cases[] = {
	{"no Postfix", NULL, NULL, NULL, STARTTLS_MAY, "", NULL, 0},
	{"only what the configuration has", NULL, "@/cert", "@/key",
	 STARTTLS_MAY, "", "CERT\n\nKEY\n\n", 0},
	{"both in one file", NULL, "@/cert", NULL, STARTTLS_MAY, "", "CERT\n\n",
	 0},
	{"Postfix's name, expanded",
	 "mydomain = example.net\nmyhostname = mx2.$mydomain\n", NULL, NULL,
	 STARTTLS_MAY, "mx2.example.net", NULL, 0},
	{"a name that only Postfix can expand is not known",
	 "myhostname = mx2.$mydomain\n", NULL, NULL, STARTTLS_MAY, "", NULL, 0},
	{"what is no name is none", "myhostname = mx2 example\n", NULL, NULL,
	 STARTTLS_MAY, "", NULL, 0},
	{"Postfix's pair",
	 "smtpd_tls_cert_file = @/cert\nsmtpd_tls_key_file=@/key\n", NULL, NULL,
	 STARTTLS_MAY, "", "CERT\n\nKEY\n\n", 0},
	{"... in one file",
	 "smtpd_tls_cert_file = @/cert\n"
	 "smtpd_tls_key_file = $smtpd_tls_cert_file\n",
	 NULL, NULL, STARTTLS_MAY, "", "CERT\n\n", 0},
	{"two pairs",
	 "smtpd_tls_cert_file = @/cert\nsmtpd_tls_key_file=@/key\n"
	 "smtpd_tls_eccert_file = @/other\n",
	 NULL, NULL, STARTTLS_MAY, "", "CERT\n\nKEY\n\nOTHER\n\n", 0},
	{"chains stand for pairs",
	 "smtpd_tls_chain_files = @/key,\n @/other\n"
	 "smtpd_tls_cert_file = @/cert\n",
	 NULL, NULL, STARTTLS_MAY, "", "KEY\n\nOTHER\n\n", 0},
	{"none is no file", "smtpd_tls_cert_file = none\n", NULL, NULL,
	 STARTTLS_MAY, "", NULL, 0},
	{"the configuration wins",
	 "myhostname = mx2.example\nsmtpd_tls_cert_file = @/cert\n", "@/other",
	 NULL, STARTTLS_MAY, "mx2.example", "OTHER\n\n", 0},
	{"not wanted",
	 "myhostname = mx2.example\nsmtpd_tls_cert_file = @/cert\n", NULL, NULL,
	 STARTTLS_NONE, "mx2.example", NULL, 0},
	{"a file that is missing",
	 "myhostname = mx2.example\nsmtpd_tls_cert_file = @/gone\n", NULL, NULL,
	 STARTTLS_MAY, "mx2.example", NULL, -ENOENT},
	{"a directory is no file", "smtpd_tls_cert_file = @\n", NULL, NULL,
	 STARTTLS_MAY, "", NULL, -EINVAL},
	{"nor is a device", NULL, "/dev/zero", NULL, STARTTLS_MAY, "", NULL,
	 -EINVAL},
	{"a relative path", "smtpd_tls_cert_file = cert\n", NULL, NULL,
	 STARTTLS_MAY, "", NULL, -EINVAL},
	{"too much", "smtpd_tls_cert_file = @/large\n", NULL, NULL,
	 STARTTLS_MAY, "", NULL, -EFBIG},
	{"a main.cf that Postfix refuses",
	 "myhostname = ${mx2\nsmtpd_tls_cert_file = @/cert\n", NULL, NULL,
	 STARTTLS_MAY, "", "CERT\n\n", 0},
	{"one that it can't read", "myhostname\n", NULL, NULL, STARTTLS_MAY, "",
	 NULL, -EINVAL},
	{"... is no matter for what the configuration has", "myhostname\n",
	 "@/cert", NULL, STARTTLS_MAY, "", "CERT\n\n", 0},
};

/* With the directory in the place of each "@"; for free(3), or NULL. */
static char *place(const char *text)
{
	size_t size;
	char *out;
	FILE *file;

	if (!text)
		return NULL;
	file = open_memstream(&out, &size);
	for (; *text; text++)
		if (*text == '@')
			fputs(directory, file);
		else
			fputc(*text, file);
	fclose(file);
	return out;
}

static void put(const char *name, const char *text)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (!text) {
		unlink(path);
		return;
	}
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void expect_held(size_t i, int fd)
{
	char text[256] = "";

	if (!cases[i].holds || !tls_is_built_in()) {
		assert_int_equal(fd, -1);
		return;
	}
	assert_true(fd >= 0);
	assert_true(pread(fd, text, sizeof(text) - 1, 0) > 0);
	assert_string_equal(text, cases[i].holds);
	/* Nobody changes it on the way. */
	assert_int_equal(write(fd, "x", 1), -1);
	close(fd);
}

static void each_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config config = {
			.doorman.starttls = cases[i].starttls,
			.doorman.postfix = directory,
			.doorman.tls_cert_file = place(cases[i].cert_file),
			.doorman.tls_key_file = place(cases[i].key_file),
		};
		char *main_cf = place(cases[i].main_cf);
		struct message message;
		int fd;

		print_message("%s\n", cases[i].name);
		put("main.cf", main_cf);
		fd = door_identity_read(&config, &message);
		assert_int_equal(message.kind, MESSAGE_IDENTITY);
		assert_string_equal(message.identity.name, cases[i].called);
		if (tls_is_built_in())
			assert_int_equal(message.result, cases[i].result);
		expect_held(i, fd);
		free(config.doorman.tls_cert_file);
		free(config.doorman.tls_key_file);
		free(main_cf);
	}
}

static int make_files(void **state)
{
	static char large[TLS_IDENTITY_MAX + 1];

	(void)state;
	if (!mkdtemp(directory))
		return -1;
	memset(large, 'x', sizeof(large) - 1);
	put("cert", "CERT\n");
	put("key", "KEY\n");
	put("other", "OTHER\n");
	put("large", large);
	return 0;
}

static int remove_files(void **state)
{
	static const char *const names[] = {"cert", "key", "other", "large",
					    "main.cf"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		put(names[i], NULL);
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_read),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
