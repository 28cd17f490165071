/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The `feed` sections of the configuration. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "load_config.h"

static const char base[] = "interface = { eth0 }\nbypass { policy = off }\n";

static void feeds_have_defaults(void **state)
{
	struct config *config;
	char text[512];

	(void)state;
	snprintf(text, sizeof(text), "%sfeed \"a\" { file = \"/a\" }\n", base);
	config = expect_loaded(text);
	assert_int_equal(config->feed_count, 1);
	assert_string_equal(config->feeds[0].name, "a");
	assert_string_equal(config->feeds[0].file, "/a");
	assert_int_equal(config->feeds[0].format, FEED_AUTO);
	assert_int_equal(config->feeds[0].action, ACTION_DROP);
	assert_int_equal(config->feeds[0].max_age_ms, 7 * 86400000);
	assert_int_equal(config->feeds[0].rejected_max, 50);
	assert_int_equal(config->feeds[0].change_max, 50);
	assert_int_equal(config->feeds[0].widest_ipv4, 8);
	assert_int_equal(config->feeds[0].widest_ipv6, 19);
	assert_string_equal(config->state, "/var/lib/postern");
	config_free(config);
}

static void feeds_keep_their_order_and_keys(void **state)
{
	struct config *config;
	char text[1024];

	(void)state;
	snprintf(text, sizeof(text),
		 "%sstate = \"/s\"\nfeed \"z\" { file = \"/z\" action = count\n"
		 "format = rbldnsd:ip4set max-age = 0s }\n"
		 "feed \"b.c-d_1\" { file = \"/b\" action = reset\n"
		 "max-rejected = 5 max-change = 0 widest-ipv4 = 16\n"
		 "widest-ipv6 = 32 }\n",
		 base);
	config = expect_loaded(text);
	assert_int_equal(config->feed_count, 2);
	assert_string_equal(config->feeds[0].name, "z");
	assert_int_equal(config->feeds[0].action, ACTION_PASS);
	assert_int_equal(config->feeds[0].format, FEED_IP4SET);
	assert_int_equal(config->feeds[0].max_age_ms, 0);
	assert_string_equal(config->feeds[1].name, "b.c-d_1");
	assert_int_equal(config->feeds[1].action, ACTION_RESET);
	assert_int_equal(config->feeds[1].rejected_max, 5);
	assert_int_equal(config->feeds[1].change_max, 0);
	assert_int_equal(config->feeds[1].widest_ipv4, 16);
	assert_int_equal(config->feeds[1].widest_ipv6, 32);
	assert_string_equal(config->state, "/s");
	config_free(config);
}

static void every_format_can_be_named(void **state)
{
#define WORD(NAME, name) name,
	static const char *const words[] = {FEED_FORMAT_TABLE(WORD)};
	char text[512];

	(void)state;
	for (unsigned int i = 0; i < FEED_FORMATS; i++) {
		struct config *config;

		snprintf(text, sizeof(text),
			 "%sfeed a { file = \"/a\" format = %s }\n", base,
			 words[i]);
		config = expect_loaded(text);
		assert_int_equal(config->feeds[0].format, i);
		config_free(config);
	}
}

static void bad_feeds_are_refused(void **state)
{
	static const struct {
		const char *feed;
		const char *error; /* a part of it */
	} cases[] = {
		{"feed \"a\" { }", "feed \"a\" has no file"},
		{"feed \"a b\" { file = \"/a\" }", "expected a name of"},
		{"feed \"\" { file = \"/a\" }", "expected a name of"},
		{"feed \".a\" { file = \"/a\" }", "expected a name of"},
		{"feed \"a/b\" { file = \"/a\" }", "expected a name of"},
		{"feed \"a\" { file = \"a\" }", "expected an absolute path"},
		{"feed \"a\" { file = \"/a\" action = pass }",
		 "expected drop, reset or count"},
		{"feed \"a\" { file = \"/a\" format = csv }",
		 "expected auto, plain"},
		{"feed \"a\" { file = \"/a\" widest-ipv4 = 0 }",
		 "expected a number from 1 to 32"},
		{"feed \"a\" { file = \"/a\" }\nfeed \"a\" { file = \"/b\" }",
		 "is given a second time"},
		{"feed \"a\" { file = \"/a\" }\nfeed \"A\" { file = \"/b\" }",
		 "is given a second time"},
		{"feed \"a\" { file = \"/a\" fmt = auto }", "unknown key"},
	};
	char text[512], error[CONFIG_ERROR_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config *config = NULL;

		snprintf(text, sizeof(text), "%s%s\n", base, cases[i].feed);
		assert_int_not_equal(load(text, strlen(text), &config, error),
				     0);
		if (!strstr(error, cases[i].error))
			fail_msg("%s: %s", cases[i].feed, error);
	}
}

static void what_is_printed_loads_to_the_same(void **state)
{
	struct config *config;
	char text[512], *printed = NULL;
	size_t size = 0;
	FILE *out;

	(void)state;
	snprintf(text, sizeof(text),
		 "%sfeed \"a\" { file = \"/a\" action = count }\n", base);
	config = expect_loaded(text);
	out = open_memstream(&printed, &size);
	config_print(config, out);
	fclose(out);
	config_free(config);
	assert_non_null(strstr(printed, "feed \"a\" {"));
	config = expect_loaded(printed);
	assert_int_equal(config->feed_count, 1);
	assert_int_equal(config->feeds[0].action, ACTION_PASS);
	config_free(config);
	free(printed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(feeds_have_defaults),
		cmocka_unit_test(feeds_keep_their_order_and_keys),
		cmocka_unit_test(every_format_can_be_named),
		cmocka_unit_test(bad_feeds_are_refused),
		cmocka_unit_test(what_is_printed_loads_to_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
