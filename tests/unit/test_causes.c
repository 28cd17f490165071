/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bits for zones: the same for the same name, whoever asks. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <string.h>

#include "worker/causes.h"

#define SITES_MAX 4

struct sites {
	struct config_dnsbl config;
	struct site sites[SITES_MAX];
};

static const struct config_dnsbl *make(struct sites *out, int threshold,
				       const char *const *texts)
{
	const char *why;

	memset(out, 0, sizeof(*out));
	out->config.sites = out->sites;
	out->config.threshold = threshold;
	for (; texts[out->config.site_count]; out->config.site_count++)
		assert_int_equal(site_parse(texts[out->config.site_count],
					    &out->sites[out->config.site_count],
					    &why),
				 0);
	return &out->config;
}

#define SITES(...)                                                             \
	(const char *const[])                                                  \
	{                                                                      \
		__VA_ARGS__, NULL                                              \
	}

static void a_zone_has_its_bit_wherever_it_stands(void **state)
{
	struct sites one, two;
	uint64_t b = causes_of(make(&one, 1, SITES("b.example")), 1);

	(void)state;
	make(&two, 1,
	     SITES("a.example=127.0.0.2", "a.example=127.0.0.3", "b.example"));
	/* The second zone, although it is the third site. */
	assert_true(causes_of(&two.config, 2) == b);
	assert_true(causes_of(&two.config, 0) == 0);
	assert_true((causes_of(&two.config, 3) & b) == b);
	/* No such zones. */
	assert_true(causes_of(&two.config, ~UINT64_C(3)) == 0);
}

static const struct {
	const char *name;
	int before_threshold;
	const char *before[SITES_MAX];
	int now_threshold;
	const char *now[SITES_MAX];
	const char *zone; /* that has changed; NULL: none; "*": all */
} changes[] = {
	{"nothing",
	 1,
	 {"a.example", "b.example"},
	 1,
	 {"a.example", "b.example"},
	 NULL},
	{"only the order",
	 1,
	 {"a.example", "b.example"},
	 1,
	 {"b.example", "a.example"},
	 NULL},
	{"a zone that is gone",
	 1,
	 {"a.example", "b.example"},
	 1,
	 {"a.example"},
	 "b.example"},
	{"a zone that is new",
	 1,
	 {"a.example"},
	 1,
	 {"a.example", "b.example"},
	 NULL},
	{"a weight",
	 1,
	 {"a.example", "b.example*2"},
	 1,
	 {"a.example", "b.example*3"},
	 "b.example"},
	{"a filter",
	 1,
	 {"a.example", "b.example=127.0.0.2"},
	 1,
	 {"a.example", "b.example=127.0.0.3"},
	 "b.example"},
	{"a second site of a zone",
	 1,
	 {"b.example=127.0.0.2"},
	 1,
	 {"b.example=127.0.0.2", "b.example=127.0.0.3"},
	 "b.example"},
	{"the threshold", 1, {"a.example*2"}, 2, {"a.example*2"}, "*"},
};

static void what_has_changed_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		struct sites before, now, zone;
		uint64_t expected = 0;

		print_message("%s\n", changes[i].name);
		make(&before, changes[i].before_threshold, changes[i].before);
		make(&now, changes[i].now_threshold, changes[i].now);
		if (changes[i].zone && *changes[i].zone == '*')
			expected = UINT64_MAX;
		else if (changes[i].zone)
			expected = causes_of(
				make(&zone, 1, SITES(changes[i].zone)), 1);
		assert_true(causes_changed(&before.config, &now.config) ==
			    expected);
	}
}

static void the_fingerprint_is_of_all_that_counts(void **state)
{
	static const char *const others[][3] = {
		{"a.example*2", "b.example"},
		{"a.example=127.0.0.2", "b.example"},
		{"a.example"},
		{"a.exampleb.example"},
	};
	const char *const *same = SITES("a.example", "b.example");
	struct sites one, two;
	uint64_t mark = causes_fingerprint(make(&one, 1, same));

	(void)state;
	assert_true(causes_fingerprint(make(&two, 1, same)) == mark);
	assert_true(causes_fingerprint(make(&two, 2, same)) != mark);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_true(causes_fingerprint(make(&two, 1, others[i])) !=
			    mark);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_zone_has_its_bit_wherever_it_stands),
		cmocka_unit_test(what_has_changed_is_found),
		cmocka_unit_test(the_fingerprint_is_of_all_that_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
