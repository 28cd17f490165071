/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deferring and the doorman in the configuration. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "load_config.h"

#define SITE "sites = { \"bl.example.net\" } "

static const struct {
	const char *text;
	bool defers;
} deferring[] = {
	{LEAST, false},
	{LEAST "bypass { action = defer }", false},
	{LEAST "dnsbl { action = reject }", false},
	{LEAST "dnsbl { " SITE "action = reject }", true},
	{LEAST "dnsbl { " SITE "action = reset }", false},
	{"interface = { eth0 } primary mx { address = { \"192.0.2.5\" } }\n"
	 "bypass { action = defer }",
	 true},
	{"interface = { eth0 } primary mx { address = { \"192.0.2.5\" } }\n",
	 false},
};

static void the_doorman_is_wanted_where_he_can_be_met(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(deferring); i++) {
		struct config *config = expect_loaded(deferring[i].text);

		if (config_defers(config) != deferring[i].defers)
			fail_msg("%s", deferring[i].text);
		config_free(config);
	}
}

static void the_doorman_has_his_keys(void **state)
{
	struct config *config = expect_loaded(
		LEAST "bypass { patience = \"7/2m\" }\n"
		      "doorman { name = \"mx2.example.net\" listed = 554\n"
		      "connections = 9 per-network = 3 timeout = 30s\n"
		      "starttls = none tls-cert-file = \"/etc/c.pem\"\n"
		      "tls-key-file = \"/etc/k.pem\" postfix = \"/p\" }");

	(void)state;
	assert_int_equal(config->patience, 7);
	assert_int_equal(config->patience_period_ms, 120000);
	assert_string_equal(config->doorman.name, "mx2.example.net");
	assert_int_equal(config->doorman.listed_code, 554);
	assert_int_equal(config->doorman.connections, 9);
	assert_int_equal(config->doorman.per_network, 3);
	assert_int_equal(config->doorman.timeout_ms, 30000);
	assert_int_equal(config->doorman.starttls, STARTTLS_NONE);
	assert_string_equal(config->doorman.tls_cert_file, "/etc/c.pem");
	assert_string_equal(config->doorman.tls_key_file, "/etc/k.pem");
	assert_string_equal(config->doorman.postfix, "/p");
	config_free(config);
	config = expect_loaded(LEAST);
	assert_int_equal(config->doorman.starttls, STARTTLS_MAY);
	assert_null(config->doorman.tls_cert_file);
	assert_null(config->doorman.tls_key_file);
	assert_string_equal(config->doorman.postfix, "/etc/postfix");
	assert_null(config->doorman.name);
	assert_int_equal(config->doorman.listed_code, 451);
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_doorman_is_wanted_where_he_can_be_met),
		cmocka_unit_test(the_doorman_has_his_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
